"""What the product takes in of this package."""

from __future__ import annotations

from shared.edges import Edges
from work import tasks, views

EDGES = Edges(pages=(views.bp,), more=(tasks,))
