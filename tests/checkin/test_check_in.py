"""Letting people in, and taking it back: the verbs, on the real database."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import func, select

from accounts.models import Role
from audit.models import AuditEntry
from checkin.check_in import check_in, void_check_in
from checkin.errors import (
    AlreadyCheckedIn,
    NotConfirmed,
    NotForThisStop,
    NotYoursToUndo,
    ScanUsedBefore,
    ScanWasUndone,
    StopCancelled,
    UndoTooLate,
    UnknownCode,
)
from checkin.facts import ArrivalVoided, PersonArrived
from checkin.figures import counted_by_stop, counted_of
from checkin.lookups import last_arrivals, standing_check_in
from checkin.models import CheckIn
from jobs import outbox
from jobs.models import OutboxJob
from jobs.outbox import Fact, on
from registrations.models import RegistrationState
from registrations.tickets import make_first_key, ticket_for
from shared.clock import now
from shared.db import db, transaction
from tests.factories import accounts, campaigns, registrations


@pytest.fixture(autouse=True)
def _in_an_application(app: Flask) -> None:
    """Every test here stands on the database."""


def told(fact: type[Fact], monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The registrations that ``fact`` is announced for from now on, as its listeners would be told."""
    heard: list[int] = []

    def announce(announced: Fact) -> None:
        if isinstance(announced, fact):
            heard.append(announced.registration_id)  # type: ignore[attr-defined]

    def promises_of(announced: Fact) -> list[dict[str, Any]]:
        announce(announced)
        return []

    monkeypatch.setattr("checkin.settle.announce", announce)
    monkeypatch.setattr("checkin.first_scan.promises_of", promises_of)
    return heard


def test_a_ticket_lets_its_holder_in_and_says_so_to_whoever_listens(monkeypatch: pytest.MonkeyPatch) -> None:
    heard = told(PersonArrived, monkeypatch)
    stop, volunteer = campaigns.stop(), accounts.staff(Role.GATE_VOLUNTEER)
    registration = registrations.registration(at=stop)
    make_first_key()
    arrival = check_in(ticket_for(registration), stop=stop, gate="东门", by=volunteer)

    assert (arrival.registration_id, arrival.gate, arrival.scanned_by_id) == (
        registration.id,
        "东门",
        volunteer.id,
    )
    assert now() - arrival.arrived_at < timedelta(minutes=1)
    assert standing_check_in(registration.id) is arrival
    assert heard == [registration.id]
    entry = db.session.scalars(select(AuditEntry).where(AuditEntry.act == "check_in")).one()
    assert (entry.subject_id, entry.by_whom, entry.details["gate"]) == (arrival.id, volunteer.login, "东门")
    assert "李" not in str(entry.details)


