"""What a device holds to go on without a network: the least with which it can decide, for its own stop alone."""

from __future__ import annotations

import hashlib
import json
from base64 import b64encode
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import ColumnElement, Select, Text, and_, func, literal, literal_column, null, select
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.orm import lazyload

from campaigns.models import Stop
from checkin.by_device import Bearer
from checkin.lookups import arrival_point
from checkin.models import CheckIn, Checkpoint, Device, Often
from checkin.shown_fields import Teller, all_shown, facts_column
from delegations.models import DelegationMember
from people.models import Person
from registrations.models import ProgrammeChoice, Registration, RegistrationState, StateChange, TicketKey
from shared.clock import now
from shared.db import db
from shared.display import day, masked_name
from shared.language import current_language
from shared.sealing import keyed_hash

SALT_BYTES, CODE_HASH_BYTES = 16, 12
HELD_FOR = timedelta(hours=24)
"""A device that could not ask for so long shows that what it holds is old."""

STANDING = (
    RegistrationState.CONFIRMED,
    RegistrationState.APPLIED,
    RegistrationState.OFFERED,
    RegistrationState.WAITING,
)


def point_shape(point: Checkpoint) -> dict[str, Any]:
    """A checkpoint with its rule, as the API says it."""
    return {
        "id": point.id,
        "name": point.name,
        "kind": point.kind.value,
        "often": point.often.value,
        "opens_at": iso(point.opens_at),
        "closes_at": iso(point.closes_at),
        "badge_classes": list(point.badge_classes),
        "programme_item_id": point.programme_item_id,
        "after_arrival": point.after_arrival,
        "shows_notes": point.shows_notes,
        "fields": list(point.shown_fields),
        "capacity": point.capacity,
        "ended_at": iso(point.ended_at),
    }


def iso(moment: datetime | None) -> str | None:
    """A time as the API says it: ISO 8601, UTC, milliseconds."""
    if moment is None:
        return None
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


@dataclass(frozen=True, slots=True)
class Bundle:
    """What a device is given: ``revision`` is the same as long as nothing of it has changed; ``text`` is JSON.

    ``text`` is None where the device holds this revision already: then the list was not even read.
    """

    revision: str
    text: str | None


def bundle_for(who: Bearer, *, held: Callable[[str], bool] = lambda _revision: False) -> Bundle:
    """Everything the device needs; ``held`` is asked whether it has a revision already.

    The revision is worked out by the database, of the very rows that the list is made of: asking whether anything has
    changed takes a small part of the time of making it. What changes between the two questions comes with the next.
    """
    salt, arrival_id = _salt(who.device), _arrivals_asked(who)
    takes_place = who.stop.cancelled_at is None  # else nobody comes, and nobody's name is needed
    teller = Teller(() if who.is_kiosk else all_shown(who.checkpoints.values()), who.stop.campaign_id)
    small: dict[str, Any] = {
        "salt": b64encode(salt).decode(),
        "public_keys": {
            str(key_id): b64encode(public).decode()
            for key_id, public in db.session.execute(
                select(TicketKey.id, TicketKey.public_key).order_by(TicketKey.id)
            )
        },
        **_keys_over(),
        "cancelled_at": iso(who.stop.cancelled_at),
        "other_stops": _other_stops(who.stop),
        "revoked": _revoked(who.stop.id) if takes_place else [],
        "reissued": _reissued(who.stop.id) if takes_place else {},
        "checkpoints": [point_shape(point) for point in who.checkpoints.values()],
        "arrival_id": arrival_id,
        "fields": [{"name": one.name, "label": one.label} for one in teller.fields],
    }
    people, passes = _people(who, teller), _passes(who, arrival_id)
    rows = [_summary(people), _summary(passes)] if takes_place else []
    said = [_MADE_BY, who.device.role.value, current_language(), teller.said_by, small, rows]
    revision = hashlib.sha256(_json(said).encode()).hexdigest()[:24]
    if held(revision):
        return Bundle(revision, None)
    moment = now()
    told = {
        "revision": revision,
        "made_at": iso(moment),
        "expires_at": iso(min(moment + HELD_FOR, who.device.expires_at)),
        **small,
        "people": _told(who, salt, teller, people, _passed(who, passes)) if takes_place else [],
        "server_time": iso(now()),
    }
    return Bundle(revision, _json(told))


_MADE_BY = hashlib.sha256(Path(__file__).read_bytes()).hexdigest()
"""Whoever changes what stands here changes every revision."""


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _summary(statement: Select[*tuple[Any, ...]]) -> str | None:
    """One hash over all rows and columns of ``statement``, made by the database."""
    rows = statement.order_by(None).subquery("held")
    row = literal_column("held::text", Text)
    return db.session.scalar(
        select(func.md5(func.string_agg(row, aggregate_order_by(literal("\n"), rows.c.id)))).select_from(rows)
    )


def _other_stops(stop: Stop) -> dict[str, dict[str, str]]:
    """Where and when the campaign's other stops are, for whoever stands at the wrong one."""
    return {
        str(other.id): {"city": other.city, "venue": other.venue, "day": day(other.starts_at)}
        for other in db.session.scalars(
            select(Stop)
            .where(Stop.campaign_id == stop.campaign_id, Stop.id != stop.id)
            .order_by(Stop.id)
            .options(lazyload("*"))
        )
    }


def _keys_over() -> dict[str, dict[str, str | None]]:
    """Until when tickets of a key pass, and since when they do not, by the key's number."""
    rows = db.session.execute(
        select(TicketKey.id, TicketKey.ends_at, TicketKey.withdrawn_at)
        .where(TicketKey.ends_at.is_not(None) | TicketKey.withdrawn_at.is_not(None))
        .order_by(TicketKey.id)
    ).all()
    return {
        "key_ends": {str(key_id): iso(ends_at) for key_id, ends_at, _withdrawn in rows if ends_at},
        "keys_withdrawn": {str(key_id): iso(withdrawn) for key_id, _ends_at, withdrawn in rows if withdrawn},
    }


