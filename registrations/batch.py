"""One act for many registrations: chosen, shown with what becomes of each, carried out in the background."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import select

from accounts.models import Staff
from accounts.permissions import Permission
from audit.record import record
from campaigns.models import Stop
from jobs.long_work import begin
from jobs.models import LongWork
from messages.write import write_message
from registrations.assign import assign_in_turn
from registrations.errors import BatchIsUnderWay, NobodyChosen, ReasonMissing, WordsMissing, WrongState
from registrations.gate_note import checked, remove_gate_note, write_gate_note
from registrations.judge import Verdict, cases_of, judge
from registrations.links import address_for
from registrations.lookups import registration_for
from registrations.models import Act, Batch, ReadyReason, Registration
from registrations.offer import offer_seat
from registrations.quotas import rooms_of
from registrations.review import confirm, decline, give_priority, put_on_waitlist
from shared.clock import now
from shared.db import db, hold
from shared.errors import NotFound, Refusal

KIND = "batch"


@dataclass(frozen=True)
class Skipped:
    """Why some are not done, and who they are."""

    why: str
    registrations: list[Registration]


@dataclass(frozen=True)
class Preview:
    """What would become of a batch now: who is done, in order, and who is passed over and why."""

    done: list[Registration]
    skipped: list[Skipped]


def choose(act: Act, registration_ids: Sequence[int], *, back: str = "", by: Staff) -> Batch:
    """Keep a choice of registrations for ``act``; nothing is decided yet. Raises NobodyChosen.

    ``registration_ids`` are asked of ``queue.may_decide`` or ``queue.chosen_by`` before. The caller holds the
    transaction.
    """
    if not registration_ids:
        raise NobodyChosen
    batch = Batch(
        act=act,
        registration_ids=[case.registration_id for case in cases_of(registration_ids)],
        options={},
        skipped=[],
        back=back[:2000],
        chosen_by_id=by.id,
        chosen_at=now(),
    )
    db.session.add(batch)
    db.session.flush()
    return batch


def batch_for(staff: Staff, batch_id: int) -> Batch:
    """The only door to a batch: one's own. Raises NotFound."""
    batch = db.session.get(Batch, batch_id)
    if batch is None or batch.chosen_by_id != staff.id:
        raise NotFound
    return batch


def verdicts_of(batch: Batch, *, over_quota: bool = False) -> list[Verdict]:
    """What the rules say now to each of a batch, in the order in which they would be done; three queries."""
    cases = cases_of(batch.registration_ids)
    stops = db.session.scalars(select(Stop).where(Stop.id.in_({case.stop_id for case in cases}))).unique()
    return judge(batch.act, cases, rooms_of(stops), over_quota=over_quota)


def preview_of(batch: Batch, *, over_quota: bool = False) -> Preview:
    """The verdicts with the people, gathered by reason."""
    verdicts = verdicts_of(batch, over_quota=over_quota)
    ids = [verdict.case.registration_id for verdict in verdicts]
    rows = {
        row.id: row
        for row in db.session.scalars(select(Registration).where(Registration.id.in_(ids))).unique()
    }
    skipped: dict[str, list[Registration]] = {}
    done = []
    for verdict in verdicts:
        row = rows[verdict.case.registration_id]
        if verdict.refusal is None:
            done.append(row)
        else:
            skipped.setdefault(said(verdict.refusal, row), []).append(row)
    return Preview(done, [Skipped(why, people) for why, people in skipped.items()])


def said(refusal: Refusal, registration: Registration) -> str:
    """Why somebody is passed over, in a few words: for a wrong state the state itself says it."""
    return registration.state.label if isinstance(refusal, WrongState) else refusal.message


def carry_out(batch_id: int, options: dict[str, Any], *, by: Staff) -> LongWork:
    """Order that a batch is carried out with ``options``. Raises NotFound, BatchIsUnderWay, ReasonMissing, WordsMissing,
    GateNoteMissing, GateNoteTooLong.

    options: decline ``reason_id`` or ``reason``; priority ``priority`` and ``reason``; reviewers ``reviewer_ids``;
    letter ``subject`` and ``text``; gate note ``gate_note``; confirm ``over_quota``; and ``note`` for colleagues. The caller holds the
    transaction.
    """
    batch = hold(Batch, batch_id)
    if batch is None or batch.chosen_by_id != by.id:
        raise NotFound
    if batch.work_id is not None:
        raise BatchIsUnderWay
    if batch.act is Act.DECLINE and not (options.get("reason_id") or str(options.get("reason", "")).strip()):
        raise ReasonMissing
    if batch.act is Act.PRIORITY and not str(options.get("reason", "")).strip():
        raise ReasonMissing
    if options.get("over_quota") and not str(options.get("note", "")).strip():
        raise ReasonMissing
    if batch.act is Act.LETTER and not (options.get("subject") and options.get("text")):
        raise WordsMissing
    if batch.act is Act.REVIEWERS and not options.get("reviewer_ids"):
        raise NobodyChosen
    if batch.act is Act.GATE_NOTE:
        checked(str(options.get("gate_note", "")))
    batch.options = options
    work = begin(KIND, by=by, total=len(batch.registration_ids), batch_id=batch.id)
    batch.work_id = work.id
    record("order_batch", batch, by=by, act_chosen=batch.act, people=len(batch.registration_ids))
    return work


