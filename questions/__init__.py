"""The form: what a campaign asks its applicants, and what of it is asked of whom."""
