"""What people have agreed to, how long their data stay, and how they get them back or have them erased."""
