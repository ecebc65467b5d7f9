"""Short codes that people read aloud and type: no 0/O, 1/I/L, no U."""

from __future__ import annotations

import secrets
import unicodedata

ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH = 8


def new_code() -> str:
    """Eight random characters (30^8 ≈ 6.6·10^11): nobody guesses a colleague's."""
    return "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))


def as_typed(text: str) -> str:
    """What somebody typed, as it is stored: half-width, capitals, without blanks and hyphens."""
    folded = unicodedata.normalize("NFKC", text).upper()
    return "".join(character for character in folded if character not in " -\t\r\n")


def spaced(code: str) -> str:
    """``7KQ2M9XD`` → ``7KQ2-M9XD``, easier to read aloud."""
    return f"{code[:4]}-{code[4:]}"
