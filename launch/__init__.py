"""Bringing the product up: its servers, its processes, and the order they start and stop in."""