def _revoked(stop_id: int) -> list[int]:
    """Registrations whose tickets do not pass here, whatever their serial: given up, declined, or moved to another stop."""
    moved_away = (
        select(Registration.id)
        .join(StateChange, StateChange.registration_id == Registration.id)
        .where(StateChange.from_stop_id == stop_id, Registration.stop_id != stop_id)
    )
    return list(
        db.session.scalars(
            select(Registration.id)
            .where(Registration.stop_id == stop_id, Registration.state.not_in(STANDING))
            .union(moved_away)
            .order_by("id")
        )
    )


def _reissued(stop_id: int) -> dict[str, int]:
    """The least serial that passes, by registration, where it is not the first."""
    rows = db.session.execute(
        select(Registration.id, Registration.ticket_serial)
        .where(
            Registration.stop_id == stop_id, Registration.state.in_(STANDING), Registration.ticket_serial > 0
        )
        .order_by(Registration.id)
    )
    return {str(number): serial for number, serial in rows}


def _salt(device: Device) -> bytes:
    """The device's own: what one device holds tells nothing of what is on another."""
    return keyed_hash(str(device.id), use="devices.bundle_salt")[:SALT_BYTES]


def _people(who: Bearer, teller: Teller) -> Select[*tuple[Any, ...]]:
    """Who may come, and what of them the device holds."""
    return (
        select(
            Registration.id,
            Registration.code,
            Person.full_name,
            Registration.university,
            Registration.badge_class,
            Registration.state,
            Person.name_pinyin,
            Person.name_initials,
            Registration.gate_note,
            facts_column([one.name for one in teller.fields]),
            _chosen(who).label("chosen"),
            DelegationMember.delegation_id,
        )
        .join(Person, Person.id == Registration.person_id)
        .outerjoin(
            DelegationMember,
            and_(DelegationMember.registration_id == Registration.id, DelegationMember.removed_at.is_(None)),
        )
        .where(Registration.stop_id == who.stop.id, Registration.state.in_(STANDING))
        .order_by(Registration.id)
    )


def _chosen(who: Bearer) -> ColumnElement[Any]:
    """The programme items that somebody chose, of those that the device's checkpoints ask for."""
    items = {p.programme_item_id for p in who.checkpoints.values() if p.programme_item_id is not None}
    if not items:
        return null()
    return (
        select(func.array_agg(aggregate_order_by(ProgrammeChoice.item_id, ProgrammeChoice.item_id)))
        .where(
            ProgrammeChoice.registration_id == Registration.id,
            ProgrammeChoice.item_id.in_(items),
            ProgrammeChoice.cancelled_at.is_(None),
        )
        .correlate(Registration)
        .scalar_subquery()
    )


def _told(
    who: Bearer,
    salt: bytes,
    teller: Teller,
    people: Select[*tuple[Any, ...]],
    passed: dict[int, dict[str, Any]],
) -> list[dict[str, Any]]:
    shows_notes = not who.is_kiosk and any(point.shows_notes for point in who.checkpoints.values())
    rows = db.session.execute(people)
    return [
        {
            "i": number,
            "h": b64encode(hashlib.sha256(salt + code.encode()).digest()[:CODE_HASH_BYTES]).decode(),
            "n": masked_name(name) if who.is_kiosk else name,
            "u": None if who.is_kiosk else unit,
            "c": badge_class.value,
            "s": state.value,
            "x": chosen or [],
            "a": note if shows_notes else None,
            "p": passed.get(number, {}),
            **({"y": [pinyin, initials]} if who.supervises else {}),  # nobody else may look for people
            **({"g": group} if group is not None and not who.is_kiosk else {}),
            **({"f": values} if any(values := teller.values(facts)) else {}),
        }
        for number, code, name, unit, badge_class, state, pinyin, initials, note, facts, chosen, group in rows
    ]


def _arrivals_asked(who: Bearer) -> int | None:
    """The stop's door, where one of the device's checkpoints asks who has arrived."""
    if any(point.after_arrival for point in who.checkpoints.values()):
        return arrival_point(who.stop.id).id
    return None


def _passes(who: Bearer, arrival_id: int | None) -> Select[*tuple[Any, ...]]:
    """Who has passed what, the first first."""
    asked = {*who.checkpoints, *([arrival_id] if arrival_id else [])}
    return (
        select(
            CheckIn.id,
            CheckIn.registration_id,
            CheckIn.checkpoint_id,
            CheckIn.arrived_at,
            CheckIn.gate,
            CheckIn.day,
            CheckIn.within,
        )
        .where(CheckIn.checkpoint_id.in_(asked), CheckIn.voided_at.is_(None))
        .order_by(CheckIn.arrived_at, CheckIn.id)
    )


def _passed(who: Bearer, passes: Select[*tuple[Any, ...]]) -> dict[int, dict[str, Any]]:
    """Registration → checkpoint → when and where it was passed last."""
    often = {point.id: point.often for point in who.checkpoints.values()}
    found: dict[int, dict[str, Any]] = defaultdict(dict)
    for _id, number, point_id, at, gate, on_day, within in db.session.execute(passes):
        entry: dict[str, Any] = {"at": iso(at), "gate": gate}
        if on_day is not None:
            entry["day"] = on_day.isoformat()
        if often.get(point_id) is Often.IN_AND_OUT:
            entry["within"] = within
        found[number][str(point_id)] = entry
    return found
