"""Erase what is kept about somebody: seats go on at once, rows stay for what is counted, nothing personal in them."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from uuid import uuid4

from sqlalchemy import ColumnElement, Delete, Update, delete, func, or_, select, update

from audit.record import APPLICANT, SYSTEM, Actor, record
from files.keep import remove_file
from jobs.models import LongWork
from jobs.outbox import announce
from messages.erase import empty_messages
from people.erase import empty_person
from people.folding import folded_university
from people.keep import refresh
from people.models import Person
from privacy.models import Consent, Erasure
from registrations.facts import PersonErased
from registrations.lookups import arrived_at
from registrations.models import (
    STANDING,
    Act,
    AnswerChange,
    AnswerFile,
    Batch,
    ContactChange,
    FormDraft,
    Invitation,
    OneTimeCode,
    Registration,
    Review,
    StateChange,
    TicketReissue,
)
from registrations.register import withdraw
from shared.clock import now, today
from shared.codes import new_code
from shared.db import array_of, db, hold
from shared.errors import NotFound

BACKUPS_KEPT_FOR = timedelta(days=35)
"""After so many days the last backup that holds something is overwritten; docs/operations.md says so too."""


_also_at: list[Callable[[str], dict[str, int]]] = []


def erases_at(empty: Callable[[str], dict[str, int]]) -> Callable[[str], dict[str, int]]:
    """Let a package above empty, in the same transaction, what it keeps at a mailbox without any registration.

    ``empty`` gets the address and returns how many of what were emptied.
    """
    _also_at.append(empty)
    return empty


def with_the_same_mailbox(registration: Registration) -> list[Registration]:
    """All registrations of this person that are read in the same mailbox, the latest first.

    What the person registered with another address is another's to open: see ``proof.py``.
    """
    if not registration.email:
        return [registration]
    return list(
        db.session.scalars(
            select(Registration)
            .where(
                Registration.person_id == registration.person_id,
                func.lower(Registration.email) == registration.email.lower(),
                Registration.erased_at.is_(None),
            )
            .order_by(Registration.id.desc())
        )
    )


def erase(registrations: Sequence[Registration], *, by: Actor | str = APPLICANT) -> Erasure:
    """Erase these registrations of one person, and the person when no other is left; returns the receipt.

    Those that can still be withdrawn are, and their seats go to the next in line. The caller holds the transaction.
    Raises NotFound when there is nothing to erase.
    """
    if not registrations:
        raise NotFound
    person_id, email = registrations[0].person_id, registrations[0].email
    ids = [one.id for one in registrations]
    hold(Person, person_id)
    withdrawn = _withdraw_what_stands(registrations, by=by)
    counts = empty_registrations(ids)
    counts["messages"] = empty_messages(ids, also_to=email)
    counts["withdrawn"] = withdrawn
    if email:
        counts["invitations"] = empty_invitations(func.lower(Invitation.email) == email.lower())
        for empty in _also_at:
            for what, number in empty(email).items():
                counts[what] = counts.get(what, 0) + number
    whole = _no_other_is_left(person_id)
    if whole:
        counts["people"] = empty_person(person_id)
    else:
        _forget_address(person_id, email)
    erasure = Erasure(
        receipt=secrets.token_urlsafe(18),
        erased_at=now(),
        backups_gone_on=today() + BACKUPS_KEPT_FOR,
        counts=counts,
        whole_person=whole,
    )
    db.session.add(erasure)
    record("erase", erasure, by=by, registrations=len(ids), whole_person=whole)
    announce(PersonErased(person_id=person_id, registration_ids=ids))
    return erasure


def empty_registrations(registration_ids: Iterable[int]) -> dict[str, int]:
    """Take everything personal out of these rows and of all that hangs on them; returns how many of what.

    The purge does the same when their time is over. The caller holds the transaction.
    """
    ids = list(registration_ids)
    rows = db.session.scalars(
        select(Registration)
        .where(Registration.id.in_(ids), Registration.erased_at.is_(None))
        .order_by(Registration.stop_id, Registration.id)
    ).all()
    moment = now()
    for row in rows:
        row.email = row.university = row.research_field = ""
        row.preferred_city_ids = []
        row.answers, row.sealed_answers = {}, None
        row.honour = row.secretary = row.secretary_mobile = None
        row.renamed_at = row.edits_until = row.gate_note = None
        row.code, row.submission_id = new_code(), uuid4()  # an old ticket or form finds nobody any more
        row.erased_at = moment
    db.session.flush()
    _run(update(StateChange).where(StateChange.registration_id.in_(ids)).values(reason=None, note=None))
    # What was to be written about several, and was not written to the end.
    under_way = select(LongWork.id).where(LongWork.finished_at.is_(None))
    _run(
        update(Batch)
        .where(
            Batch.act == Act.GATE_NOTE,
            Batch.registration_ids.op("&&")(array_of(sorted(ids))),
            or_(Batch.work_id.is_(None), Batch.work_id.not_in(under_way)),
        )
        .values(options=Batch.options.op("-")("gate_note"))
    )
    _run(update(TicketReissue).where(TicketReissue.registration_id.in_(ids)).values(reason=None))
    _run(update(AnswerChange).where(AnswerChange.registration_id.in_(ids)).values(values_sealed=None))
    _run(delete(ContactChange).where(ContactChange.registration_id.in_(ids)))
    _run(delete(OneTimeCode).where(OneTimeCode.registration_id.in_(ids)))
    _run(
        update(Consent)
        .where(Consent.registration_id.in_(ids), Consent.withdrawn_at.is_(None))
        .values(withdrawn_at=moment)
    )
    _run(update(Review).where(Review.registration_id.in_(ids)).values(note=None))
    _run(
        update(Review)
        .where(Review.registration_id.in_(ids), Review.conflict.is_not(None))
        .values(conflict="")
    )
    _run(delete(FormDraft).where(FormDraft.registration_id.in_(ids)))
    files = db.session.scalars(select(AnswerFile.file_id).where(AnswerFile.registration_id.in_(ids))).all()
    for file_id in sorted(files):
        remove_file(file_id, by=SYSTEM)
    _run(delete(AnswerFile).where(AnswerFile.registration_id.in_(ids)))
    return {"registrations": len(rows), "files": len(files)}


def _withdraw_what_stands(registrations: Sequence[Registration], *, by: Actor | str) -> int:
    moment = now()
    number = 0
    for one in sorted(registrations, key=lambda one: (one.stop_id, one.id)):
        open_still = one.state in STANDING and one.stop.starts_at > moment and one.stop.cancelled_at is None
        if open_still and arrived_at(one) is None:
            withdraw(one.id, by=by)
            number += 1
    return number


def empty_invitations(condition: ColumnElement[bool]) -> int:
    """Take name, address and note out of the invitations of which this holds; none of them can be used any more.

    Returns how many. The caller holds the transaction.
    """
    gone = db.session.execute(
        update(Invitation)
        .where(condition)
        .values(full_name="", email="", note="", revoked_at=func.coalesce(Invitation.revoked_at, now()))
        .returning(Invitation.id)
        .execution_options(synchronize_session=False)
    )
    return len(gone.all())


def _no_other_is_left(person_id: int) -> bool:
    left = select(Registration.id).where(
        Registration.person_id == person_id, Registration.erased_at.is_(None)
    )
    return db.session.scalar(left.limit(1)) is None


def _forget_address(person_id: int, email: str) -> None:
    """The person goes on with another mailbox and what was said from there: the erased one is not kept with it."""
    person = db.session.get(Person, person_id, populate_existing=True)
    latest = db.session.scalar(
        select(Registration)
        .where(Registration.person_id == person_id, Registration.erased_at.is_(None))
        .order_by(Registration.id.desc())
        .limit(1)
    )
    if person is None or latest is None:
        return
    if person.email.casefold() == email.casefold():
        person.email = latest.email
    person.university_folded = folded_university(latest.university)
    person.education = latest.education.value
    refresh(person)  # nor is it found by what is erased


def _run(statement: Update | Delete) -> None:
    db.session.execute(statement.execution_options(synchronize_session=False))
