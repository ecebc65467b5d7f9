"""What the product takes in of this package."""

from __future__ import annotations

from delegations import staff_views, tasks, views
from shared.edges import Edges

EDGES = Edges(pages=(views.bp, staff_views.bp), more=(tasks,))
