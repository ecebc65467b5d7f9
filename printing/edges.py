"""What the product takes in of this package."""

from __future__ import annotations

from printing import api_description, api_views, station_views, views
from shared.edges import Edges

EDGES = Edges(
    pages=(views.bp, station_views.bp, api_views.bp),
    more=(api_description,),
    # A station shows a token of its own and no cookie.
    ask_for_token_themselves=(api_views.bp,),
)
