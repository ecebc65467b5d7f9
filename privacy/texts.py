"""The texts people agree to, each version kept for good: somebody agreed to these very words.

A change of sense is a new file ``texts/<purpose>-<version>.<language>.txt`` and a new entry in ``VERSIONS``; whoever
agreed to an earlier one is asked again at the next visit. A text that has been out is never edited: ``hash_of`` is
pinned here, and a test compares it with the file and the purposes' cards with what the current notice promises.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path

from privacy.purposes import Purpose
from shared.language import current_language

_FOLDER = Path(__file__).parent / "texts"
LANGUAGES = ("zh", "en")


@dataclass(frozen=True)
class TextVersion:
    """One version of one text. ``digest`` is SHA-256 over both languages, in hexadecimal."""

    purpose: Purpose
    version: str
    digest: str

    def text(self, language: str) -> str:
        """The words in ``zh`` or ``en``."""
        return _read(self.purpose.value, self.version, language)

    @property
    def shown(self) -> str:
        """The words in the reader's language."""
        return self.text(current_language())

    @property
    def sentence(self) -> str:
        """The first line, which stands beside the box, in the reader's language."""
        return self.shown.partition("\n")[0]

    @property
    def rest(self) -> list[str]:
        """The other lines, in the reader's language."""
        return self.shown.splitlines()[1:]


# The newest stands last and is the current one.
VERSIONS: dict[Purpose, tuple[TextVersion, ...]] = {
    Purpose.REGISTRATION: (
        TextVersion(
            Purpose.REGISTRATION,
            "2026-05",
            "57bd928221bca6bc7235c3e6c52eea6bb651c73ef4df38577ba365f47a298494",
        ),
        TextVersion(
            Purpose.REGISTRATION,
            "2026-11",
            "167f5992568089e7d6a3e9dcbabc3b985e3dfb75a23c11f20a8f4a9c88900400",
        ),
        # The same sentences; the notice they speak of names the screen in the hall as well.
        TextVersion(
            Purpose.REGISTRATION,
            "2026-11-24",
            "167f5992568089e7d6a3e9dcbabc3b985e3dfb75a23c11f20a8f4a9c88900400",
        ),
    ),
    Purpose.EMPLOYERS: (
        TextVersion(
            Purpose.EMPLOYERS, "2026-11", "722e5433643c9a6398b8c83315b9d5a218a52e6cad94ca873cfc6127f6a187b1"
        ),
    ),
    Purpose.WALL: (
        TextVersion(
            Purpose.WALL, "2026-11", "d9ca521a5bb0b0a477b5f79799f0aab4cd8cbce9aa34bfaa16e9d2073d56e24b"
        ),
    ),
}

CARDS_PROMISED = "230bb472249520123485153da83b8617da3adda05c2adf4bdf67892227b185b4"
"""``purposes.fingerprint()`` as it was when the current version of the notice came out."""


def current(purpose: Purpose) -> TextVersion:
    """The version that is asked for now. Raises KeyError for a purpose that nobody is asked about by itself."""
    return VERSIONS[purpose][-1]


def version_of(purpose: Purpose, version: str) -> TextVersion | None:
    """One version, or None when it is not one of ours."""
    return next((one for one in VERSIONS[purpose] if one.version == version), None)


def digest_of_files(purpose: Purpose, version: str) -> str:
    """SHA-256 over the files of one version, both languages."""
    texts = [_read(purpose.value, version, language) for language in LANGUAGES]
    return sha256("\0".join(texts).encode()).hexdigest()


@cache
def _read(purpose: str, version: str, language: str) -> str:
    return (_FOLDER / f"{purpose}-{version}.{language}.txt").read_text(encoding="utf-8").strip()
