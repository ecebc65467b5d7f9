"""Change what one has said: the answers at once, a new address or number with codes to the old and the new one."""

from __future__ import annotations

import json
from collections.abc import Mapping, Set
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, exists, func, select, update
from sqlalchemy.exc import IntegrityError

from audit.record import APPLICANT, Actor, record
from jobs.outbox import announce
from people.find_or_add import find_or_add
from people.models import Person
from registrations.errors import AlreadyRegistered, CodeIsOver, EditsAreClosed, HasArrived, WrongState
from registrations.facts import RegistrationAmended
from registrations.field_names import ANSWERS
from registrations.lookups import arrived_at
from registrations.models import (
    STANDING,
    AnswerChange,
    CodeOccasion,
    ContactChange,
    Education,
    FindCode,
    Registration,
    RegistrationState,
)
from registrations.offer import held_with_stop
from registrations.own_answers import OwnAnswers, take_over
from registrations.own_code import send_code, use_codes
from shared.clock import now
from shared.db import array_of, db, hold, violated
from shared.errors import NotFound, Refusal
from shared.reseal import sealed_column
from shared.sealing import seal, unseal_text

sealed_column("answer_changes", "values_sealed", use="answer_changes.values_sealed")
sealed_column("contact_changes", "sealed", use="contact_changes.sealed")
CONTACT_CHANGE_LASTS = timedelta(minutes=30)


@dataclass(frozen=True)
class Amendment:
    """What somebody says of himself now, checked by the form; ``full_name`` is NFC."""

    full_name: str
    university: str
    education: Education
    research_field: str
    preferred_city_ids: list[int]
    own: OwnAnswers | None = None


def edits_close_at(registration: Registration) -> datetime:
    """Until when the answers may be changed: what staff granted this person, the stop's own time, or its closing."""
    stop = registration.stop
    own = registration.edits_until or stop.edits_close_at or stop.registration_closes_at
    return min(own, stop.ends_at)


def refuse_unless_editable(registration: Registration, *, has_arrived: bool | None = None) -> None:
    """Raise WrongState, HasArrived or EditsAreClosed unless the answers may be changed now.

    ``has_arrived`` spares the question to the database; never of whoever is about to change something.
    """
    if registration.state not in STANDING or registration.stop.cancelled_at is not None:
        raise WrongState
    if arrived_at(registration) is not None if has_arrived is None else has_arrived:
        raise HasArrived
    if edits_close_at(registration) <= now():
        raise EditsAreClosed


def amend(registration_id: int, amendment: Amendment, *, by: Actor | str = APPLICANT) -> list[str]:
    """Take over what is said now; returns the names of the fields that changed, none when nothing did.

    What it was before stays, sealed, beside who changed it and when. Raises NotFound, WrongState, HasArrived,
    EditsAreClosed, ChoiceIsFull or AlreadyRegistered. The caller holds the transaction.
    """
    registration = _looked_up(registration_id)
    if isinstance(by, str):
        refuse_unless_editable(registration)  # asked again below, once nobody else can change it
    before = registration.person
    name_before, person = before.full_name, before
    if name_before != amendment.full_name:
        person = _person_called(registration, full_name=amendment.full_name, mobile=before.mobile)
    _stop, registration = held_with_stop(registration_id)
    if isinstance(by, str):
        refuse_unless_editable(registration)
    changes: dict[str, list[Any]] = {}
    for name in ("university", "education", "research_field", "preferred_city_ids"):
        said, says = getattr(registration, name), getattr(amendment, name)
        if said != says:
            changes[name] = [said, says]
            setattr(registration, name, says)
    if name_before != amendment.full_name:
        changes["full_name"] = [name_before, amendment.full_name]
        _give_to(registration, person)
        if registration.state is RegistrationState.CONFIRMED:
            registration.renamed_at = now()
    if amendment.own is not None:
        changes |= {
            f"{ANSWERS}{key}": both for key, both in take_over(registration, amendment.own, by=by).items()
        }
    if changes:
        keep_change(registration, changes, by=by)
    return list(changes)


