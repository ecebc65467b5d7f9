"""Promised work: the outbox, the relay that hands it over, the janitor."""
