"""What the product takes in of this package."""

from __future__ import annotations

from accounts import views
from accounts.cli import staff_commands
from shared.edges import Edges

EDGES = Edges(pages=(views.bp,), commands=(staff_commands,))
