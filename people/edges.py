"""What the product takes in of this package."""

from __future__ import annotations

from people import belongings, tasks
from shared.edges import Edges

EDGES = Edges(more=(belongings, tasks))
