"""What a device has scanned by itself comes in: in any order, in pieces, twice, hours late. All of it is kept.

Each upload is answered by its id: kept, or set aside with the reason. A device forgets an upload only when it is kept;
what is set aside stays on it and is shown, and lies here too for the organiser (``set_aside_scans``).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, cast
from uuid import UUID

from sqlalchemy import Table, select, true
from sqlalchemy.dialects.postgresql import insert

from audit.record import record
from checkin.errors import DeviceRevoked, NotUnderstood
from checkin.fold import Folded
from checkin.groups import Companion, groups_among
from checkin.holders import await_scans, holders_of, shown
from checkin.lookups import arrived_among, chosen_among
from checkin.models import (
    Checkpoint,
    CheckpointKind,
    Device,
    DeviceRole,
    Direction,
    Often,
    Scan,
    ScanUndo,
    SetAside,
    Verdict,
)
from checkin.present import hashed
from checkin.rules import Holder, Shown, objection
from checkin.settle import settle_all
from registrations.errors import UnknownCode
from registrations.models import Registration, TicketKey, TicketReissue
from registrations.ticket_code import SHORTEST_CODE, TicketBody
from registrations.tickets import ticket_on
from shared.clock import now
from shared.codes import LENGTH, as_typed
from shared.db import db

MOST_AT_ONCE = 500
"""Uploads in one call."""


@dataclass(frozen=True, slots=True)
class Upload:
    """One scan as the device has it. It never changes there, so that every copy says the same.

    ``code`` is what was scanned or typed; where a supervisor let somebody in by name it is empty, and
    ``registration_id`` says whom. Both: somebody of the same delegation as the holder of ``code``.

    ``clock_ahead``: how much the server's clock was ahead of the device's when last they spoke. ``reason`` is the code
    of the refusal that was shown, None when it was green.
    """

    id: UUID
    checkpoint_id: int
    code: str
    direction: Direction
    device_at: datetime
    clock_ahead: timedelta
    reason: str | None
    gate: str
    registration_id: int | None = None

    @property
    def let_in(self) -> bool:
        """Whether green was shown."""
        return self.reason is None

    @property
    def named(self) -> str | int | Companion:
        """What says whose ticket it is: the code, or the registration's number."""
        if self.registration_id is None:
            return self.code
        return Companion(self.code, self.registration_id) if self.code else self.registration_id


@dataclass(frozen=True, slots=True)
class NotRead:
    """An upload that could not even be read; ``payload`` is what came, without the ticket's code."""

    id: UUID
    payload: dict[str, Any]


@dataclass(frozen=True, slots=True)
class TakenIn:
    """What became of an upload. ``set_aside`` is the code of the reason, None when it is kept."""

    id: UUID
    set_aside: str | None
    verdict: Verdict | None


