"""Tell an applicant by mail what has happened to the registration."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask_babel import force_locale
from flask_babel import gettext as _
from sqlalchemy import func, select

from audit.models import AuditEntry
from campaigns.models import ProgrammeItem, Stop
from messages.models import Message
from messages.write import write_message
from questions.lookups import has_second_form
from registrations.by_invitation import invitation_address
from registrations.calendar_entry import calendar_cancellations, calendar_entry
from registrations.field_names import field_names
from registrations.links import address_for
from registrations.lookups import across, place_in_line, programme_chosen, seat_rules_of
from registrations.models import (
    STANDING,
    AnswerChange,
    Invitation,
    Registration,
    RegistrationState,
    StateChange,
    StillComing,
)
from registrations.still_coming import ANSWER_UNTIL, is_asked
from registrations.ticket_code import qr_png
from registrations.tickets import make_first_key, ticket_for
from shared.clock import now
from shared.db import db
from shared.language import BABEL_LOCALES

_KINDS = {
    RegistrationState.APPLIED: "received",
    RegistrationState.CONFIRMED: "confirmed",
    RegistrationState.OFFERED: "offered",
    RegistrationState.WAITING: "waiting",
    RegistrationState.DECLINED: "declined",
    RegistrationState.WITHDRAWN: "withdrawn",
    RegistrationState.EXPIRED: "offer_expired",
}
REMIND_BEFORE = timedelta(hours=12)
SHORTEST_WORTH_REMINDING = timedelta(hours=4)


@dataclass(frozen=True)
class OfferTimes:
    """When an open offer is reminded of (None: it is too short for that) and when it ends."""

    stop_id: int
    reminds_at: datetime | None
    ends_at: datetime


def tell_of_step(registration_id: int, after: RegistrationState) -> None:
    """Write what the latest step to ``after`` means; nothing when the registration has moved on meanwhile.

    Who was told about a later step must not be told about the earlier one afterwards; nor is a seat at a stop that
    has been cancelled meanwhile worth a mail of its own. The caller holds the transaction.
    """
    registration = db.session.get(Registration, registration_id)
    if registration is None or registration.state is not after:
        return
    if (
        after in STANDING or after is RegistrationState.EXPIRED
    ) and registration.stop.cancelled_at is not None:
        return
    step = db.session.scalars(
        select(StateChange)
        .where(StateChange.registration_id == registration_id, StateChange.after == after)
        .order_by(StateChange.id.desc())
        .limit(1)
    ).first()
    more: dict[str, Any] = {"reason": step.reason if step else None}
    ticket = None
    calendars: list[str] = []
    if after is RegistrationState.WAITING:
        more["place"] = place_in_line(registration)
    if after is RegistrationState.CONFIRMED:
        make_first_key()  # SECRET_KEY may have been changed since the seat was given
        ticket = _picture(registration)
        calendars = _calendar(registration)
        if has_second_form(registration.stop):
            more["second_form"] = f"{address_for(registration)}/after-approval"
    elif step is not None and step.before is RegistrationState.CONFIRMED:
        calendars = _out_of_calendar(registration)
    _write(registration, _kind(after, step), str(step.id if step else 0), more, ticket, calendars)


def _kind(after: RegistrationState, step: StateChange | None) -> str:
    """The kind of message for a step: who had a seat is told of its loss in other words than who was offered one."""
    if after is RegistrationState.EXPIRED and step is not None and step.before is RegistrationState.CONFIRMED:
        return "seat_given_on"
    return _KINDS[after]


def offer_times(registration_id: int) -> OfferTimes | None:
    """The times of somebody's offer, or None when there is none any more."""
    registration = db.session.get(Registration, registration_id)
    if registration is None or registration.offer_expires_at is None:
        return None
    ends_at = registration.offer_expires_at
    lasts = ends_at - (registration.decided_at or now())
    reminds_at = ends_at - min(REMIND_BEFORE, lasts / 3) if lasts >= SHORTEST_WORTH_REMINDING else None
    return OfferTimes(registration.stop_id, reminds_at, ends_at)


def open_offers_end_at(stop_id: int) -> datetime | None:
    """The stop's beginning, by which every offer has ended; None when no offer is out."""
    beginning: datetime | None = db.session.scalar(
        select(Stop.starts_at)
        .join(Registration, Registration.stop_id == Stop.id)
        .where(Stop.id == stop_id, Registration.state == RegistrationState.OFFERED)
        .limit(1)
    )
    return beginning


