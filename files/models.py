"""What was handed in: one row for one file below DATA_DIR/files."""

from __future__ import annotations

import secrets
from enum import StrEnum

from flask_babel import lazy_gettext as _l
from sqlalchemy import BigInteger, CheckConstraint, Index, LargeBinary, text
from sqlalchemy.orm import Mapped, mapped_column

from files.kinds import FileKind
from shared.db import Model, Moment, state_column


class ScanState(StrEnum):
    """What the virus scanner says. NOT_SCANNED: there is none, or it could not read this one."""

    WAITING = "waiting"
    CLEAN = "clean"
    INFECTED = "infected"
    NOT_SCANNED = "not_scanned"

    @property
    def label(self) -> str:
        """The state in the reader's language."""
        return str(_SCAN_LABELS[self])


_SCAN_LABELS = {
    ScanState.WAITING: _l("Not scanned yet"),
    ScanState.CLEAN: _l("Scanned, no virus found"),
    ScanState.INFECTED: _l("A virus was found"),
    ScanState.NOT_SCANNED: _l("Not scanned for viruses"),
}


def new_token() -> str:
    """192 random bits as 32 characters: nobody guesses a colleague's CV."""
    return secrets.token_urlsafe(24)


def new_place() -> str:
    """Where a file lies below DATA_DIR/files: ``3f/3f9c…``, random and unlike the token in addresses."""
    name = secrets.token_hex(20)
    return f"{name[:2]}/{name}"


class StoredFile(Model):
    """One file that somebody handed in.

    ``label`` is the name as it was typed, cleaned; it is shown and never used as a path. ``place`` is the path below
    DATA_DIR/files. ``purpose`` says which package asks who may open it (see files/access.py). The row outlives the
    file: when it was removed, nothing but that it was there remains.
    """

    __tablename__ = "stored_files"
    __table_args__ = (
        Index("uq_stored_files_token", "token", unique=True),
        Index("uq_stored_files_place", "place", unique=True),
        Index("ix_stored_files_scanning", "id", postgresql_where=text("scan_state = 'waiting'")),
        CheckConstraint("length(token) >= 22", name="token_long"),
        CheckConstraint("place ~ '^[0-9a-f]{2}/[0-9a-f]{40}$'", name="place_form"),
        CheckConstraint("octet_length(sha256) = 32", name="sha256_length"),
        CheckConstraint("size > 0", name="not_empty"),
        CheckConstraint(
            "(scan_state IN ('clean', 'infected')) = (scanned_at IS NOT NULL)", name="scanned_at"
        ),
        CheckConstraint("removed_at IS NULL OR label = ''", name="label_goes_too"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    token: Mapped[str]
    place: Mapped[str]
    kind: Mapped[FileKind] = state_column(FileKind, name="kind")
    size: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[bytes] = mapped_column(LargeBinary)
    label: Mapped[str]
    purpose: Mapped[str]
    kept_at: Mapped[Moment]
    scan_state: Mapped[ScanState] = state_column(ScanState, name="scan_state")
    scanned_at: Mapped[Moment | None]
    scan_tries: Mapped[int] = mapped_column(server_default=text("0"))
    # The virus's name, or why it could not be scanned.
    scan_note: Mapped[str | None]
    removed_at: Mapped[Moment | None]

    @property
    def media_type(self) -> str:
        """What it is, found by content."""
        return self.kind.media_type

    @property
    def download_name(self) -> str:
        """The name with the ending of what it is: ``简历.pdf.exe`` that is a PDF becomes ``简历.pdf.exe.pdf``."""
        name = self.label or "file"
        endings = (".jpg", ".jpeg") if self.kind is FileKind.JPEG else (self.kind.suffix,)
        return name if name.lower().endswith(endings) else name + self.kind.suffix

    @property
    def is_open(self) -> bool:
        """Whether it may be handed out at all."""
        return self.removed_at is None and self.scan_state is not ScanState.INFECTED