def take_in(
    uploads: Sequence[Upload],
    undone: Iterable[UUID] = (),
    *,
    device: Device,
    not_read: Sequence[NotRead] = (),
) -> list[TakenIn]:
    """Keep what ``device`` has scanned and taken back, and settle every ticket that was touched.

    A device takes back its own scans; one that supervises those of its checkpoints. What is ``not_read`` is set aside.
    The answers stand in the order of ``uploads``. The caller holds the transaction.
    """
    points = {
        point.id: point
        for point in db.session.scalars(select(Checkpoint).where(Checkpoint.id.in_(device.checkpoint_ids)))
    }
    bodies = _bodies_of({upload.code for upload in uploads if upload.code})
    tickets = _registrations_on({upload.named for upload in uploads}, device.stop_id, bodies)
    undos = _its_own(set(undone), device)
    touched = _touched_before({*undos, *(upload.id for upload in uploads)})
    # Held in one order, whoever uploads: two devices with the same people never wait for each other.
    holders = holders_of({*tickets.values(), *(registration_id for registration_id, _ in touched)})

    on_tickets = _shown(bodies, holders)
    chosen = chosen_among(holders, {p.programme_item_id for p in points.values() if p.programme_item_id})
    arrived = _arrived(holders, uploads, tickets, points, device)

    received_at, aside, rows = now(), dict[UUID, str](), list[dict[str, Any]]()
    for upload in uploads:
        point = points.get(upload.checkpoint_id)
        holder = holders.get(tickets.get(upload.named, 0))
        if holder is not None and point is not None:
            holder = replace(
                holder,
                chose=(holder.registration_id, point.programme_item_id) in chosen,
                has_arrived=arrived.get(holder.registration_id, _NEVER) <= _time_of(upload, device),
                ticket=on_tickets.get(upload.code) if upload.registration_id is None else None,
            )
        why = _not_understood(upload, point, holder)
        if why is not None or point is None:
            aside[upload.id] = why or "not_its_checkpoint"
            continue
        rows.append(_row(upload, point, holder, device, received_at))
    fresh = _write(rows)
    if undos:
        db.session.execute(
            insert(ScanUndo)
            .values([
                {"scan_id": number, "at": received_at, "device_id": device.id, "staff_id": device.vouched_by_id}
                for number in sorted(undos)
            ])
            .on_conflict_do_nothing()
        )  # fmt: skip
    _another_scan_has_that_number([row for row in rows if row["id"] not in fresh], aside)
    _set_aside(uploads, aside, not_read, device, received_at)

    touched |= {(row["registration_id"], row["checkpoint_id"]) for row in rows if row["registration_id"]}
    folded = _settled(touched, points)
    record(
        "take_in_scans",
        device,
        by=device.vouched_by,
        kept=len(rows) - len([row for row in rows if row["id"] in aside]),
        undone=len(undos),
        set_aside=len(aside) + len(not_read),
    )
    return [
        TakenIn(
            upload.id,
            aside.get(upload.id),
            folded[upload.id].rulings[upload.id].verdict if upload.id in folded else None,
        )
        for upload in uploads
    ]


_NEVER = datetime.max.replace(tzinfo=UTC)


def _its_own(undone: set[UUID], device: Device) -> set[UUID]:
    """Those that ``device`` may take back. One that is not here yet is its own to come: nobody else knows its id."""
    if not undone:
        return undone
    here = db.session.scalars(select(Scan.id).where(Scan.id.in_(undone)))
    if coming := undone - set(here):
        await_scans(coming)
    own = Scan.device_id == device.id
    if device.role is DeviceRole.SUPERVISE:
        own = own | Scan.checkpoint_id.in_(device.checkpoint_ids)
    anothers = db.session.scalars(select(Scan.id).where(Scan.id.in_(undone), own.is_not(true())))
    return undone - set(anothers)


def _time_of(upload: Upload, device: Device) -> datetime:
    """When it was scanned: within the device's own life, whatever its clock says; the same for every copy."""
    return min(max(upload.device_at + upload.clock_ahead, device.joined_at), device.expires_at)


def _arrived(
    holders: dict[int, Holder],
    uploads: Sequence[Upload],
    tickets: dict[str | int | Companion, int],
    points: dict[int, Checkpoint],
    device: Device,
) -> dict[int, datetime]:
    """Registration → when it arrived, by what is known here and by what comes in with it."""
    if not any(point.after_arrival for point in points.values()):
        return {}
    arrived = arrived_among(holders)
    for upload in uploads:
        point, number = points.get(upload.checkpoint_id), tickets.get(upload.named)
        if point is not None and number and point.kind is CheckpointKind.ARRIVAL and upload.let_in:
            at = _time_of(upload, device)
            arrived[number] = min(arrived.get(number, at), at)
    return arrived


def _bodies_of(codes: set[str]) -> dict[str, TicketBody]:
    """Code → what the ticket says, for those that we signed."""
    found: dict[str, TicketBody] = {}
    for code in codes:
        if len(code.strip("\r\n\t")) >= SHORTEST_CODE:
            with suppress(UnknownCode):
                found[code] = ticket_on(code)
    return found


