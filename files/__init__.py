"""What people hand in as files: looked at by content, kept below DATA_DIR, scanned, given to few."""
