"""Who hires."""
