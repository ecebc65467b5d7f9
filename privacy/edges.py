"""What this package gives to the application."""

from __future__ import annotations

from privacy.cli import key_commands
from shared.edges import Edges

EDGES = Edges(commands=(key_commands,))
