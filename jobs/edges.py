"""What the product takes in of this package."""

from __future__ import annotations

from jobs.cli import promise_commands
from shared.edges import Edges

EDGES = Edges(commands=(promise_commands,))
