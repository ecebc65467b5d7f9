"""What the product takes in of this package."""

from __future__ import annotations

from campaigns import channel_views, public_views, start_views, stop_staff_views, views
from shared.edges import Edges

EDGES = Edges(pages=(public_views.bp, views.bp), more=(channel_views, start_views, stop_staff_views))
