"""What the office tells about itself: the funnel of a campaign."""