def ask_contact_change(registration_id: int, *, email: str, mobile: str | None) -> None:
    """Remember the new address and number, and send a code to the old address and, if it differs, to the new one.

    Raises NotFound, WrongState, HasArrived, EditsAreClosed or TooManyCodes. The caller holds the transaction.
    """
    _stop, registration = held_with_stop(registration_id)
    refuse_unless_editable(registration)
    moment = now()
    _end_contact_changes(registration_id)
    waiting = ContactChange(
        registration_id=registration_id, asked_at=moment, expires_at=moment + CONTACT_CHANGE_LASTS
    )
    db.session.add(waiting)
    db.session.flush()
    waiting.sealed = seal(json.dumps({"email": email, "mobile": mobile}), context=_contact_context(waiting))
    record("ask_contact_change", registration, by=APPLICANT)
    if registration.email:
        send_code(registration_id, CodeOccasion.OLD_ADDRESS)
    if email.casefold() != registration.email.casefold():
        send_code(registration_id, CodeOccasion.NEW_ADDRESS, to=email)


def open_contact_change(registration_id: int) -> tuple[str, str | None] | None:
    """The new e-mail address and mobile number that wait for their codes, or None."""
    waiting = _waiting(registration_id)
    return _contact_of(waiting) if waiting is not None else None


def finish_contact_change(
    registration_id: int, typed: Mapping[CodeOccasion, str]
) -> dict[CodeOccasion, Refusal]:
    """Take the new address and number over when every code is right; returns the refusals by code.

    Wrong tries are counted, so the caller commits whatever is returned. Raises NotFound, WrongState, HasArrived,
    EditsAreClosed, CodeIsOver (the change was too long ago) or AlreadyRegistered.
    """
    registration = _looked_up(registration_id)
    waiting = _waiting(registration_id)
    if waiting is None:
        raise CodeIsOver
    email, mobile = _contact_of(waiting)
    needed = codes_needed(registration, email)
    if refusals := use_codes(registration_id, {occasion: typed.get(occasion, "") for occasion in needed}):
        return refusals
    mobile_before, person = registration.person.mobile, registration.person
    if mobile != mobile_before:
        person = _person_called(registration, full_name=person.full_name, mobile=mobile)
    _stop, registration = held_with_stop(registration_id)
    refuse_unless_editable(registration)
    changes: dict[str, list[Any]] = {}
    if email != registration.email:
        changes["email"] = [registration.email, email]
        # The other registrations of the same mailbox move along: it was proven to be the same reader's.
        moved = db.session.scalars(
            update(Registration)
            .where(
                Registration.person_id == registration.person_id,
                func.lower(Registration.email) == registration.email.lower(),
                Registration.state.in_(STANDING),
            )
            .values(email=email)
            .returning(Registration.id)
        ).all()
        # What was sent to the old mailbox a moment ago opens nothing of the new one's.
        theirs = array_of(sorted({registration_id, *moved}))
        db.session.execute(delete(FindCode).where(FindCode.registration_ids.op("&&")(theirs)))
        if registration.person.email == registration.email and _all_with_one_address(registration):
            registration.person.email = email
        registration.email = email
    if mobile != mobile_before:
        changes["mobile"] = [mobile_before, mobile]
        _give_to(registration, person)
    _end_contact_changes(registration_id)
    if changes:
        keep_change(registration, changes, by=APPLICANT)
    return {}


def codes_needed(registration: Registration, email: str) -> set[CodeOccasion]:
    """Which codes a change to ``email`` (or of the number alone) needs: of the address there is, of the new one."""
    needed = {CodeOccasion.OLD_ADDRESS} if registration.email else set()
    if email.casefold() != registration.email.casefold():
        needed.add(CodeOccasion.NEW_ADDRESS)
    return needed


def extend_edits(registration_id: int, until: datetime | None, *, by: Actor) -> None:
    """Let one person change the answers until ``until``; None: as long as the stop says. Raises NotFound.

    The caller holds the transaction.
    """
    _stop, registration = held_with_stop(registration_id)
    registration.edits_until = until
    record("extend_edits", registration, by=by, until=until.isoformat() if until else None)


def note_new_badge(registration_id: int, *, by: Actor) -> None:
    """The badge with the new name is printed. Raises NotFound. The caller holds the transaction."""
    _stop, registration = held_with_stop(registration_id)
    registration.renamed_at = None
    record("note_new_badge", registration, by=by)


