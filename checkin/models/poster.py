"""A poster, or a screen, by which guests check in themselves."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from checkin.models.checkpoint import Checkpoint
from checkin.models.device import Device
from shared.db import Model, Moment


class CheckpointPoster(Model):
    """That guests may check in by themselves at a checkpoint, from ``opens_at`` to ``closes_at``, while it hangs.

    ``code`` is the end of the address that the poster shows. ``is_screen``: it hangs on a screen, and its address needs
    a further code that changes every minute, made of the secret. ``place_word`` is what guests must type, empty for
    nothing. Its scans are those of ``device``, which holds no token: revoked, it ends the poster.
    """

    __tablename__ = "checkpoint_posters"
    __table_args__ = (
        Index("uq_checkpoint_posters_code", "code", unique=True),
        Index("uq_checkpoint_posters_device_id", "device_id", unique=True),
        Index(
            "uq_checkpoint_posters_hanging",
            "checkpoint_id",
            unique=True,
            postgresql_where=text("taken_down_at IS NULL"),
        ),
        CheckConstraint("opens_at < closes_at", name="opens_before_it_closes"),
        CheckConstraint("char_length(code) = 8", name="code_of_eight"),
        CheckConstraint("char_length(place_word) <= 20", name="place_word_length"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    checkpoint_id: Mapped[int] = mapped_column(ForeignKey("checkpoints.id"))
    device_id: Mapped[int] = mapped_column(ForeignKey("devices.id"))
    code: Mapped[str]
    opens_at: Mapped[Moment]
    closes_at: Mapped[Moment]
    is_screen: Mapped[bool] = mapped_column(server_default=text("false"))
    place_word: Mapped[str] = mapped_column(server_default=text("''"))
    # 32 random bytes, sealed; None only until its row has a number to be sealed for.
    sealed_secret: Mapped[bytes | None]
    taken_down_at: Mapped[Moment | None]

    checkpoint: Mapped[Checkpoint] = relationship()
    device: Mapped[Device] = relationship()
