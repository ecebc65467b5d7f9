"""A note for the gate: written and removed on one page or for many, found in the list, taken out by right."""

from __future__ import annotations

import csv
import io

import pytest
from flask import Flask
from sqlalchemy import select

from accounts.models import Role, Staff
from audit.models import AuditEntry
from registrations.batch import preview_of
from registrations.erase import empty_registrations
from registrations.errors import GateNoteMissing
from registrations.models import Act, Registration, RegistrationState
from shared.db import db
from tests.conftest import Browser
from tests.factories import accounts, campaigns, registrations
from tests.registrations.test_batch import carried_out, chosen

LIST = "/desk/registrations"
NOTE = "院士，请通知王主任"


@pytest.fixture
def organiser(app: Flask) -> Staff:
    """An organiser in Taiyuan."""
    return accounts.staff(Role.ORGANISER, host_city_id=campaigns.host_city().id)


def recorded(row: Registration) -> list[AuditEntry]:
    """What the record says was done with the note."""
    return list(
        db.session.scalars(
            select(AuditEntry)
            .where(AuditEntry.subject_id == row.id, AuditEntry.act.like("%gate_note"))
            .order_by(AuditEntry.id)
        )
    )


def test_it_is_written_replaced_and_removed_on_the_page_and_its_words_stay_out_of_the_record(
    client: Browser, organiser: Staff
) -> None:
    client.sign_in(organiser)
    row = registrations.registration()
    page = f"{LIST}/{row.id}"
    for wrong, said in (("", "门口需要知道什么"), ("长" * 121, "120")):
        answer = client.post(f"{page}/gate-note", data={"gate_note": wrong})
        assert answer.status_code == 422
        assert said in answer.text
        assert wrong in answer.text  # nothing typed is lost
    assert client.post(f"{page}/gate-note", data={"gate_note": f" {NOTE}\n "}).status_code == 303
    assert NOTE in client.get(page).text
    assert NOTE in client.get(f"{page}/brief").text
    client.post(f"{page}/gate-note", data={"gate_note": NOTE, "remove": "y"})
    db.session.refresh(row)
    assert row.gate_note is None
    entries = recorded(row)
    assert [entry.act for entry in entries] == ["write_gate_note", "remove_gate_note"]
    assert all(NOTE not in str(entry.details) for entry in entries)

    foreign = registrations.registration(at=campaigns.stop(host=campaigns.host_city("Jincheng")))
    assert client.post(f"{LIST}/{foreign.id}/gate-note", data={"gate_note": NOTE}).status_code == 404
    client.sign_in(accounts.staff(Role.GATE_VOLUNTEER, stop_id=row.stop_id))
    assert client.post(f"{page}/gate-note", data={"gate_note": NOTE}).status_code in (403, 404)


def test_many_get_it_at_once_the_list_finds_them_and_many_lose_it_again(
    client: Browser, organiser: Staff
) -> None:
    stop = campaigns.stop()
    rows = [registrations.registration(at=stop, full_name=f"张{one}") for one in "甲乙丙"]
    gone = registrations.registration(RegistrationState.WITHDRAWN, at=stop)
    batch = chosen(Act.GATE_NOTE, [*rows[:2], gone], organiser)
    assert {row.id for row in preview_of(batch).done} == {rows[0].id, rows[1].id}
    with pytest.raises(GateNoteMissing):
        carried_out(batch, organiser, gate_note="  ")
    carried_out(batch, organiser, gate_note=NOTE)
    assert [row.gate_note for row in (*rows, gone)] == [NOTE, NOTE, None, None]

    client.sign_in(organiser)
    page = client.get(LIST, query_string={"has_gate_note": "y", "column": "gate_note"}).text
    assert (page.count("data-row"), page.count(f">{NOTE}<")) == (2, 2)
    form = {"act": "gate_note", "ids": [rows[2].id]}
    ordered = client.post(f"{LIST}/batches", data=form)
    assert NOTE[:2] in client.get(ordered.location).text  # the example beneath the field
    assert client.post(ordered.location, data={"gate_note": "长" * 121}).status_code == 422

    carried_out(chosen(Act.NO_GATE_NOTE, rows, organiser), organiser)
    assert [row.gate_note for row in rows] == [None, None, None]


def test_only_whoever_may_take_contacts_out_takes_notes_out(client: Browser, organiser: Staff) -> None:
    row = registrations.registration(gate_note=NOTE)
    ordered = {"columns": ["name", "gate_note"], "format": "csv", "reason": "核对"}
    seen = []
    for who in (accounts.staff(Role.REVIEWER, host_city_id=row.stop.host_city_id), organiser):
        client.sign_in(who)
        file = client.post(f"{LIST}/export", data=ordered)
        lines = list(csv.reader(io.StringIO(file.data.decode("utf-8-sig"))))
        seen.append((lines[1][0], lines[1][1]))
    assert seen[1] == (row.person.full_name, NOTE)
    assert seen[0] == (row.person.full_name, "")


def test_a_note_written_for_many_is_kept_with_the_people_alone(organiser: Staff) -> None:
    stop = campaigns.stop()
    rows = [registrations.registration(at=stop) for _ in range(2)]
    done = carried_out(chosen(Act.GATE_NOTE, rows, organiser), organiser, gate_note=NOTE)
    assert [row.gate_note for row in rows] == [NOTE, NOTE]
    assert NOTE not in str(done.options)
    # Given up half way, the words lie there until one of them is erased.
    halted = chosen(Act.GATE_NOTE, rows, organiser)
    halted.options = {"gate_note": NOTE, "other": 1}
    db.session.flush()
    empty_registrations([rows[1].id])
    db.session.refresh(halted)
    assert halted.options == {"other": 1}
