"""What the product takes in of this package."""

from __future__ import annotations

from imports import tasks, views
from shared.edges import Edges

EDGES = Edges(pages=(views.bp,), more=(tasks,))
