"""What the product takes in of this package."""

from __future__ import annotations

from questions import carried, editor_views, preview_views, views
from shared.edges import Edges

EDGES = Edges(pages=(views.bp, editor_views.bp, preview_views.bp), more=(carried,))
