"""Who did what, who read or exported what."""