def do_chunk(work: LongWork, position: int) -> int | None:
    """Do the next of a batch, each within a savepoint: one that the rules refuse leaves the others as they are."""
    batch = hold(Batch, work.arguments["batch_id"])
    if batch is None:
        return None
    by = db.session.get_one(Staff, batch.chosen_by_id)
    following = position + work.chunk_size
    skipped = list(batch.skipped)
    for number, registration_id in enumerate(batch.registration_ids[position:following], position):
        registration = None
        try:
            with db.session.begin_nested():
                registration = registration_for(by, registration_id, Permission.REVIEW_REGISTRATIONS)
                _do(batch, registration, number, by)
        except Refusal as refusal:
            work.skipped += 1
            why = refusal.message if registration is None else said(refusal, registration)
            skipped.append([registration_id, why])
        else:
            work.done += 1
    batch.skipped = skipped
    if following < len(batch.registration_ids):
        return following
    # The words are with the people now, and go with them; here they would stay.
    batch.options = {name: value for name, value in batch.options.items() if name != "gate_note"}
    return None


def words_of(work: LongWork) -> list[str]:
    """What came of a batch, for its page of progress."""
    words = [str(ngettext("Done for %(num)s registration.", "Done for %(num)s registrations.", work.done))]
    if work.skipped:
        words.append(
            str(
                ngettext(
                    "%(num)s registration was passed over.",
                    "%(num)s registrations were passed over.",
                    work.skipped,
                )
            )
        )
    return words if work.state.is_over else []


def page_of_batch(work: LongWork) -> tuple[str, str] | None:
    """Where it is said who was passed over and why; None while nobody was."""
    if not work.skipped:
        return None
    return str(_("Who was passed over, and why")), url_for(
        "registrations_staff.batch", batch_id=work.arguments["batch_id"]
    )


def _do(batch: Batch, registration: Registration, number: int, by: Staff) -> None:
    options, note = batch.options, batch.options.get("note")
    if batch.act is Act.CONFIRM:
        confirm(registration.id, by=by, note=note, over_quota=bool(options.get("over_quota")))
    elif batch.act is Act.OFFER:
        offer_seat(registration.id, by=by, note=note)
    elif batch.act is Act.WAIT:
        put_on_waitlist(registration.id, by=by, note=note)
    elif batch.act is Act.DECLINE:
        decline(registration.id, by=by, reason=_reason(options, registration.language), note=note)
    elif batch.act is Act.PRIORITY:
        give_priority(registration.id, priority=int(options["priority"]), reason=options["reason"], by=by)
    elif batch.act is Act.GATE_NOTE:
        write_gate_note(registration.id, str(options.get("gate_note", "")), by=by)
    elif batch.act is Act.NO_GATE_NOTE:
        remove_gate_note(registration.id, by=by)
    elif batch.act is Act.REVIEWERS:
        assign_in_turn(
            registration.id, options["reviewer_ids"], number, each=int(options.get("each", 1)), by=by
        )
    else:
        write_message(
            "letter",
            occasion=f"batch-{batch.id}",
            registration_id=registration.id,
            stop_id=registration.stop_id,
            recipient=registration.email,
            language=registration.language,
            context={
                "registration": registration,
                "stop": registration.stop,
                "link": address_for(registration),
                "letter_subject": options["subject"],
                "letter_text": options["text"],
            },
        )


def _reason(options: dict[str, Any], language: str) -> str:
    """The reason in the applicant's language: a ready one has both."""
    if options.get("reason_id"):
        ready = db.session.get(ReadyReason, int(options["reason_id"]))
        if ready is not None:
            return ready.text_en if language == "en" and ready.text_en else ready.text_zh
    return str(options.get("reason", ""))
