"""What the product takes in of this package."""

from __future__ import annotations

from demo.cli import seed_command
from shared.edges import Edges

EDGES = Edges(commands=(seed_command,))
