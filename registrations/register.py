"""Register for a stop, and withdraw."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid5

from flask_babel import gettext as _
from sqlalchemy import or_, select
from sqlalchemy.orm import lazyload

from audit.record import Actor
from campaigns.models import Campaign, Stop
from people.add_guest import add_guest
from people.find_or_add import find_or_add
from people.models import Person
from privacy.consent import give_consent
from privacy.purposes import Purpose
from privacy.texts import current, version_of
from registrations.admission import USUAL, Admission, refuse_unless_invited
from registrations.choices import attach_files, take_choices
from registrations.choose_programme import take_seats
from registrations.errors import (
    AlreadyRegistered,
    HasArrived,
    RegistrationClosed,
    StopHasBegun,
    StopIsFull,
    WrongState,
)
from registrations.keep_seats import sit_on_kept_seat
from registrations.lookups import arrived_at, known_guest, somebody_waits
from registrations.models import (
    SEATED,
    STANDING,
    Basis,
    Education,
    Registration,
    RegistrationState,
)
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

    ``full_name`` is NFC; ``mobile`` E.164, None only for guests whom
    the office enters, whose ``email`` may be empty; ``preferred_city_ids`` host cities in order of preference; ``language``
    ``zh`` or ``en``; ``channel`` names the poster or link that led here; ``programme_item_ids`` what was chosen of the
    stop's programme. ``shares_with_employers`` is the separate agreement to hand data to employers; nobody needs to
    give it.
    ``answers`` are those to the campaign's own questions by key (``questions/engine.py``), ``restricted_answers`` those
    that are kept sealed, ``form_version`` the version of the form that was answered, ``file_ids`` the files among them.
    ``honour`` and ``secretary`` belong to guests: what they are called, and who speaks for them.
    """

    full_name: str
    mobile: str | None
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
    shows_on_wall: bool = False
    answers: dict[str, Any] = field(default_factory=dict)
    restricted_answers: dict[str, Any] = field(default_factory=dict)
    form_version: int | None = None
    file_ids: list[int] = field(default_factory=list)
    honour: str | None = None
    secretary: str | None = None
    secretary_mobile: str | None = None


def register(
    application: Application, *, stop_id: int, submission_id: UUID, admission: Admission = USUAL
) -> Registration:
    """Register somebody: confirmed while there are seats, else on the waiting list; applied where the office reviews.

    The same ``submission_id`` of the same person sent twice is one registration, and the first is returned.
    ``admission`` says on what terms somebody comes who does not come through the open form.
    Raises NotFound, RegistrationClosed, AlreadyRegistered, what ``admission.refuse_unless_invited`` raises, or what ``choose_programme.take_seats`` raises: then there
    is no registration either. The caller holds the transaction.
    """
    stop = db.session.get(Stop, stop_id)
    if stop is None:
        raise NotFound
    refuse_unless_admitted(stop, admission)  # asked again below; here it spares the crowd the queue
    person = _person_of(application)
    # From here on everybody else who comes to this stop waits: as few statements as can be, sent in batches.
    with db.session.no_autoflush:
        return _register_held(application, person, stop_id, submission_id, admission)


