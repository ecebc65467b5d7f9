"""One human being over all campaigns and years."""