def remind_of_offer(registration_id: int, until: datetime) -> None:
    """Write that the offer which holds ``until`` then runs out soon; nothing when it was answered meanwhile."""
    registration = db.session.get(Registration, registration_id)
    if registration is None or registration.offer_expires_at != until:
        return
    if registration.stop.cancelled_at is not None or until <= now():
        return
    _write(registration, "offer_expiring", str(int(until.timestamp())), {}, None)


def ask_by_mail(registration_id: int) -> None:
    """Write the question whether somebody confirmed still comes; once a round, nothing when it was answered."""
    registration = db.session.get(Registration, registration_id)
    if registration is None or not is_asked(registration) or registration.stop.cancelled_at is not None:
        return
    days = db.session.scalar(
        select(func.min(StillComing.days_before)).where(StillComing.registration_id == registration_id)
    )
    rules = seat_rules_of(registration.stop_id)
    more = {
        "until": registration.stop.starts_at - ANSWER_UNTIL,
        "is_released": rules.releases_unanswered,
    }
    _write(registration, "still_coming", str(days), more, None)


def tell_of_stop(registration_id: int, kind: str, occasion: str) -> None:
    """Write that the stop was ``moved`` or ``cancelled`` to somebody who still means to come.

    The caller holds the transaction.
    """
    registration = db.session.get(Registration, registration_id)
    if registration is None or registration.state not in STANDING:
        return
    if kind == "moved" and registration.stop.cancelled_at is not None:
        return  # nobody shall set out for the new place of a stop that is not held
    has_ticket = registration.state is RegistrationState.CONFIRMED
    calendars: list[str] = []
    if has_ticket:
        calendars = _calendar(registration) if kind == "moved" else _out_of_calendar(registration)
    _write(registration, kind, occasion, {"has_ticket": has_ticket}, None, calendars)


def tell_of_new_ticket(registration_id: int, occasion: str) -> None:
    """Write the new code to somebody whose earlier one is refused now; nothing when there is no seat any more.

    The caller holds the transaction.
    """
    registration = db.session.get(Registration, registration_id)
    if registration is None or registration.state is not RegistrationState.CONFIRMED:
        return
    if registration.stop.cancelled_at is not None or registration.stop.ends_at <= now():
        return
    make_first_key()
    _write(registration, "new_ticket", occasion, {}, _picture(registration))


def _picture(registration: Registration) -> bytes | None:
    """The ticket's symbol for a mail; None where codes change on the phone: a picture of one would be old at once."""
    return None if registration.stop.codes_move else qr_png(ticket_for(registration))


def who_holds_a_ticket() -> list[int]:
    """The ids of all who have a seat at a stop that is not over."""
    statement = (
        select(Registration.id)
        .join(Stop, Stop.id == Registration.stop_id)
        .where(
            Registration.state == RegistrationState.CONFIRMED,
            Stop.ends_at > now(),
            Stop.cancelled_at.is_(None),
        )
        .order_by(Registration.id)
    )
    return list(db.session.scalars(statement))


def tell_of_cancelled_item(registration_id: int, item_id: int) -> None:
    """Write that an item somebody had chosen does not take place; nothing to who no longer means to come.

    The caller holds the transaction.
    """
    registration = db.session.get(Registration, registration_id)
    item = db.session.get(ProgrammeItem, item_id)
    if registration is None or item is None or registration.state not in STANDING:
        return
    if registration.stop.cancelled_at is not None or registration.stop_id != item.stop_id:
        return  # who heard that nothing of it is held needs not hear of a part
    others = (
        one
        for one in registration.stop.programme
        if one.is_chosen and not one.is_cancelled and not one.is_full and one.starts_at > now()
    )
    more: dict[str, Any] = {"item": item}
    if registration.stop.starts_at > now() and any(
        not item.group_zh or one.group_zh == item.group_zh for one in others
    ):
        more["choose_link"] = f"{address_for(registration)}/programme"
    calendars: list[str] = []
    if registration.state is RegistrationState.CONFIRMED:
        calendars = _out_of_calendar(registration, item)
    _write(registration, "item_cancelled", str(item.id), more, None, calendars)


def tell_of_moved_item(registration_id: int, item_id: int, occasion: str) -> None:
    """Write the new time or place of an item to somebody who has chosen it, and what else was chosen at that time.

    The caller holds the transaction.
    """
    registration = db.session.get(Registration, registration_id)
    item = db.session.get(ProgrammeItem, item_id)
    if registration is None or item is None or registration.state not in STANDING or item.is_cancelled:
        return
    chosen = programme_chosen(registration)
    if registration.stop.cancelled_at is not None or item not in chosen:
        return
    more: dict[str, Any] = {"item": item, "clashes": across(item, chosen)}
    if registration.stop.starts_at > now():
        more["choose_link"] = f"{address_for(registration)}/programme"
    calendars = _calendar(registration) if registration.state is RegistrationState.CONFIRMED else []
    _write(registration, "item_moved", occasion, more, None, calendars)