def _register_held(
    application: Application, person: Person, stop_id: int, submission_id: UUID, admission: Admission
) -> Registration:
    stop = hold(Stop, stop_id)
    if stop is None:
        raise NotFound
    # Two people may send the same page (the second went back and changed the name): each has an id of his own.
    own_submission_id = uuid5(submission_id, f"{stop_id}:{person.id}")
    submissions = (submission_id, own_submission_id)
    found = db.session.execute(
        select(
            Campaign,  # as it is after the wait: it may have been taken back meanwhile
            Registration.id,
            Registration.submission_id,
            Registration.stop_id,
            Registration.person_id,
        )
        .outerjoin(
            Registration,
            or_(
                Registration.submission_id.in_(submissions),
                (Registration.stop_id == stop_id)
                & (Registration.person_id == person.id)
                & Registration.state.in_(STANDING),
            ),
        )
        .where(Campaign.id == stop.campaign_id)
        .options(lazyload("*"))
        .execution_options(populate_existing=True)
    ).all()
    earlier = [row for row in found if row.id is not None]
    own = [row for row in earlier if row.stop_id == stop_id and row.person_id == person.id]
    for row in own:
        if row.submission_id in submissions:
            return db.session.get_one(Registration, row.id)
    if own:
        raise AlreadyRegistered
    refuse_unless_admitted(stop, admission)
    if admission.invitation_id is not None:
        refuse_unless_invited(
            admission.invitation_id, stop, full_name=application.full_name, email=application.email
        )
    moment = now()
    registration = Registration(
        code=new_code(),
        submission_id=own_submission_id if earlier else submission_id,
        stop_id=stop_id,
        stop=stop,
        person_id=person.id,
        person=person,
        badge_class=admission.badge_class,
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
        way=admission.way,
        basis=admission.basis,
        entered_by_id=admission.entered_by_id,
        honour=application.honour,
        secretary=application.secretary,
        secretary_mobile=application.secretary_mobile,
        invitation_id=admission.invitation_id,
    )
    state = first_state(stop, registration, admission)
    take_step(registration, state, act="register", by=admission.by, quietly=admission.quietly)
    if application.answers or application.restricted_answers:
        seal_answers(registration, application.restricted_answers)
        take_choices(registration)
        attach_files(registration, application.file_ids)
    if admission.basis in (Basis.OWN, Basis.ON_THE_SPOT):
        _keep_consents(registration.id, application)
    take_seats(registration, application.programme_item_ids, by=admission.by)
    if admission.after is not None:
        db.session.flush()
        admission.after(registration)
    return registration


def withdraw(registration_id: int, *, by: Actor | str, reason: str | None = None) -> Registration:
    """Give up a registration; its seat goes to whoever is next. ``by`` is APPLICANT or a member of staff.

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
    take_step(registration, RegistrationState.WITHDRAWN, act="withdraw", by=by, reason=reason)
    if before in SEATED:
        fill_free_seats(stop.id)
    return registration


def refuse_unless_admitted(stop: Stop, admission: Admission) -> None:
    """As ``refuse_unless_open``; whoever may come when the form is closed may do so until the stop is over."""
    if not admission.opens_closed:
        refuse_unless_open(stop)
    elif stop.cancelled_at is not None:
        raise RegistrationClosed(_("This stop has been cancelled. What you typed was not sent."))
    elif stop.ends_at <= now():
        raise RegistrationClosed


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
    if application.shows_on_wall:
        give_consent(registration_id, Purpose.WALL)


def _person_of(application: Application) -> Person:
    """The person who applies; a guest without a mobile number is known by name and unit."""
    if application.mobile is not None:
        return find_or_add(
            full_name=application.full_name,
            mobile=application.mobile,
            email=application.email,
            university=application.university,
            education=str(application.education),
        )
    return known_guest(application.full_name, application.university) or add_guest(
        full_name=application.full_name, email=application.email, university=application.university
    )


def first_state(stop: Stop, newcomer: Registration, admission: Admission = USUAL) -> RegistrationState:
    """Where a newcomer begins; he is put on a kept seat when the terms have one. The caller holds the stop.

    Raises StopIsFull.
    """
    if admission.begins is not None and admission.begins is not RegistrationState.CONFIRMED:
        return admission.begins
    if admission.seat_block_id is not None and sit_on_kept_seat(stop, newcomer, admission.seat_block_id):
        return RegistrationState.CONFIRMED
    if stop.needs_approval and not admission.skips_approval:
        return RegistrationState.APPLIED
    if not stop.is_full and somebody_waits(stop.id):
        fill_free_seats(stop.id)  # seats were added: those who wait come before a newcomer
    if not stop.is_full and room_of(stop).fits(newcomer):
        return RegistrationState.CONFIRMED
    if not admission.may_wait:
        raise StopIsFull
    return RegistrationState.WAITING
