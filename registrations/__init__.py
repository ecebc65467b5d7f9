"""Who asked to come and what was decided."""
