"""What the product takes in of this package."""

from __future__ import annotations

from arrivals import afterwards_views, live_views, tasks, wall_views
from shared.edges import Edges

EDGES = Edges(
    pages=(live_views.bp, afterwards_views.bp, wall_views.bp, wall_views.public_bp),
    more=(tasks,),
)
