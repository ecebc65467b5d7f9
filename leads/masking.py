"""What somebody sees of a person who is not (yet) in his hands: enough to choose, too little to call."""

from __future__ import annotations


def masked_name(full_name: str) -> str:
    """``李文博`` → ``李**``; ``Anna Müller`` → ``A**``. The stars do not tell how long the name is."""
    return f"{full_name[:1]}**"
