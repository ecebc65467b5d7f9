"""An arrival opens a lead, exactly one."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, text

from accounts.models import Role
from audit.models import AuditEntry
from checkin.check_in import check_in
from checkin.facts import PersonArrived
from jobs.models import OutboxJob
from jobs.outbox import announce
from jobs.perform import perform
from leads.models import Lead, Stage
from leads.open_lead import FIRST_CALL_WITHIN, open_lead
from leads.tasks import open_lead_on_arrival, take_back_lead_of_mistaken_scan
from registrations.models import BadgeClass, Registration
from shared.clock import now
from shared.db import db, transaction
from shared.errors import NotFound
from tests.conftest import settings_for
from tests.factories import accounts, campaigns, leads, registrations


def test_an_arrival_opens_a_lead_that_is_due_four_hours_later(app: Flask) -> None:
    arrival = leads.arrival()
    with transaction():
        lead = open_lead(arrival.registration_id)
    assert lead is not None
    assert lead.stage is Stage.NEW
    assert lead.owner_id is None
    assert lead.due_at == arrival.arrived_at + FIRST_CALL_WITHIN
    assert lead.score == 50  # a doctor (35) with a field (15), no wish for a city, first visit
    entry = db.session.scalars(select(AuditEntry).where(AuditEntry.act == "open_lead")).one()
    assert (entry.subject_kind, entry.subject_id) == ("Lead", lead.id)


def test_the_fact_of_an_arrival_promises_the_lead_and_the_promise_is_kept(app: Flask) -> None:
    arrival = leads.arrival()
    with transaction():
        announce(PersonArrived(registration_id=arrival.registration_id))
    job = db.session.scalars(
        select(OutboxJob).where(OutboxJob.task == "leads.tasks.open_lead_on_arrival")
    ).one()
    assert perform(job.id)
    assert db.session.scalars(select(Lead)).one().registration_id == arrival.registration_id


def test_an_arrival_heard_twice_opens_one_lead(app: Flask) -> None:
    arrival = leads.arrival()
    for _ in range(2):
        with transaction():
            open_lead_on_arrival(arrival.registration_id)
    assert len(db.session.scalars(select(Lead)).all()) == 1
    assert len(db.session.scalars(select(AuditEntry).where(AuditEntry.act == "open_lead")).all()) == 1


def test_a_person_at_two_stops_of_a_campaign_has_one_lead_and_another_campaign_opens_another(
    app: Flask,
) -> None:
    tour = campaigns.campaign()
    first = registrations.registration(at=campaigns.stop(of=tour))
    second = registrations.registration(at=campaigns.stop(of=tour), person=first.person)
    elsewhere = registrations.registration(at=campaigns.stop(), person=first.person)
    for registration in (first, second, elsewhere):
        leads.arrival(of=registration)
        with transaction():
            open_lead(registration.id)
    opened = db.session.scalars(select(Lead).order_by(Lead.id)).all()
    assert [lead.registration_id for lead in opened] == [first.id, elsewhere.id]
    assert [lead.score for lead in opened] == [50, 70]  # came to two stops before


def test_a_voided_arrival_opens_nothing(app: Flask) -> None:
    arrival = leads.arrival(voided_at=now(), void_reason="扫错")
    with transaction():
        assert open_lead(arrival.registration_id) is None
    assert db.session.scalars(select(Lead)).all() == []


@pytest.mark.parametrize("badge_class", [BadgeClass.STAFF, BadgeClass.EMPLOYER, BadgeClass.MEDIA])
def test_who_comes_to_work_there_is_not_a_lead(app: Flask, badge_class: BadgeClass) -> None:
    arrival = leads.arrival(of=registrations.registration(badge_class=badge_class))
    with transaction():
        assert open_lead(arrival.registration_id) is None


def test_an_arrival_of_nobody_is_refused(app: Flask) -> None:
    with pytest.raises(NotFound), transaction():
        open_lead(987654)


@pytest.mark.crowd
def test_six_workers_who_hear_of_one_arrival_at_once_open_one_lead(
    fresh_database: Any, tmp_path: Any
) -> None:
    from app import create_app

    app = create_app(settings_for(fresh_database(), tmp_path))
    failures: list[BaseException] = []
    with app.app_context():
        ids = [leads.arrival(arrived_at=now() - timedelta(minutes=5)).registration_id for _ in range(10)]
        db.session.remove()

    def work(together: threading.Barrier) -> None:
        with app.app_context():
            for registration_id in ids:
                together.wait(timeout=20)
                try:
                    with transaction():
                        open_lead_on_arrival(registration_id)
                except BaseException as failure:
                    failures.append(failure)
            db.session.remove()

    together = threading.Barrier(6)
    workers = [threading.Thread(target=work, args=(together,)) for _ in range(6)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(timeout=60)
    with app.app_context():
        assert failures == []
        counts = db.session.execute(text("SELECT registration_id, count(*) FROM leads GROUP BY 1")).all()
        assert sorted(counts) == [(registration_id, 1) for registration_id in sorted(ids)]
        opened = db.session.scalar(text("SELECT count(*) FROM audit_entries WHERE act = 'open_lead'"))
        assert opened == 10
        db.session.remove()
        db.engine.dispose()


def test_an_undone_scan_takes_the_untouched_lead_back_and_a_true_arrival_opens_it_again(app: Flask) -> None:
    mistaken = leads.arrival()
    with transaction():
        open_lead_on_arrival(mistaken.registration_id)
    with transaction():
        mistaken.voided_at, mistaken.void_reason = now(), "扫错"
    for _ in range(2):
        with transaction():
            take_back_lead_of_mistaken_scan(mistaken.registration_id)
    assert db.session.scalars(select(Lead)).all() == []
    assert len(db.session.scalars(select(AuditEntry).where(AuditEntry.act == "take_back_lead")).all()) == 1
    leads.arrival(of=db.session.get_one(Registration, mistaken.registration_id))
    with transaction():
        open_lead_on_arrival(mistaken.registration_id)
    with transaction():
        take_back_lead_of_mistaken_scan(mistaken.registration_id)  # the first undo, heard late
    assert len(db.session.scalars(select(Lead)).all()) == 1


def test_a_claimed_lead_outlives_an_undone_scan(app: Flask) -> None:
    mistaken = leads.arrival(voided_at=now())
    lead = leads.lead(
        of=db.session.get_one(Registration, mistaken.registration_id), owner=accounts.staff(Role.RECRUITER)
    )
    with transaction():
        take_back_lead_of_mistaken_scan(mistaken.registration_id)
    assert db.session.get(Lead, lead.id) is not None


def test_who_also_came_to_another_stop_keeps_a_lead_from_there(app: Flask) -> None:
    tour = campaigns.campaign()
    first = registrations.registration(at=campaigns.stop(of=tour))
    second = registrations.registration(at=campaigns.stop(of=tour), person=first.person)
    mistaken = leads.arrival(of=first)
    leads.arrival(of=second)
    for registration in (first, second):
        with transaction():
            open_lead_on_arrival(registration.id)
    with transaction():
        mistaken.voided_at = now()
    with transaction():
        take_back_lead_of_mistaken_scan(first.id)
    assert db.session.scalars(select(Lead)).one().registration_id == second.id


def test_a_scan_at_the_gate_opens_the_lead_once_its_promise_is_kept(app: Flask) -> None:
    registration = registrations.registration()
    volunteer = accounts.staff(Role.GATE_VOLUNTEER)
    with transaction():
        check_in(registration.code, stop=registration.stop, gate="东门", by=volunteer)
    assert db.session.scalars(select(Lead)).all() == []
    for job in db.session.scalars(select(OutboxJob.id)).all():
        assert perform(job)
    lead = db.session.scalars(select(Lead)).one()
    assert (lead.person_id, lead.stop_id) == (registration.person_id, registration.stop_id)
