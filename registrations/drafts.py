"""Drafts: what somebody has typed and not sent, kept sealed at the server for thirty days.

A draft belongs to whoever holds its token: this browser's session until it is closed, and the link one copies or mails
to oneself. Nothing is kept in the browser itself, because career offices have shared computers. Several tabs or devices
may write one draft: each sends what it changed, and of one field the latest writing holds.
"""

from __future__ import annotations

import hashlib
import json
import re
import secrets
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from flask import current_app
from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert

from registrations.errors import DraftIsFull
from registrations.models import FormDraft
from shared.clock import now
from shared.db import db, hold
from shared.reseal import sealed_column
from shared.sealing import Unopened, seal, unseal_text

sealed_column("form_drafts", "sealed", use="form_drafts.sealed")

KEPT_FOR = timedelta(days=30)
LONGEST = 100_000
"""Characters of one sending."""

LONGEST_WHOLE = 400_000
"""Characters of all that is kept: more than every question filled to its end, and nobody fills our disk by sending on and on."""

PROGRAMME_NAME = re.compile(r"programme(-[0-9]{1,9})?")
"""What the choices of the programme are called."""

Changes = Mapping[str, Sequence[str]]


def new_token() -> str:
    """192 random bits as 32 characters."""
    return secrets.token_urlsafe(24)


def address_of_draft(token: str) -> str:
    """The whole address under which a draft is gone on with, beginning with PUBLIC_URL."""
    return f"{current_app.config['SETTINGS'].public_url}/drafts/{token}"


def draft_on_token(token: str, *, stop_id: int | None = None) -> FormDraft | None:
    """The draft that is still kept under this token, or None."""
    draft = db.session.scalar(select(FormDraft).where(FormDraft.token_hash == _hashed(token)))
    if draft is None or draft.expires_at <= now() or stop_id not in (None, draft.stop_id):
        return None
    return draft


def second_draft(registration_id: int) -> FormDraft | None:
    """The draft of somebody's second form, or None."""
    draft = db.session.scalar(select(FormDraft).where(FormDraft.registration_id == registration_id))
    return None if draft is None or draft.expires_at <= now() else draft


def typed_in(draft: FormDraft) -> dict[str, list[str]]:
    """What is typed in ``draft`` by name; nothing when its key is lost."""
    return {name: list(values) for name, values in _opened(draft)["typed"].items()}


def keep_draft(
    changes: Changes,
    *,
    seen: int,
    stop_id: int,
    token: str | None = None,
    registration_id: int | None = None,
) -> tuple[FormDraft, dict[str, list[str]]]:
    """Write ``changes`` into the draft of this token (or of this registration's second form), made when it is new.

    ``seen`` is the version the writer has seen. Returns the draft and what others have written since in other fields.
    The row is held, so that two devices write one after the other. The caller holds the transaction.
    """
    moment = now()
    values: dict[str, Any] = {
        "stop_id": stop_id,
        "token_hash": _hashed(token) if token else None,
        "registration_id": registration_id,
        "sealed": b"",
        "version": 0,
        "updated_at": moment,
        "expires_at": moment + KEPT_FOR,
    }
    which = (
        FormDraft.token_hash == values["token_hash"]
        if token
        else FormDraft.registration_id == registration_id
    )
    db.session.execute(insert(FormDraft).values(values).on_conflict_do_nothing())
    draft_id = db.session.scalars(select(FormDraft.id).where(which)).one()
    draft = hold(FormDraft, draft_id)
    assert draft is not None  # noqa: S101 - nobody deletes it between the two
    document = _opened(draft)
    typed, at = document["typed"], document["at"]
    others = {
        name: list(typed.get(name, ()))
        for name, version in at.items()
        if version > seen and name not in changes
    }
    draft.version += 1
    for name, sent in changes.items():
        typed[name] = list(sent)
        at[name] = draft.version
    whole = json.dumps(document, ensure_ascii=False)
    if len(whole) > LONGEST_WHOLE:
        raise DraftIsFull
    draft.sealed = seal(whole, context=_place(draft))
    draft.updated_at, draft.expires_at = moment, moment + KEPT_FOR
    db.session.flush()
    return draft, others if seen else {}


def forget_draft(*, token: str | None = None, registration_id: int | None = None) -> None:
    """Delete a draft: it was sent, or its writer wishes it. The caller holds the transaction."""
    which = FormDraft.token_hash == _hashed(token) if token else FormDraft.registration_id == registration_id
    db.session.execute(delete(FormDraft).where(which))


def delete_expired_drafts() -> int:
    """Delete what nobody has gone on with for thirty days; returns how many. The caller holds the transaction."""
    return len(
        db.session.scalars(
            delete(FormDraft).where(FormDraft.expires_at <= now()).returning(FormDraft.id)
        ).all()
    )


def changes_from(text: str, names: Sequence[str]) -> dict[str, list[str]]:
    """What the page says has changed, of the fields that there are; raises ValueError for anything else."""
    if len(text) > LONGEST:
        raise ValueError("too long")
    try:
        sent = json.loads(text or "{}")
    except RecursionError:
        raise ValueError("brackets in brackets") from None
    if not isinstance(sent, dict):
        raise ValueError("not a document of changes")
    allowed = set(names)
    return {
        name: [value.replace("\0", "") for value in values]
        for name, values in sent.items()
        if (
            name in allowed
            or PROGRAMME_NAME.fullmatch(name)
            or name in ("shares_with_employers", "shows_on_wall")
        )
        and isinstance(values, list)
        and all(isinstance(value, str) for value in values)
    }


def _opened(draft: FormDraft) -> dict[str, dict[str, Any]]:
    if draft.sealed:
        try:
            document: dict[str, dict[str, Any]] = json.loads(unseal_text(draft.sealed, context=_place(draft)))
        except Unopened:
            pass  # SECRET_KEY has changed: what was typed is lost, the form is not
        else:
            return document
    return {"typed": {}, "at": {}}


def _place(draft: FormDraft) -> str:
    return f"form_drafts.sealed:{draft.id}"


def _hashed(token: str) -> bytes:
    """The database holds no token that opens a draft."""
    return hashlib.sha256(token.encode()).digest()
