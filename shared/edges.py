"""How a package tells app.py what it gives to the product."""

from __future__ import annotations

from dataclasses import dataclass
from types import ModuleType
from typing import Any

from click import Command
from flask import Blueprint


@dataclass(frozen=True, slots=True, kw_only=True)
class Edges:
    """What a package's ``edges.py`` names.

    ``more`` are modules that need only be imported: they add pages to a blueprint, listen to facts, keep promises,
    or register themselves with a package below. ``ask_for_token_themselves`` are views that check the CSRF token on
    their own, so that nothing typed is lost when it is stale.
    """

    pages: tuple[Blueprint, ...] = ()
    more: tuple[ModuleType, ...] = ()
    commands: tuple[Command, ...] = ()
    ask_for_token_themselves: tuple[Any, ...] = ()
