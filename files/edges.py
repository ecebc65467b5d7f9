"""What the product takes in of this package."""

from __future__ import annotations

from files import tasks, views
from files.cli import file_commands
from shared.edges import Edges

EDGES = Edges(pages=(views.bp,), more=(tasks,), commands=(file_commands,))
