"""Who has arrived."""
