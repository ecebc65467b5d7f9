"""What the product takes in of this package."""

from __future__ import annotations

from checkin import app_views, checkpoint_views, own_copy, tasks, views, walk_in_views
from shared.edges import Edges

EDGES = Edges(pages=(views.bp, walk_in_views.bp, checkpoint_views.bp, app_views.bp), more=(own_copy, tasks))