def _shown(bodies: dict[str, TicketBody], holders: dict[int, Holder]) -> dict[str, Shown]:
    """Code → what the rule looks at: also when the key ended and since when a replaced ticket is replaced."""
    if not bodies:
        return {}
    key_ids = {body.key_id for body in bodies.values()}
    keys: dict[int, tuple[datetime | None, datetime | None]] = {
        key_id: (ends_at, withdrawn_at)
        for key_id, ends_at, withdrawn_at in db.session.execute(
            select(TicketKey.id, TicketKey.ends_at, TicketKey.withdrawn_at).where(TicketKey.id.in_(key_ids))
        )
    }
    found = {code: shown(body, *keys.get(body.key_id, (None, None))) for code, body in bodies.items()}
    replaced = {
        code: body
        for code, body in bodies.items()
        if (holder := holders.get(body.registration_id)) is not None and body.serial < holder.least_serial
    }
    if replaced:
        times = db.session.execute(
            select(TicketReissue.registration_id, TicketReissue.serial, TicketReissue.at).where(
                TicketReissue.registration_id.in_({body.registration_id for body in replaced.values()})
            )
        ).all()
        for code, body in replaced.items():
            later = [
                at
                for number, serial, at in times
                if (number, serial) == (body.registration_id, body.serial + 1)
            ]
            found[code] = replace(found[code], replaced_at=later[0] if later else None)
    return found


def _registrations_on(
    named: set[str | int | Companion], stop_id: int, bodies: dict[str, TicketBody]
) -> dict[str | int | Companion, int]:
    """Code, or number of a registration of this stop → registration, for those that are somebody's."""
    companions = {one for one in named if isinstance(one, Companion)}
    found: dict[str | int | Companion, int] = {code: body.registration_id for code, body in bodies.items()}
    numbers = {one for one in named if isinstance(one, int)}
    typed: dict[str, str] = {
        code: as_typed(code)
        for code in {*named, *(one.code for one in companions)}
        if isinstance(code, str) and len(code) < SHORTEST_CODE and len(as_typed(code)) == LENGTH
    }
    by_code: dict[str, int] = {
        code: number
        for code, number in db.session.execute(
            select(Registration.code, Registration.id).where(Registration.code.in_(set(typed.values())))
        )
    }
    if numbers:
        here = db.session.scalars(
            select(Registration.id).where(Registration.id.in_(numbers), Registration.stop_id == stop_id)
        )
        found |= {number: number for number in here}
    found |= {code: by_code[spelt] for code, spelt in typed.items() if spelt in by_code}
    if companions:
        leaders = {one: found.get(one.code) for one in companions}
        groups = groups_among(
            {one.registration_id for one in companions} | {number for number in leaders.values() if number}
        )
        for one, leader in leaders.items():
            group = groups.get(one.registration_id)
            if leader is not None and group is not None and groups.get(leader) == group:
                found[one] = one.registration_id
    return found


def _touched_before(scan_ids: set[UUID]) -> set[tuple[int, int]]:
    """(registration, checkpoint) of the scans among these that are here already."""
    return {
        (registration_id, checkpoint_id)
        for registration_id, checkpoint_id in db.session.execute(
            select(Scan.registration_id, Scan.checkpoint_id).where(
                Scan.id.in_(scan_ids), Scan.registration_id.is_not(None)
            )
        )
        if registration_id is not None
    }


def _not_understood(upload: Upload, point: Checkpoint | None, holder: Holder | None) -> str | None:
    """Why an upload cannot be kept as a scan."""
    if point is None:
        return "not_its_checkpoint"
    if upload.let_in and holder is None:
        return "unknown_code"
    if upload.let_in and holder is not None and holder.stop_id != point.stop_id:
        return "not_for_this_stop"
    return None


