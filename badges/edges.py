"""What the product takes in of this package."""

from __future__ import annotations

from badges import ticket_views, views
from shared.edges import Edges

EDGES = Edges(pages=(views.bp, ticket_views.bp))
