"""Long work as its orderer sees it: progress, result, cancellation, and a mail when it took its time."""
