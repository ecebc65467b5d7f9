"""What every package stands on: the database, the clock, refusals, codes, pages."""
