"""What the product takes in of this package."""

from __future__ import annotations

from checkin import (
    api_views,
    app_views,
    checkpoint_views,
    device_views,
    group_views,
    here_views,
    own_copy,
    poster_views,
    tasks,
    views,
    walk_in_views,
)
from shared.edges import Edges

EDGES = Edges(
    pages=(
        views.bp,
        poster_views.bp,
        here_views.bp,
        walk_in_views.bp,
        checkpoint_views.bp,
        device_views.bp,
        group_views.bp,
        app_views.bp,
        api_views.bp,
    ),
    more=(own_copy, tasks),
    # A device shows a token of its own and no cookie, so no other site can send for it.
    ask_for_token_themselves=(api_views.bp,),
)
