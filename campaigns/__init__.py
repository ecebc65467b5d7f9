"""What is held, where, when, and whether people may register."""