def _row(
    upload: Upload, point: Checkpoint, holder: Holder | None, device: Device, received_at: datetime
) -> dict[str, Any]:
    at = _time_of(upload, device)
    against = objection(point, holder, at) if upload.let_in and holder is not None else None
    if against is None and upload.let_in and device.revoked_at is not None and at >= device.revoked_at:
        against = DeviceRevoked()
    return {
        "id": upload.id,
        "stop_id": point.stop_id,
        "checkpoint_id": point.id,
        "registration_id": holder.registration_id if holder is not None else None,
        "device_id": device.id,
        "staff_id": device.vouched_by_id,
        "gate": upload.gate,
        "direction": upload.direction if point.often is Often.IN_AND_OUT else Direction.IN,
        "at": at,
        "device_at": upload.device_at,
        "received_at": received_at,
        "asked": False,
        "let_in": upload.let_in,
        "reason": upload.reason,
        "objection": against.code if against is not None else None,
        "ticket_hash": None if holder is not None else hashed(upload.named),
        "verdict": Verdict.FIRST if upload.let_in else Verdict.REFUSED,  # until it is settled, at once
    }


def _same_keys(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """One row for each scan: PostgreSQL does not look for conflicts within one INSERT."""
    return list({row["id"]: row for row in reversed(rows)}.values())


def _write(rows: list[dict[str, Any]]) -> set[UUID]:
    """Keep these scans; the numbers of those that were not here yet."""
    if not rows:
        return set()
    return set(db.session.scalars(_KEPT, _same_keys(rows)))


# With what it returns, several hundred rows go over in one statement.
_KEPT = insert(cast("Table", Scan.__table__)).on_conflict_do_nothing().returning(Scan.__table__.c.id)


def _another_scan_has_that_number(rows: list[dict[str, Any]], aside: dict[UUID, str]) -> None:
    if not rows:
        return
    whose = {
        number: (registration_id, checkpoint_id)
        for number, registration_id, checkpoint_id in db.session.execute(
            select(Scan.id, Scan.registration_id, Scan.checkpoint_id).where(
                Scan.id.in_([row["id"] for row in rows])
            )
        )
    }
    for row in rows:
        if whose[row["id"]] != (row["registration_id"], row["checkpoint_id"]):
            aside[row["id"]] = "scan_used_before"


def _settled(touched: set[tuple[int, int]], points: dict[int, Checkpoint]) -> dict[UUID, Folded]:
    """Scan → what all scans of its ticket come to."""
    others = {checkpoint_id for _, checkpoint_id in touched} - points.keys()  # it scans there no longer
    if others:
        found = db.session.scalars(select(Checkpoint).where(Checkpoint.id.in_(others)))
        points = points | {point.id: point for point in found}
    if not touched:
        return {}
    folded = settle_all([(points[checkpoint_id], number) for number, checkpoint_id in touched])
    return {scan_id: result for result in folded.values() for scan_id in result.rulings}


def _set_aside(
    uploads: Sequence[Upload],
    aside: dict[UUID, str],
    not_read: Sequence[NotRead],
    device: Device,
    received_at: datetime,
) -> None:
    rows = [
        {
            "id": one.id,
            "device_id": device.id,
            "received_at": received_at,
            "why": NotUnderstood.code,
            "payload": one.payload,
        }
        for one in {one.id: one for one in not_read}.values()
    ]
    wrong = {upload.id: upload for upload in uploads if upload.id in aside}
    rows += [
        {
            "id": upload.id,
            "device_id": device.id,
            "received_at": received_at,
            "why": aside[upload.id],
            "payload": {
                "checkpoint_id": upload.checkpoint_id,
                "device_at": upload.device_at.isoformat(),
                "gate": upload.gate,
                "reason": upload.reason,
                "ticket": hashed(upload.named).hex(),
            },
        }
        for upload in wrong.values()
    ]
    if rows:
        db.session.execute(insert(SetAside).values(_same_keys(rows)).on_conflict_do_nothing())
