"""How a person comes to what is his: codes by mail, changed addresses, lost links, tickets."""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy import (
    ARRAY,
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    SmallInteger,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from shared.db import Model, Moment, state_column


class ContactChange(Model):
    """A new e-mail address or mobile number that waits for the codes sent to the old and the new address.

    ``sealed`` holds JSON with ``email`` and ``mobile``. One at a time for each registration.
    """

    __tablename__ = "contact_changes"
    __table_args__ = (
        Index(
            "uq_contact_changes_open",
            "registration_id",
            unique=True,
            postgresql_where=text("ended_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    registration_id: Mapped[int] = mapped_column(ForeignKey("registrations.id"))
    sealed: Mapped[bytes | None]
    asked_at: Mapped[Moment]
    expires_at: Mapped[Moment]
    ended_at: Mapped[Moment | None]


class CodeOccasion(StrEnum):
    """What a one-time code is for; a code for one thing opens nothing else."""

    OPEN = "open"
    OLD_ADDRESS = "old_address"
    NEW_ADDRESS = "new_address"
    ERASE = "erase"


class OneTimeCode(Model):
    """Six digits sent by mail: a keyed hash of them, good for ten minutes, five tries and one use."""

    __tablename__ = "one_time_codes"
    __table_args__ = (
        Index(
            "uq_one_time_codes_unused",
            "registration_id",
            "occasion",
            unique=True,
            postgresql_where=text("used_at IS NULL"),
        ),
        CheckConstraint("tries BETWEEN 0 AND 5", name="five_tries"),
        CheckConstraint("octet_length(digest) = 32", name="hashed"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    registration_id: Mapped[int] = mapped_column(ForeignKey("registrations.id"))
    occasion: Mapped[CodeOccasion] = state_column(CodeOccasion, name="occasion")
    digest: Mapped[bytes]
    made_at: Mapped[Moment]
    expires_at: Mapped[Moment]
    tries: Mapped[int] = mapped_column(SmallInteger, server_default=text("0"))
    used_at: Mapped[Moment | None]


class Knock(Model):
    """How often somebody has knocked at a public door within one span of time. ``who`` is a keyed hash."""

    __tablename__ = "knocks"

    door: Mapped[str] = mapped_column(primary_key=True)
    who: Mapped[bytes] = mapped_column(primary_key=True)
    span_begins_at: Mapped[Moment] = mapped_column(primary_key=True)
    times: Mapped[int]


class FindRequest(Model):
    """Somebody looks for a registration by mobile or e-mail; ``sealed`` is what was typed, gone once answered.

    There is one whether or not anybody is registered, and the tries are counted here: who guesses learns nothing.
    """

    __tablename__ = "find_requests"
    __table_args__ = (CheckConstraint("tries BETWEEN 0 AND 5", name="five_tries"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    sealed: Mapped[bytes | None]
    asked_at: Mapped[Moment]
    answered_at: Mapped[Moment | None]
    tries: Mapped[int] = mapped_column(SmallInteger, server_default=text("0"))
    # Since then its codes hold no more: one was typed.
    opened_at: Mapped[Moment | None]


class FindCode(Model):
    """The code that one mailbox was sent upon a request: a keyed hash of six digits, and which registrations it opens."""

    __tablename__ = "find_codes"
    __table_args__ = (
        CheckConstraint("octet_length(digest) = 32", name="hashed"),
        Index("uq_find_codes_digest", "request_id", "digest", unique=True),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    request_id: Mapped[int] = mapped_column(ForeignKey("find_requests.id", ondelete="CASCADE"))
    digest: Mapped[bytes]
    registration_ids: Mapped[list[int]] = mapped_column(ARRAY(Integer))


class TicketKey(Model):
    """A pair of keys that tickets are signed with. The private half is sealed with a key made of SECRET_KEY.

    The one that is not retired signs; every public half goes on verifying, so keys change without reprinting. Tickets
    of a retired key pass until ``ends_at``, if it has an end; those of a withdrawn one not at all.
    """

    __tablename__ = "ticket_keys"
    __table_args__ = (
        Index(
            "uq_ticket_keys_signing",
            text("(retired_at IS NULL)"),
            unique=True,
            postgresql_where=text("retired_at IS NULL"),
        ),
        # What is signed now must pass tomorrow.
        CheckConstraint(
            "retired_at IS NOT NULL OR (ends_at IS NULL AND withdrawn_at IS NULL)", name="signing_has_no_end"
        ),
    )

    id: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=True)
    public_key: Mapped[bytes]
    sealed_private_key: Mapped[bytes]
    created_at: Mapped[Moment]
    retired_at: Mapped[Moment | None]
    ends_at: Mapped[Moment | None]
    withdrawn_at: Mapped[Moment | None]


class TicketReissue(Model):
    """That a registration's ticket was issued anew, and why: ``serial`` is the new one's, and nothing below it passes."""

    __tablename__ = "ticket_reissues"
    __table_args__ = (
        UniqueConstraint("registration_id", "serial", name="uq_ticket_reissues_serial"),
        CheckConstraint("serial BETWEEN 1 AND 65535", name="serial_range"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    registration_id: Mapped[int] = mapped_column(ForeignKey("registrations.id"))
    serial: Mapped[int]
    at: Mapped[Moment]
    by_staff_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    # None once the registration is erased.
    reason: Mapped[str | None]
