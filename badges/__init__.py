"""What hangs round the neck: how a badge is laid out, drawn and printed."""
