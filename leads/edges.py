"""What the product takes in of this package."""

from __future__ import annotations

from leads import belongings, own_copy, tasks, views
from shared.edges import Edges

EDGES = Edges(pages=(views.bp,), more=(belongings, own_copy, tasks))
