"""A list that somebody already has, brought in: looked at first, done in the background, taken back if need be."""
