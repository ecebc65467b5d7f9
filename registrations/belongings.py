"""A person's registrations go with him; of two for one stop he keeps one."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select

from campaigns.models import Stop
from people.belongings import Clash, belonging, point
from people.errors import BothHaveArrived
from registrations.lookups import arrived_at
from registrations.models import SEATED, STANDING, Registration, RegistrationState
from registrations.review import fill_free_seats
from registrations.step import take_step
from shared.clock import now
from shared.db import db, hold
from shared.display import day

_BETTER = (
    RegistrationState.CONFIRMED,
    RegistrationState.OFFERED,
    RegistrationState.APPLIED,
    RegistrationState.WAITING,
)


class _Registrations:
    """How registrations are moved."""

    table = Registration.__tablename__

    def clashes(self, survivor_id: int, absorbed_id: int) -> list[Clash]:
        """The stops for which both have a standing registration. Raises BothHaveArrived."""
        found = []
        for one, other in _standing_twice(survivor_id, absorbed_id):
            if arrived_at(one) and arrived_at(other):
                raise BothHaveArrived
            better, worse = sorted((one, other), key=_goodness)
            stop = one.stop
            found.append(
                Clash(
                    field=f"registration_{stop.id}",
                    title=f"{stop.campaign.name} · {stop.city} · {day(stop.starts_at)}",
                    rows=((better.id, _words(better)), (worse.id, _words(worse))),
                    stop_id=stop.id,
                    explanation=_(
                        "Only one registration for a stop can stand. The other one is withdrawn, and its seat is given on; nobody is written to."
                    ),
                )
            )
        return found

    def move(self, survivor_id: int, absorbed_id: int, kept: Mapping[str, int], by: Any) -> dict[str, Any]:
        """Withdraw the worse of two for one stop, then move all that are the absorbed one's."""
        withdrawn = []
        for clash in self.clashes(survivor_id, absorbed_id):
            stop = hold(Stop, clash.stop_id)
            ids = [row_id for row_id, _words in clash.rows]
            keep = kept.get(clash.field, ids[0])
            give_up = ids[1] if keep == ids[0] else ids[0]
            registration = hold(Registration, give_up)
            if stop is None or registration is None or registration.state not in STANDING:
                continue
            if arrived_at(registration):  # whoever has arrived keeps the registration he came with
                other = ids[0] if give_up == ids[1] else ids[1]
                registration = hold(Registration, other)
                if registration is None:
                    continue
            withdrawn.append(
                {
                    "id": registration.id,
                    "state": registration.state.value,
                    "waiting_since": _as_text(registration.waiting_since),
                    "decided_at": _as_text(registration.decided_at),
                    "offer_expires_at": _as_text(registration.offer_expires_at),
                }
            )
            had_seat = registration.state in SEATED
            take_step(
                registration,
                RegistrationState.WITHDRAWN,
                act="settle_merge",
                by=by,
                note=_("The same person was registered twice for this stop."),
                quietly=True,
            )
            db.session.flush()
            if had_seat and stop.starts_at > now():
                fill_free_seats(stop.id)
        table = Registration.metadata.tables[self.table]
        ids = point(table, table.c.person_id, table.c.person_id == absorbed_id, survivor_id)
        db.session.expire_all()
        return {"ids": ids, "withdrawn": withdrawn}

    def move_back(self, moved: dict[str, Any], survivor_id: int, absorbed_id: int, by: Any) -> None:
        """Give back what was moved; what was withdrawn stands again, on the waiting list when the seat is gone."""
        table = Registration.metadata.tables[self.table]
        if moved["ids"]:
            which = table.c.id.in_(moved["ids"]) & (table.c.person_id == survivor_id)
            point(table, table.c.person_id, which, absorbed_id)
        db.session.expire_all()
        for was in moved["withdrawn"]:
            _stand_again(was, by)


def _stand_again(was: dict[str, Any], by: Any) -> None:
    known = db.session.get(Registration, was["id"])
    if known is None:
        return
    stop = hold(Stop, known.stop_id)
    registration = hold(Registration, was["id"])
    if stop is None or registration is None or registration.state is not RegistrationState.WITHDRAWN:
        return  # decided otherwise since
    state = RegistrationState(was["state"])
    expires_at = _as_moment(was["offer_expires_at"])
    lapsed = state is RegistrationState.OFFERED and (expires_at is None or expires_at <= now())
    if lapsed or (state in SEATED and stop.is_full):
        state = RegistrationState.WAITING
    take_step(
        registration,
        state,
        act="undo_settle_merge",
        by=by,
        note=_("The two people have been taken apart again."),
        offer_expires_at=expires_at if state is RegistrationState.OFFERED else None,
        quietly=True,
    )
    if state is RegistrationState.WAITING:
        registration.waiting_since = _as_moment(was["waiting_since"]) or registration.applied_at
    if state.value == was["state"]:
        registration.decided_at = _as_moment(was["decided_at"])
    db.session.flush()


def _standing_twice(one_id: int, other_id: int) -> list[tuple[Registration, Registration]]:
    standing = db.session.scalars(
        select(Registration)
        .where(Registration.person_id.in_((one_id, other_id)), Registration.state.in_(STANDING))
        .order_by(Registration.stop_id, Registration.id)
    ).unique()
    by_stop: dict[int, list[Registration]] = {}
    for registration in standing:
        by_stop.setdefault(registration.stop_id, []).append(registration)
    return [(both[0], both[1]) for both in by_stop.values() if len(both) == 2]


def _goodness(registration: Registration) -> tuple[bool, int, datetime]:
    return (
        arrived_at(registration) is None,
        _BETTER.index(registration.state),
        registration.applied_at,
    )


def _words(registration: Registration) -> str:
    words = [registration.spaced_code, registration.state.label, day(registration.applied_at)]
    if arrived_at(registration):
        words.insert(1, _("Arrived"))
    return " · ".join(words)


def _as_text(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def _as_moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


belonging(_Registrations())
