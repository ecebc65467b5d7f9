"""What the product takes in of this package."""

from __future__ import annotations

from employers import models
from shared.edges import Edges

EDGES = Edges(more=(models,))  # staff's grants name its table
