"""Register for a stop, and withdraw."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid5

from flask_babel import gettext as _
from sqlalchemy import or_, select

from audit.record import APPLICANT, Actor
from campaigns.models import Stop
from people.find_or_add import find_or_add
from privacy.consent import give_consent
from privacy.purposes import Purpose
from privacy.texts import current, version_of
from registrations.choose_programme import take_seats
from registrations.errors import AlreadyRegistered, HasArrived, RegistrationClosed, StopHasBegun, WrongState
from registrations.lookups import arrived_at, somebody_waits
from registrations.models import SEATED, STANDING, BadgeClass, Education, Registration, RegistrationState
from registrations.offer import fill_free_seats
from registrations.quotas import room_of
from registrations.review import held_with_stop
from registrations.sealed_answers import seal_answers
from registrations.step import take_step
from shared.clock import now
from shared.codes import new_code
from shared.db import db, hold
from shared.errors import NotFound

CONSENT_VERSION = current(Purpose.REGISTRATION).version
"""Which text of ``privacy/texts`` somebody agrees to who registers now."""


@dataclass(frozen=True)
class Application:
    """What an applicant has said, checked by the form.

    ``full_name`` is NFC; ``mobile`` E.164; ``preferred_city_ids`` host cities in order of preference; ``language``
    ``zh`` or ``en``; ``channel`` names the poster or link that led here; ``programme_item_ids`` what was chosen of the
    stop's programme. ``shares_with_employers`` is the separate agreement to hand data to employers; nobody needs to
    give it.
    ``answers`` are those to the campaign's own questions by key (``questions/engine.py``), ``restricted_answers`` those
    that are kept sealed, ``form_version`` the version of the form that was answered.
    """

    full_name: str
    mobile: str
    email: str
    university: str
    education: Education
    research_field: str
    preferred_city_ids: list[int] = field(default_factory=list)
    language: str = "zh"
    channel: str | None = None
    programme_item_ids: list[int] = field(default_factory=list)
    consent_version: str = CONSENT_VERSION
    shares_with_employers: bool = False
    answers: dict[str, Any] = field(default_factory=dict)
    restricted_answers: dict[str, Any] = field(default_factory=dict)
    form_version: int | None = None


def register(application: Application, *, stop_id: int, submission_id: UUID) -> Registration:
    """Register somebody: confirmed while there are seats, else on the waiting list; applied where the office reviews.

    The same ``submission_id`` of the same person sent twice is one registration, and the first is returned.
    Raises NotFound, RegistrationClosed, AlreadyRegistered, or what ``choose_programme.take_seats`` raises: then there
    is no registration either. The caller holds the transaction.
    """
    stop = db.session.get(Stop, stop_id)
    if stop is None:
        raise NotFound
    refuse_unless_open(stop)  # asked again below; here it spares the crowd the queue
    person = find_or_add(full_name=application.full_name, mobile=application.mobile, email=application.email)
    stop = hold(Stop, stop_id)
    if stop is None:
        raise NotFound
    # Two people may send the same page (the second went back and changed the name): each has an id of his own.
    own_submission_id = uuid5(submission_id, f"{stop_id}:{person.id}")
    submissions = (submission_id, own_submission_id)
    earlier = db.session.execute(
        select(
            Registration.id, Registration.submission_id, Registration.stop_id, Registration.person_id
        ).where(
            or_(
                Registration.submission_id.in_(submissions),
                (Registration.stop_id == stop_id)
                & (Registration.person_id == person.id)
                & Registration.state.in_(STANDING),
            )
        )
    ).all()
    own = [row for row in earlier if row.stop_id == stop_id and row.person_id == person.id]
    for row in own:
        if row.submission_id in submissions:
            return db.session.get_one(Registration, row.id)
    if own:
        raise AlreadyRegistered
    refuse_unless_open(stop)
    moment = now()
    registration = Registration(
        code=new_code(),
        submission_id=own_submission_id if earlier else submission_id,
        stop_id=stop_id,
        person_id=person.id,
        badge_class=BadgeClass.DOCTOR,
        email=application.email,
        university=application.university,
        education=application.education,
        research_field=application.research_field,
        preferred_city_ids=application.preferred_city_ids,
        language=application.language,
        channel=application.channel,
        consent_version=application.consent_version,
        consented_at=moment,
        applied_at=moment,
        answers=application.answers,
        form_version=application.form_version,
    )
    take_step(registration, _first_state(stop, registration), act="register", by=APPLICANT)
    if application.restricted_answers:
        seal_answers(registration, application.restricted_answers)
    _keep_consents(registration.id, application)
    take_seats(registration, application.programme_item_ids, by=APPLICANT)
    return registration


def withdraw(registration_id: int, *, by: Actor | str) -> Registration:
    """Give up a registration; its seat goes to whoever waits longest. ``by`` is APPLICANT or a member of staff.

    Raises NotFound, WrongState (declined or withdrawn before), StopHasBegun or HasArrived. The caller holds the transaction.
    """
    stop, registration = held_with_stop(registration_id)
    before = registration.state
    if before not in STANDING:
        raise WrongState
    if stop.starts_at <= now():
        raise StopHasBegun
    if arrived_at(registration):
        raise HasArrived
    take_step(registration, RegistrationState.WITHDRAWN, act="withdraw", by=by)
    if before in SEATED:
        fill_free_seats(stop.id)
    return registration


def refuse_unless_open(stop: Stop) -> None:
    """Raise RegistrationClosed, saying why, unless somebody may register for ``stop`` now."""
    moment = now()
    if stop.is_open_at(moment):
        return
    if stop.cancelled_at is not None:
        raise RegistrationClosed(_("This stop has been cancelled. What you typed was not sent."))
    if (
        stop.registration_opened_at is None
        or stop.registration_opened_at > moment
        or not stop.campaign.is_published
    ):
        raise RegistrationClosed(_("Registration for this stop has not begun yet."))
    raise RegistrationClosed


def _keep_consents(registration_id: int, application: Application) -> None:
    if version := version_of(Purpose.REGISTRATION, application.consent_version):
        give_consent(registration_id, Purpose.REGISTRATION, version=version)
    if application.shares_with_employers:
        give_consent(registration_id, Purpose.EMPLOYERS)


def _first_state(stop: Stop, newcomer: Registration) -> RegistrationState:
    if stop.needs_approval:
        return RegistrationState.APPLIED
    if not stop.is_full and somebody_waits(stop.id):
        fill_free_seats(stop.id)  # seats were added: those who wait come before a newcomer
    if stop.is_full or not room_of(stop).fits(newcomer):
        return RegistrationState.WAITING
    return RegistrationState.CONFIRMED
