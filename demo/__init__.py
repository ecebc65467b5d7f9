"""Invented people and campaigns, so that the first start shows life."""