def tell_of_invitation(invitation_id: int, times: int) -> None:
    """Write to an invited person; nothing when the invitation holds no more. The caller holds the transaction."""
    invitation = db.session.get(Invitation, invitation_id)
    if invitation is None or not invitation.is_personal or not invitation.is_valid:
        return
    if invitation.stop.cancelled_at is not None:
        return
    with force_locale(BABEL_LOCALES[invitation.language]):
        link_words = _("Accept the invitation")
    write_message(
        "invitation",
        occasion=f"invitation-{invitation.id}-{times}",
        registration_id=None,
        stop_id=invitation.stop_id,
        recipient=invitation.email or "",
        language=invitation.language,
        context={
            "invitation": invitation,
            "stop": invitation.stop,
            "name": invitation.full_name,
            "language": invitation.language,
            "link": invitation_address(invitation),
            "link_words": link_words,
        },
    )


def tell_of_change(registration_id: int) -> None:
    """Write which answers were changed last, by their names; what they say stands on the own page.

    The caller holds the transaction.
    """
    registration = db.session.get(Registration, registration_id)
    change = db.session.scalars(
        select(AnswerChange)
        .where(AnswerChange.registration_id == registration_id)
        .order_by(AnswerChange.id.desc())
        .limit(1)
    ).first()
    if registration is None or change is None or not registration.email:
        return
    with force_locale(BABEL_LOCALES[registration.language]):
        names = field_names(change.fields, campaign_id=registration.stop.campaign_id)
    _write(registration, "amended", str(change.id), {"fields": names}, None)


def who_stands(stop_id: int) -> list[int]:
    """The ids of the registrations of a stop whose people mean to come."""
    statement = (
        select(Registration.id)
        .where(Registration.stop_id == stop_id, Registration.state.in_(STANDING))
        .order_by(Registration.id)
    )
    return list(db.session.scalars(statement))


def latest_act(subject_id: int, kind: str = "Stop") -> str:
    """Tells apart one change of a stop (or an item) from the next: the number of its latest line in the record."""
    latest = db.session.scalar(
        select(func.max(AuditEntry.id)).where(
            AuditEntry.subject_kind == kind, AuditEntry.subject_id == subject_id
        )
    )
    return str(latest or 0)


def _calendar(registration: Registration) -> list[str]:
    """The stop and what was chosen, for the calendar; in the language that the mail is written in."""
    with force_locale(BABEL_LOCALES[registration.language]):
        chosen = programme_chosen(registration)
        return [calendar_entry(registration, chosen=chosen, link=address_for(registration), at=now())]


def _out_of_calendar(registration: Registration, item: ProgrammeItem | None = None) -> list[str]:
    """What takes ``item``, or else the stop and every item that was ever sent, out of the calendar again.

    Whoever gives up a seat gives up the choices with it, so the items are those of the files that were sent before.
    """
    with force_locale(BABEL_LOCALES[registration.language]):
        return calendar_cancellations(
            registration,
            items=[item] if item is not None else _items_sent(registration),
            with_stop=item is None,
            link=address_for(registration),
            at=now(),
        )


def _items_sent(registration: Registration) -> list[ProgrammeItem]:
    sent = db.session.scalars(
        select(Message.calendars).where(
            Message.registration_id == registration.id, func.cardinality(Message.calendars) > 0
        )
    )
    named = {int(found) for calendars in sent for one in calendars for found in _ITEM_UID.findall(one)}
    if not named:
        return []
    return list(
        db.session.scalars(
            select(ProgrammeItem).where(ProgrammeItem.id.in_(named)).order_by(ProgrammeItem.id)
        )
    )


_ITEM_UID = re.compile(r"^UID:registration-\d+-item-(\d+)@", re.MULTILINE)


def _write(
    registration: Registration,
    kind: str,
    occasion: str,
    more: dict[str, Any],
    inline_png: bytes | None,
    calendars: Sequence[str] = (),
) -> None:
    if not registration.email:
        return  # a guest whom the office entered without an address; the office speaks with him itself
    write_message(
        kind,
        occasion=occasion,
        registration_id=registration.id,
        stop_id=registration.stop_id,
        recipient=registration.email,
        language=registration.language,
        context={
            "registration": registration,
            "stop": registration.stop,
            "link": address_for(registration),
            **more,
        },
        inline_png=inline_png,
        calendars=calendars,
    )
