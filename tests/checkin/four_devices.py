"""Four devices at one stop, their network, their clocks and their people, driven through the real API; beside them a
model in plain Python that says what must be. The model shares nothing with ``checkin/fold.py``: it asks of each scan
what came before it.

A device behaves as static/checkin/app does: what was not answered in time it decides alone, under a new number, and
takes the old number back with the next upload.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, cast
from uuid import UUID

import pytest
from sqlalchemy import Connection, func, select

from accounts.models import Staff
from campaigns.models import Stop
from checkin.check_in import void_check_in
from checkin.devices import revoke_device
from checkin.lookups import arrival_point
from checkin.models import (
    CheckIn,
    CheckpointKind,
    Device,
    DeviceRole,
    Direction,
    Headcount,
    Often,
    Scan,
    SetAside,
)
from checkin.take_in import Upload, take_in
from jobs.models import OutboxJob
from registrations.models import Registration
from registrations.register import withdraw
from registrations.reissue import reissue_ticket
from registrations.tickets import forget_keys, make_first_key, ticket_for
from shared.clock import in_china, now
from shared.db import db, transaction
from shared.errors import Refusal
from tests.conftest import Browser
from tests.factories import accounts, campaigns, gates, registrations

CLOCKS = ("api_views", "bundle", "by_device", "check_in", "devices", "present", "take_back", "take_in")
LUCK = ("well", "well", "well", "sent again", "lost on the way", "answer lost")
UNDO_WITHIN = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Made:
    """One scan as a device made it. ``at`` is the corrected time; None as long as the server has not set it."""

    id: UUID
    person: int
    point: int
    code: str
    direction: str
    device_at: datetime
    ahead: timedelta
    reason: str | None
    device: int
    at: datetime

    @property
    def let_in(self) -> bool:
        """Whether green was shown."""
        return self.reason is None


@dataclass(slots=True)
class Point:
    """A checkpoint, as the model knows it."""

    id: int
    often: str
    capacity: int | None
    after_arrival: bool


@dataclass(slots=True)
class Phone:
    """A device as it is in somebody's hand. ``skew``: its clock before the server's; ``ahead``: what it believes of that."""

    id: int
    name: str
    shows: dict[str, str]
    points: tuple[int, ...]
    supervises: bool
    online: bool = True
    skew: timedelta = timedelta()
    ahead: timedelta = timedelta()
    over: bool = False
    pending: list[Made] = field(default_factory=list)
    undos: set[UUID] = field(default_factory=set)
    shown: dict[UUID, Made] = field(default_factory=dict)
    taken_back: set[UUID] = field(default_factory=set)


# ---- the model: what must be ----


def counted_day(point: Point, at: datetime) -> date | None:
    """The day a scan counts for, where days count."""
    return in_china(at).date() if point.often == "daily" else None


def what_it_came_to(
    point: Point, made: Made, cell: Iterable[Made], undone: set[UUID]
) -> tuple[str, UUID | None]:
    """The verdict on ``made`` among all scans of its ticket at its checkpoint, and the scan it stands against."""
    if made.id in undone:
        return "undone", None
    if not made.let_in:
        return "refused", None
    if made.direction == "out":
        return "left", None
    before = [
        one for one in cell
        if one.let_in and one.id not in undone and (one.at, one.id) < (made.at, made.id)
    ]  # fmt: skip
    if point.often == "in_and_out":
        outs = [(one.at, one.id) for one in before if one.direction == "out"]
        before = [
            one for one in before if one.direction == "in" and (not outs or (one.at, one.id) > max(outs))
        ]
    else:
        before = [one for one in before if counted_day(point, one.at) == counted_day(point, made.at)]
    if not before:
        return "first", None
    return "conflict", min(before, key=lambda one: (one.at, one.id)).id


class World:
    """A stop with a door, a dinner a day, a hall of a few seats and a gift for whoever has arrived."""

    def __init__(
        self,
        client: Browser,
        *,
        people: int = 6,
        seats: int = 2,
        exact: bool = True,
        same_number: bool = False,
    ) -> None:
        self.client = client
        self.scanned = ExitStack()  # closed, it takes away what was scanned
        self.same_number = (
            same_number  # what a careless device does: decides alone under the number it had asked with
        )
        self.exact = exact  # many scans fall into the same second: then the numbers decide
        self.clock = now().replace(microsecond=0)
        self.made = 0
        self.arrived: dict[UUID, Made] = {}  # scans the server has, as they were made
        self.undone: set[UUID] = set()  # numbers the server knows to be taken back
        self.cells: dict[tuple[int, int], list[Made]] = defaultdict(list)
        stop = campaigns.stop(capacity=people + 10)
        self.stop_id = stop.id
        make_first_key()
        door = arrival_point(stop.id)
        points = [
            door,
            gates.checkpoint(stop, often=Often.DAILY),
            gates.checkpoint(stop, CheckpointKind.SESSION, often=Often.IN_AND_OUT, capacity=seats),
            gates.checkpoint(stop, CheckpointKind.GIFT, after_arrival=True, capacity=seats + 1),
        ]
        self.points = {
            point.id: Point(point.id, point.often.value, point.capacity, point.after_arrival)
            for point in points
        }
        self.door = door.id
        self.codes: dict[int, list[str]] = {}  # the short code and every ticket that was ever issued
        self.serials: dict[str, int] = {}
        for _ in range(people):
            row = registrations.registration(at=stop)
            self.codes[row.id] = [row.code, ticket_for(row)]
            self.serials[self.codes[row.id][1]] = row.ticket_serial
        self.people = list(self.codes)
        self.withdrawn: set[int] = set()
        self.admin = accounts.staff().id
        self.phones = [
            self._phone(stop, points if number else points[:3], f"{number + 1}号机", supervises=number == 3)
            for number in range(4)
        ]
        db.session.commit()

    def _phone(self, stop: Stop, points: list[Any], name: str, *, supervises: bool) -> Phone:
        device = gates.device(
            stop, *points, name=name, role=DeviceRole.SUPERVISE if supervises else DeviceRole.SCAN,
            joined_at=self.clock - timedelta(hours=6), expires_at=self.clock + timedelta(days=4),
        )  # fmt: skip
        shows = gates.token_of(device)
        return Phone(device.id, name, shows, tuple(point.id for point in points), supervises)

    # ---- what happens ----

    def scan(
        self, phone: Phone, person: int, point_id: int, direction: str, luck: str, dice: random.Random
    ) -> None:
        """Somebody holds a ticket before a device."""
        if phone.over or point_id not in phone.points:
            return
        self.made += 1
        number = _number(self.clock + phone.skew, dice)
        if phone.online:
            if self._ask(phone, number, person, point_id, direction, luck, dice):
                return
            if self.same_number:
                phone.undos.discard(number)
            else:
                number = _number(self.clock + phone.skew, dice)
        if not phone.over:
            self._decide_alone(phone, number, person, point_id, direction, dice)

    def _ask(
        self,
        phone: Phone,
        number: UUID,
        person: int,
        point_id: int,
        direction: str,
        luck: str,
        dice: random.Random,
    ) -> bool:
        """Whether the device showed what the server said."""
        made = self._fresh(phone, number, person, point_id, direction, None, dice)
        if luck == "lost on the way":
            self._unanswered(phone, made)
            return False
        body = {"id": str(made.id), "checkpoint_id": point_id, "code": made.code, "direction": direction}
        expected = self._refused_with(person, point_id, made)
        answer = self._post(phone, "/scans", body)
        if answer.status_code == 401:
            phone.over = True
            return True
        assert answer.status_code == 200, answer.text
        said = answer.json
        assert said["reason"] == expected, (said, expected, self._cell(person, point_id))
        told = Made(
            made.id, person, point_id, made.code, made.direction, self.clock, timedelta(), said["reason"], phone.id,
            self.clock,
        )  # fmt: skip
        self._has_arrived(told)
        if luck == "answer lost":
            self._unanswered(phone, made)
            return False
        if luck == "sent again":
            again = self._post(phone, "/scans", body)
            assert (again.status_code, again.json.get("reason")) == (200, told.reason), (again.text, told)
        phone.ahead = -phone.skew
        phone.shown[told.id] = told
        return True

    def _unanswered(self, phone: Phone, made: Made) -> None:
        phone.online = False
        phone.undos.add(made.id)

    def _decide_alone(
        self, phone: Phone, number: UUID, person: int, point_id: int, direction: str, dice: random.Random
    ) -> None:
        point = self.points[point_id]
        own = [
            one for one in phone.shown.values()
            if (one.person, one.point) == (person, point_id) and one.let_in and one.id not in phone.taken_back
        ]  # fmt: skip
        at = self.clock + phone.skew + phone.ahead
        if point.often == "in_and_out":
            within = bool(own) and max(own, key=lambda one: (one.at, one.id)).direction == "in"
            reason = None
            if direction == "in" and within:
                reason = "already_checked_in"
            elif direction == "out" and not within and dice.random() < 0.5:
                reason = "was_not_within"
        else:
            seen = any(counted_day(point, one.at) == counted_day(point, at) for one in own)
            reason = "already_checked_in" if seen else None
        if dice.random() < 0.1:  # what the list of another hour made it think
            reason = dice.choice([None, "not_confirmed", "no_room_within"])
        made = self._fresh(phone, number, person, point_id, direction, reason, dice)
        phone.pending.append(made)
        phone.shown[made.id] = made

    def _fresh(
        self,
        phone: Phone,
        number: UUID,
        person: int,
        point_id: int,
        direction: str,
        reason: str | None,
        dice: random.Random,
    ) -> Made:
        device_at = self.clock + phone.skew
        if not self.exact:
            device_at += timedelta(milliseconds=dice.randrange(1000))
        if self.points[point_id].often != "in_and_out":
            direction = "in"
        return Made(
            number, person, point_id, dice.choice(self.codes[person]), direction, device_at, phone.ahead, reason,
            phone.id, device_at + phone.ahead,
        )  # fmt: skip

    def undo(self, phone: Phone, luck: str, dice: random.Random) -> None:
        """Somebody takes back what a device has shown."""
        green = [one for one in phone.shown.values() if one.let_in and one.id not in phone.taken_back][-8:]
        if not green:
            return
        made = dice.choice(green)
        if made.id in self.arrived and phone.online and not phone.over and luck != "lost on the way":
            answer = self._post(phone, f"/scans/{made.id}/undo", None)
            if answer.status_code == 401:
                phone.over = True
                return
            if self.clock - made.at > UNDO_WITHIN and not phone.supervises:
                assert answer.json["error"] == "undo_too_late"
                return
            assert answer.status_code == 200, answer.text
            self.undone.add(made.id)
            if luck == "answer lost":
                phone.online = False
                phone.undos.add(made.id)
        else:
            phone.undos.add(made.id)
        phone.taken_back.add(made.id)

    def void(self, dice: random.Random) -> None:
        """An organiser takes an entry back at the desk."""
        row = db.session.execute(
            select(CheckIn.id, CheckIn.scan_id)
            .where(CheckIn.stop_id == self.stop_id, CheckIn.voided_at.is_(None))
            .order_by(CheckIn.id)
            .limit(1)
            .offset(dice.randrange(4))
        ).first()
        if row is None or row.scan_id is None:
            return
        with transaction():
            void_check_in(row.id, by=db.session.get_one(Staff, self.admin))
        self.undone.add(row.scan_id)

    def reissue(self, person: int) -> None:
        """Somebody's ticket is issued anew; the old ones are still shown."""
        row = db.session.get_one(Registration, person)
        try:
            with transaction():
                reissue_ticket(
                    person,
                    instead_of=row.ticket_serial,
                    reason="遗失",
                    by=db.session.get_one(Staff, self.admin),
                )
        except Refusal:
            return
        self.codes[person].append(ticket_for(row))
        self.serials[self.codes[person][-1]] = row.ticket_serial

    def give_up(self, person: int) -> None:
        """Somebody withdraws, before having arrived."""
        try:
            with transaction():
                withdraw(person, by=db.session.get_one(Staff, self.admin))
        except Refusal:
            return
        self.withdrawn.add(person)

    def revoke(self, phone: Phone) -> None:
        """An organiser revokes a device; it hears of it when next it asks."""
        with transaction():
            revoke_device(
                phone.id,
                stop=db.session.get_one(Stop, self.stop_id),
                by=db.session.get_one(Staff, self.admin),
            )

    def upload(self, phone: Phone, dice: random.Random, *, all_well: bool = False) -> None:
        """What a device holds goes to the server: in pieces, in any order, twice, and not always is the answer heard."""
        if not phone.online:
            return
        waiting: list[Made | UUID] = [*phone.pending, *sorted(phone.undos)]
        dice.shuffle(waiting)
        if not all_well:
            waiting += dice.sample(waiting, dice.randint(0, len(waiting) // 3))  # some twice
        while waiting and phone.online:
            size = len(waiting) if dice.random() < 0.3 else dice.randint(1, len(waiting))
            piece, waiting = waiting[: min(size, 500)], waiting[min(size, 500) :]
            luck = "well" if all_well else dice.choice(LUCK)
            self._send(phone, piece, luck)

    def _send(self, phone: Phone, piece: list[Made | UUID], luck: str) -> None:
        if luck == "lost on the way":
            phone.online = False
            return
        scans = [one for one in piece if isinstance(one, Made)]
        undos = [one for one in piece if isinstance(one, UUID)]
        body = {"scans": [_sent(one) for one in scans], "undone": [str(number) for number in undos]}
        answer = self._post(phone, "/scans/batch", body)
        assert answer.status_code == 200, answer.text
        for made in scans:
            self._has_arrived(made)
        self.undone.update(undos)
        results = answer.json["results"]
        assert [result["id"] for result in results] == [str(one.id) for one in scans]
        for made, result in zip(scans, results, strict=True):
            assert (result["kept"], result["set_aside"]) == (True, None)
            assert result["verdict"] == self._verdict(made)[0], (made, result)
        if luck == "answer lost":
            phone.online = False
            return
        if luck == "sent again":
            assert self._post(phone, "/scans/batch", body).json["results"] == results
        sent = {one.id for one in scans}
        phone.pending = [one for one in phone.pending if one.id not in sent]
        phone.undos -= set(undos)
        phone.ahead = -phone.skew

    def everything_is_sent(self, dice: random.Random) -> None:
        """The network is back for good: each device sends until nothing waits on it."""
        for phone in dice.sample(self.phones, len(self.phones)):
            phone.online = True
            self.upload(phone, dice, all_well=True)
            assert (phone.pending, phone.undos) == ([], set())

    def step(self, dice: random.Random, rush: int = 1) -> None:
        """Anything of it, at random; ``rush``: so many scans at once."""
        phone = dice.choice(self.phones)
        match dice.choices(range(10), weights=(60, 10, 8, 6, 10, 1, 1, 4, 0.3, 1))[0]:
            case 0:
                for _ in range(rush):
                    self.scan(
                        dice.choice(self.phones), dice.choice(self.people), dice.choice(list(self.points)),
                        dice.choice(["in", "in", "out"]), dice.choice([*LUCK, *["well"] * rush]), dice,
                    )  # fmt: skip
                    if dice.random() < 0.4:
                        self.clock += timedelta(seconds=dice.randint(1, 20))
            case 1:
                self.upload(phone, dice)
            case 2:
                phone.online = not phone.online
            case 3:
                phone.skew = timedelta(seconds=60 * dice.randint(-10, 10))
            case 4:
                self.undo(phone, dice.choice(LUCK), dice)
            case 5:
                self.give_up(dice.choice(self.people))
            case 6:
                self.void(dice)
            case 7:
                self.clock += timedelta(minutes=dice.choice((1, 3, 20, 200)))
            case 8:
                self.revoke(phone)
            case 9:
                self.reissue(dice.choice(self.people))

    # ---- what must be ----

    def _has_arrived(self, made: Made) -> None:
        if made.id not in self.arrived:
            self.arrived[made.id] = made
            self.cells[made.person, made.point].append(made)

    def _cell(self, person: int, point_id: int) -> list[Made]:
        return self.cells.get((person, point_id), [])

    def _verdict(self, made: Made) -> tuple[str, UUID | None]:
        return what_it_came_to(
            self.points[made.point], made, self._cell(made.person, made.point), self.undone
        )

    def _firsts(self, person: int, point_id: int, more: tuple[Made, ...] = ()) -> list[Made]:
        """Those let in first, for each day or each stay; the earliest first."""
        cell = [*self._cell(person, point_id), *more]
        point = self.points[point_id]
        first = [one for one in cell if what_it_came_to(point, one, cell, self.undone)[0] == "first"]
        return sorted(first, key=lambda one: (one.at, one.id))

    def _inside_by(self, person: int, point_id: int, more: tuple[Made, ...] = ()) -> Made | None:
        firsts = self._firsts(person, point_id, more)
        outs = [
            (one.at, one.id)
            for one in (*self._cell(person, point_id), *more)
            if one.let_in and one.direction == "out" and one.id not in self.undone
        ]
        if not firsts or (outs and max(outs) > (firsts[-1].at, firsts[-1].id)):
            return None
        return firsts[-1]

    def within(self, point_id: int) -> dict[date | None, int]:
        """How many are within, for each day where days count."""
        point = self.points[point_id]
        counted: dict[date | None, int] = defaultdict(int)
        for person, at in list(self.cells):
            if at != point_id:
                continue
            if point.often == "in_and_out":
                counted[None] += self._inside_by(person, point_id) is not None
            else:
                for one in self._firsts(person, point_id):
                    counted[counted_day(point, one.at)] += 1
        return {day: number for day, number in counted.items() if number}

    def _refused_with(self, person: int, point_id: int, made: Made) -> str | None:
        """What the server has to say to a scan of this moment."""
        point = self.points[point_id]
        asked = Made(
            made.id,
            person,
            point_id,
            made.code,
            made.direction,
            self.clock,
            timedelta(),
            None,
            made.device,
            self.clock,
        )
        if made.code in self.serials and made.code != self.codes[person][-1]:
            return "ticket_reissued"
        if person in self.withdrawn:
            return "not_confirmed"
        if point.after_arrival and not self._firsts(person, self.door):
            return "not_arrived_yet"
        if point.often == "in_and_out":
            within = self._inside_by(person, point_id)
            if made.direction == "out":
                return None if within else "was_not_within"
            if within:
                return "already_checked_in"
            enters = self._inside_by(person, point_id, (asked,)) == asked
        else:
            day = counted_day(point, self.clock)
            if any(counted_day(point, one.at) == day for one in self._firsts(person, point_id)):
                return "already_checked_in"
            enters = True
        if point.capacity is None or not enters:
            return None
        there = self.within(point_id).get(counted_day(point, self.clock), 0)
        return "no_room_within" if there >= point.capacity else None

    def check(self) -> None:
        """What the server holds is what the model says, scan by scan and entry by entry."""
        db.session.expire_all()
        kept = select(Scan).where(Scan.stop_id == self.stop_id)
        rows = {row.id: row for row in db.session.scalars(kept)}
        assert rows.keys() == self.arrived.keys(), "a scan is missing, or one is here that nobody made"
        assert db.session.scalar(select(func.count()).select_from(kept.subquery())) == len(rows), (
            "a scan is here twice"
        )
        for number, made in self.arrived.items():
            row = rows[number]
            assert (row.registration_id, row.checkpoint_id, row.direction.value, row.let_in, row.reason, row.at) == (
                made.person, made.point, made.direction, made.let_in, made.reason, made.at,
            )  # fmt: skip
            verdict, against = self._verdict(made)
            assert (row.verdict.value, row.against_id) == (verdict, against), (made, row.verdict, verdict)
            if against is not None:
                assert {row.device_id, rows[against].device_id} == {made.device, self.arrived[against].device}
        expected = {}
        for person, point_id in self.cells:
            point = self.points[point_id]
            firsts = self._firsts(person, point_id)
            for one in firsts if point.often == "daily" else firsts[:1]:
                within = point.often != "in_and_out" or self._inside_by(person, point_id) is not None
                expected[point_id, person, counted_day(point, one.at)] = (one.id, one.at, within)
        standing = db.session.execute(
            select(CheckIn.checkpoint_id, CheckIn.registration_id, CheckIn.day, CheckIn.scan_id, CheckIn.arrived_at, CheckIn.within)
            .where(CheckIn.stop_id == self.stop_id, CheckIn.voided_at.is_(None))
        ).all()  # fmt: skip
        found = {tuple(row[:3]): tuple(row[3:]) for row in standing}
        assert found == expected
        assert len(standing) == len(expected), "somebody is in twice"
        for point in self.points.values():
            if point.capacity is None:
                continue
            counts = db.session.execute(
                select(Headcount.day, Headcount.within).where(
                    Headcount.checkpoint_id == point.id, Headcount.within > 0
                )
            )
            assert {day: number for day, number in counts} == self.within(point.id)
        self._arrivals_were_told()

    def _arrivals_were_told(self) -> None:
        """Whoever hears of arrivals has heard as many come as stand and as went."""
        told: dict[int, int] = defaultdict(int)
        for task, arguments in db.session.execute(
            select(OutboxJob.task, OutboxJob.arguments).where(
                OutboxJob.task.in_(
                    ("leads.tasks.open_lead_on_arrival", "leads.tasks.take_back_lead_of_mistaken_scan")
                ),
            )
        ):
            told[arguments["registration_id"]] += 1 if task.endswith("on_arrival") else -1
        arrived = {person for person, at in self.cells if at == self.door and self._firsts(person, self.door)}
        assert {person for person, number in told.items() if number and person in self.codes} == arrived

    def nothing_is_lost(self) -> None:
        """Each scan that any device has shown is here as it was shown, once; nothing was set aside."""
        devices = [phone.id for phone in self.phones]
        assert not db.session.scalar(
            select(func.count()).select_from(SetAside).where(SetAside.device_id.in_(devices))
        )
        rows = {row.id: row for row in db.session.scalars(select(Scan).where(Scan.stop_id == self.stop_id))}
        for phone in self.phones:
            for number, made in phone.shown.items():
                assert number in rows, f"{made} was shown and is not here"
                row = rows[number]
                assert (row.device_id, row.let_in, row.reason) == (phone.id, made.let_in, made.reason)
                green = made.let_in and number not in self.undone
                assert green == (row.verdict.value in ("first", "left", "conflict"))

    # ---- the same scans once more, in another order ----

    def end(self) -> Any:
        """Everything that the scans have come to, without what tells how they came in."""
        db.session.expire_all()
        scans = select(Scan.id, Scan.at, Scan.verdict, Scan.against_id, Scan.let_in, Scan.reason).where(
            Scan.stop_id == self.stop_id
        )
        entries = select(
            CheckIn.checkpoint_id, CheckIn.registration_id, CheckIn.day, CheckIn.scan_id, CheckIn.arrived_at,
            CheckIn.within, CheckIn.gate, CheckIn.scanned_by_id,
        ).where(CheckIn.stop_id == self.stop_id, CheckIn.voided_at.is_(None))  # fmt: skip
        counts = select(Headcount.checkpoint_id, Headcount.day, Headcount.within).where(
            Headcount.checkpoint_id.in_(self.points), Headcount.within > 0
        )
        return [sorted(map(tuple, db.session.execute(one)), key=str) for one in (scans, entries, counts)]

    def begin_anew(self) -> None:
        """The stop with its people and devices, and no scan."""
        self.scanned.close()
        _begin(self.client, self.scanned)

    def send_all_again(self, dice: random.Random) -> None:
        """The same set of scans and undos, as if all devices had been alone: any order, any pieces, some of them twice."""
        devices = {
            row.id: row for row in db.session.scalars(select(Device).where(Device.stop_id == self.stop_id))
        }
        loose: list[tuple[int, Made | UUID]] = [(made.device, made) for made in self.arrived.values()]
        owners = {made.id: made.device for made in self.arrived.values()}
        loose += [(owners.get(number, self.phones[0].id), number) for number in sorted(self.undone)]
        loose += dice.sample(loose, len(loose) // 5)
        dice.shuffle(loose)
        while loose:
            size = dice.randint(1, min(len(loose), 500))
            piece, loose = loose[:size], loose[size:]
            for device_id in sorted({owner for owner, _ in piece}):
                own = [one for owner, one in piece if owner == device_id]
                with transaction():
                    take_in(
                        [_uploaded(one, devices[device_id]) for one in own if isinstance(one, Made)],
                        [one for one in own if isinstance(one, UUID)],
                        device=devices[device_id],
                    )

    # ---- talking ----

    def _post(self, phone: Phone, path: str, body: Any) -> Any:
        return self.client.post(f"/api/v1{path}", json=body or {}, headers=phone.shows)


def _number(at: datetime, dice: random.Random) -> UUID:
    """A UUIDv7."""
    milliseconds = int(at.timestamp() * 1000)
    return UUID(
        int=(milliseconds << 80) | (7 << 76) | (dice.getrandbits(12) << 64) | (2 << 62) | dice.getrandbits(62)
    )


def _sent(made: Made) -> dict[str, Any]:
    return {
        "id": str(made.id),
        "checkpoint_id": made.point,
        "code": made.code,
        "direction": made.direction,
        "device_at": made.device_at.isoformat(timespec="milliseconds"),
        "clock_ahead_ms": made.ahead // timedelta(milliseconds=1),
        "reason": made.reason,
    }


def _uploaded(made: Made, device: Device) -> Upload:
    return Upload(
        made.id,
        made.point,
        made.code,
        Direction(made.direction),
        made.device_at,
        made.ahead,
        made.reason,
        device.name,
    )


@contextmanager
def a_world(client: Browser, **of: Any) -> Iterator[World]:
    """A world whose clock is its own; at the end its rows are gone."""
    with pytest.MonkeyPatch.context() as patched, ExitStack() as left:
        _begin(client, left)
        world = World(client, **of)
        for module in CLOCKS:
            patched.setattr(f"checkin.{module}.now", lambda: world.clock)
        with ExitStack() as scanned:
            world.scanned = scanned
            _begin(client, scanned)
            yield world


def _begin(client: Browser, left: ExitStack) -> None:
    """What is committed from now on is gone when ``left`` is closed."""
    db.session.commit()
    db.session.remove()
    connection = cast("Connection", db._app_engines[client.application][None])
    client.application.extensions.pop("ticket_keys", None)  # those of the world before were rolled back
    begun = connection.begin_nested()
    left.callback(forget_keys)
    left.callback(begun.rollback)
    left.callback(db.session.remove)


def run_to_the_end(world: World, dice: random.Random, *, again: int = 2) -> None:
    """Send everything, and then the same scans ``again`` times in other orders to the stop as it was at the beginning."""
    world.everything_is_sent(dice)
    world.check()
    world.nothing_is_lost()
    end = world.end()
    assert len(end[0]) == len(world.arrived)
    for _ in range(again):
        world.begin_anew()
        world.send_all_again(dice)
        assert world.end() == end
