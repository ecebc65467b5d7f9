"""Badges printed at the door: what was asked for at a scan, and the stations that print it."""
