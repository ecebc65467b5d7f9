"""Who is worth following, until signed or let go."""
