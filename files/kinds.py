"""The kinds of files that are taken: how each is called, and what it is on the wire."""

from __future__ import annotations

from enum import StrEnum

from flask_babel import gettext as _


class FileKind(StrEnum):
    """A kind of file, found by looking into it."""

    PDF = "pdf"
    DOCX = "docx"
    PNG = "png"
    JPEG = "jpeg"
    WEBP = "webp"

    @property
    def media_type(self) -> str:
        """What the browser is told it is."""
        return _MEDIA_TYPES[self]

    @property
    def suffix(self) -> str:
        """How the name of a download ends."""
        return ".jpg" if self is FileKind.JPEG else f".{self.value}"

    @property
    def label(self) -> str:
        """How people call it; the same in both languages but for Word."""
        return str(_("Word (.docx)")) if self is FileKind.DOCX else _LABELS[self]


_MEDIA_TYPES = {
    FileKind.PDF: "application/pdf",
    FileKind.DOCX: "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    FileKind.PNG: "image/png",
    FileKind.JPEG: "image/jpeg",
    FileKind.WEBP: "image/webp",
}
_LABELS = {FileKind.PDF: "PDF", FileKind.PNG: "PNG", FileKind.JPEG: "JPEG", FileKind.WEBP: "WebP"}

DOCUMENTS = frozenset({FileKind.PDF, FileKind.DOCX})
PICTURES = frozenset({FileKind.PNG, FileKind.JPEG, FileKind.WEBP})
ALL_KINDS = DOCUMENTS | PICTURES


def kinds_in_words(kinds: frozenset[FileKind]) -> str:
    """``PDF, Word (.docx), PNG`` in the reader's language and in one order, for sentences."""
    return str(_(", ")).join(kind.label for kind in FileKind if kind in kinds)


def accepted_by_browsers(kinds: frozenset[FileKind]) -> str:
    """The value of an input's ``accept``: endings and media types."""
    endings = [e for kind in FileKind if kind in kinds for e in (kind.suffix, kind.media_type)]
    if FileKind.JPEG in kinds:
        endings.append(".jpeg")
    return ",".join(endings)