def test_the_arrival_is_promised_to_listeners_in_the_same_transaction(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(outbox, "_tasks", dict(outbox._tasks))  # the listener below is forgotten afterwards
    monkeypatch.setitem(outbox._listeners, PersonArrived, [])

    @on(PersonArrived)
    def hear_of_it(registration_id: int) -> None:
        """A listener of this test."""

    stop, volunteer = campaigns.stop(), accounts.staff()
    registration = registrations.registration(at=stop)
    with transaction():
        check_in(registration.code, stop=stop, gate="A", by=volunteer)
    promised = db.session.scalars(select(OutboxJob).where(OutboxJob.task.endswith("hear_of_it"))).one()
    assert promised.arguments == {"registration_id": registration.id}


@pytest.mark.parametrize("typed", ["{0}{1}", "{0}-{1}", " {0} {1} ", "lower"])
def test_the_short_code_is_read_however_it_is_typed(typed: str) -> None:
    stop = campaigns.stop()
    registration = registrations.registration(at=stop)
    code = registration.code
    written = code.lower() if typed == "lower" else typed.format(code[:4], code[4:])
    assert check_in(written, stop=stop, gate="A", by=accounts.staff()).registration_id == registration.id


def test_a_second_scan_says_when_and_where_the_first_was() -> None:
    stop, volunteer = campaigns.stop(), accounts.staff()
    registration = registrations.registration(at=stop)
    first = check_in(registration.code, stop=stop, gate="东门", by=volunteer)
    with pytest.raises(AlreadyCheckedIn) as refused:
        check_in(registration.code, stop=stop, gate="西门", by=volunteer)
    assert (refused.value.arrived_at, refused.value.gate) == (first.arrived_at, "东门")
    assert refused.value.full_name == "李文博"
    assert "东门" in refused.value.message
    assert f"{first.arrived_at + timedelta(hours=8):%H:%M}" in refused.value.message
    assert counted_of(stop).arrived == 1


def test_the_refusal_names_the_day_when_the_first_scan_was_on_another(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stop, volunteer = campaigns.stop(), accounts.staff()
    registration = registrations.registration(at=stop)
    with monkeypatch.context() as earlier:
        earlier.setattr("checkin.present.now", lambda: now() - timedelta(days=1))
        first = check_in(registration.code, stop=stop, gate="东门", by=volunteer)
    with pytest.raises(AlreadyCheckedIn) as refused:
        check_in(registration.code, stop=stop, gate="东门", by=volunteer)
    yesterday = first.arrived_at + timedelta(hours=8)
    assert f"{yesterday.month}月{yesterday.day}日" in refused.value.message


def test_a_scan_sent_again_is_given_the_same_arrival(monkeypatch: pytest.MonkeyPatch) -> None:
    heard = told(PersonArrived, monkeypatch)
    stop, volunteer, scan_id = campaigns.stop(), accounts.staff(), uuid4()
    registration = registrations.registration(at=stop)
    first = check_in(registration.code, stop=stop, gate="A", by=volunteer, scan_id=scan_id)
    again = check_in(registration.code, stop=stop, gate="A", by=volunteer, scan_id=scan_id)
    assert again.id == first.id
    assert heard == [registration.id]
    with pytest.raises(AlreadyCheckedIn):
        check_in(registration.code, stop=stop, gate="A", by=volunteer, scan_id=uuid4())


def test_the_number_of_a_scan_lets_nobody_else_in() -> None:
    stop, volunteer, scan_id = campaigns.stop(), accounts.staff(), uuid4()
    one, other = registrations.registration(at=stop), registrations.registration(at=stop)
    check_in(one.code, stop=stop, gate="A", by=volunteer, scan_id=scan_id)
    with pytest.raises(ScanUsedBefore):
        check_in(other.code, stop=stop, gate="A", by=volunteer, scan_id=scan_id)
    assert standing_check_in(other.id) is None


@pytest.mark.parametrize(
    "code", ["", "   ", "23456789", "not a code at all", "7KQ2M9X", "A" * 111, "%" * 111]
)
def test_what_is_no_code_of_ours_is_unknown(code: str) -> None:
    with pytest.raises(UnknownCode):
        check_in(code, stop=campaigns.stop(), gate="A", by=accounts.staff())


def test_a_forged_ticket_is_unknown() -> None:
    stop = campaigns.stop()
    registration = registrations.registration(at=stop)
    make_first_key()
    ticket = ticket_for(registration)
    forged = ticket[:50] + ("A" if ticket[50] != "A" else "B") + ticket[51:]
    with pytest.raises(UnknownCode):
        check_in(forged, stop=stop, gate="A", by=accounts.staff())
    assert standing_check_in(registration.id) is None


def test_a_ticket_for_another_stop_says_where_it_is_good_and_not_whose_it_is() -> None:
    jincheng = campaigns.stop(host=campaigns.host_city("Jincheng"))
    registration = registrations.registration(at=jincheng)
    with pytest.raises(NotForThisStop) as refused:
        check_in(registration.code, stop=campaigns.stop(), gate="A", by=accounts.staff())
    day = jincheng.starts_at + timedelta(hours=8)
    assert "晋城" in refused.value.message
    assert f"{day.month}月{day.day}日" in refused.value.message
    assert "李文博" not in str(vars(refused.value)) + refused.value.message


@pytest.mark.parametrize(
    "state", [state for state in RegistrationState if state is not RegistrationState.CONFIRMED]
)
def test_only_a_confirmed_registration_lets_in_and_each_other_state_has_its_own_words(
    state: RegistrationState,
) -> None:
    stop = campaigns.stop()
    registration = registrations.registration(state, at=stop)
    with pytest.raises(NotConfirmed) as refused:
        check_in(registration.code, stop=stop, gate="A", by=accounts.staff())
    others = [
        NotConfirmed("", "", other).message
        for other in RegistrationState
        if other not in (state, RegistrationState.CONFIRMED)
    ]
    assert refused.value.message not in others
    assert refused.value.state is state
    assert counted_of(stop).arrived == 0


def test_nobody_comes_in_at_a_cancelled_stop() -> None:
    stop = campaigns.stop()
    registration = registrations.registration(at=stop)
    stop.cancelled_at = now()
    with pytest.raises(StopCancelled):
        check_in(registration.code, stop=stop, gate="A", by=accounts.staff())


def test_an_arrival_is_taken_back_and_the_person_comes_in_again(monkeypatch: pytest.MonkeyPatch) -> None:
    heard = told(ArrivalVoided, monkeypatch)
    stop, volunteer = campaigns.stop(), accounts.staff(Role.GATE_VOLUNTEER)
    registration = registrations.registration(at=stop)
    first = check_in(registration.code, stop=stop, gate="A", by=volunteer)
    void_check_in(first.id, by=volunteer, reason="扫错了人")
    assert (first.voided_by_id, first.void_reason) == (volunteer.id, "扫错了人")
    assert heard == [registration.id]
    assert counted_of(stop).arrived == 0
    again = check_in(registration.code, stop=stop, gate="A", by=volunteer)
    assert again.id != first.id
    assert db.session.scalar(select(func.count()).select_from(CheckIn)) == 2


def test_undoing_twice_is_undoing_once(monkeypatch: pytest.MonkeyPatch) -> None:
    heard = told(ArrivalVoided, monkeypatch)
    stop, volunteer = campaigns.stop(), accounts.staff(Role.GATE_VOLUNTEER)
    arrival = check_in(registrations.registration(at=stop).code, stop=stop, gate="A", by=volunteer)
    voided_at = void_check_in(arrival.id, by=volunteer).voided_at
    assert void_check_in(arrival.id, by=volunteer).voided_at == voided_at
    assert len(heard) == 1


def test_a_scan_sent_again_after_its_arrival_was_undone_is_not_answered_with_green() -> None:
    stop, volunteer, scan_id = campaigns.stop(), accounts.staff(), uuid4()
    registration = registrations.registration(at=stop)
    arrival = check_in(registration.code, stop=stop, gate="A", by=volunteer, scan_id=scan_id)
    void_check_in(arrival.id, by=volunteer)
    with pytest.raises(ScanWasUndone):
        check_in(registration.code, stop=stop, gate="A", by=volunteer, scan_id=scan_id)


def test_a_volunteer_undoes_his_own_scan_within_a_quarter_of_an_hour_and_an_organiser_any_at_any_time() -> (
    None
):
    stop = campaigns.stop()
    volunteer, colleague = (accounts.staff(Role.GATE_VOLUNTEER, stop_id=stop.id) for _ in range(2))
    organiser = accounts.staff(Role.ORGANISER, host_city_id=stop.host_city_id)
    elsewhere = accounts.staff(Role.ORGANISER, host_city_id=campaigns.host_city("Jincheng").id)
    arrival = check_in(registrations.registration(at=stop).code, stop=stop, gate="A", by=volunteer)
    for nobody in (colleague, elsewhere):
        with pytest.raises(NotYoursToUndo):
            void_check_in(arrival.id, by=nobody)
    arrival.arrived_at -= timedelta(minutes=16)
    db.session.flush()
    with pytest.raises(UndoTooLate):
        void_check_in(arrival.id, by=volunteer)
    assert arrival.voided_at is None
    void_check_in(arrival.id, by=organiser)
    assert arrival.voided_by_id == organiser.id


def test_the_last_arrivals_stand_newest_first_without_those_undone() -> None:
    stop, other, volunteer = campaigns.stop(), campaigns.stop(), accounts.staff()
    came = [
        check_in(registrations.registration(at=stop).code, stop=stop, gate="A", by=volunteer)
        for _ in range(4)
    ]
    check_in(registrations.registration(at=other).code, stop=other, gate="A", by=volunteer)
    void_check_in(came[2].id, by=volunteer)
    assert [arrival.id for arrival in last_arrivals(stop, 2)] == [came[3].id, came[1].id]
    counted = counted_by_stop([stop.id, other.id])
    assert [counted[one.id].arrived for one in (stop, other)] == [3, 1]
