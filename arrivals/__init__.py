"""Who is there by now: for the organiser, live and afterwards, and for everybody on a screen in the hall."""