def keep_change(
    registration: Registration, changes: dict[str, list[Any]], *, by: Actor | str
) -> AnswerChange:
    """Write down ``{field: [before, after]}``: the values sealed, the fields' names in the open. Tells the applicant.

    For whatever changes answers: the values must be such that JSON can hold them.
    """
    change = AnswerChange(
        registration_id=registration.id,
        at=now(),
        by_staff_id=None if isinstance(by, str) else by.id,
        fields=sorted(changes),
    )
    db.session.add(change)
    db.session.flush()
    change.values_sealed = seal(json.dumps(changes, ensure_ascii=False), context=_change_context(change))
    record("amend", registration, by=by, fields=sorted(changes), stop_id=registration.stop_id)
    announce(RegistrationAmended(registration_id=registration.id))
    return change


def values_of(change: AnswerChange) -> dict[str, list[Any]]:
    """What a change replaced and by what; empty once that was erased."""
    if change.values_sealed is None:
        return {}
    values: dict[str, list[Any]] = json.loads(
        unseal_text(change.values_sealed, context=_change_context(change))
    )
    return values


def forget_values(registration_id: int, fields: Set[str]) -> None:
    """Take what these fields were before and after out of the changes kept. The caller holds the transaction."""
    changes = db.session.scalars(
        select(AnswerChange)
        .where(AnswerChange.registration_id == registration_id, AnswerChange.values_sealed.is_not(None))
        .order_by(AnswerChange.id)
    ).all()
    for change in changes:
        if not fields & set(change.fields):
            continue
        kept = {name: values for name, values in values_of(change).items() if name not in fields}
        change.values_sealed = (
            seal(json.dumps(kept, ensure_ascii=False), context=_change_context(change)) if kept else None
        )
    db.session.flush()


def _person_called(registration: Registration, *, full_name: str, mobile: str | None) -> Person:
    """The person with this name and number, to whom the registration is to belong: the same one, or another.

    A person's row is shared by whoever gives the same name and number. It is changed in place only when every
    registration on it is read in the same mailbox; else the others would be renamed with it. People are held before
    stops, as registering does.
    """
    if mobile is None or _all_with_one_address(registration):
        try:
            with db.session.begin_nested():
                person = hold(Person, registration.person_id)
                if person is None:
                    raise NotFound
                person.full_name, person.mobile = full_name, mobile
        except IntegrityError as error:
            if violated(error) not in ("uq_people_mobile_full_name", "uq_people_standing"):
                raise
        else:
            return person
    if mobile is None:
        raise AlreadyRegistered
    return find_or_add(
        full_name=full_name,
        mobile=mobile,
        email=registration.email,
        university=registration.university,
        education=registration.education.value,
    )


def _give_to(registration: Registration, person: Person) -> None:
    if registration.person_id == person.id:
        return
    try:
        with db.session.begin_nested():
            registration.person = person
    except IntegrityError as error:
        if violated(error) == "uq_registrations_standing":
            raise AlreadyRegistered from None
        raise


def _all_with_one_address(registration: Registration) -> bool:
    other = exists().where(
        Registration.person_id == registration.person_id,
        func.lower(Registration.email) != registration.email.lower(),
    )
    return not db.session.scalar(select(other))


def _looked_up(registration_id: int) -> Registration:
    registration = db.session.get(Registration, registration_id)
    if registration is None:
        raise NotFound
    return registration


def _waiting(registration_id: int) -> ContactChange | None:
    return db.session.scalar(
        select(ContactChange).where(
            ContactChange.registration_id == registration_id,
            ContactChange.ended_at.is_(None),
            ContactChange.expires_at > now(),
        )
    )


def _end_contact_changes(registration_id: int) -> None:
    db.session.execute(
        update(ContactChange)
        .where(ContactChange.registration_id == registration_id, ContactChange.ended_at.is_(None))
        .values(ended_at=now(), sealed=None)
    )


def _contact_of(waiting: ContactChange) -> tuple[str, str | None]:
    if waiting.sealed is None:
        raise NotFound
    said = json.loads(unseal_text(waiting.sealed, context=_contact_context(waiting)))
    return said["email"], said["mobile"]


def _contact_context(waiting: ContactChange) -> str:
    return f"contact_changes.sealed:{waiting.id}"


def _change_context(change: AnswerChange) -> str:
    return f"answer_changes.values_sealed:{change.id}"
