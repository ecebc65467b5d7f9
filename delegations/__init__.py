"""A university's delegation: one contact names the members, each confirms for himself."""
