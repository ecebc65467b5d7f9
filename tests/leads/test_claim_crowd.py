"""Eight people claim at once until the pool is empty: no lead is claimed twice. Real threads, real PostgreSQL."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import insert, select, text, update

from accounts.models import Role, Staff
from leads import follow_up
from leads.errors import NoLeadToClaim
from leads.models import Lead, LeadHolding, Stage
from people.models import Person
from registrations.models import BadgeClass, Education, Registration, RegistrationState
from shared.clock import now
from shared.db import db, transaction
from tests.conftest import settings_for
from tests.factories import accounts, campaigns

LEADS = 2000
CLAIMERS = 8

# A busy machine makes it slow, not wrong.
pytestmark = [pytest.mark.crowd, pytest.mark.timeout(300)]


@pytest.fixture
def served(fresh_database: Any, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Flask]:
    """An application on a database of its own, with a pool of LEADS leads."""
    from app import create_app

    monkeypatch.setattr(follow_up, "HOLDING_CAP", LEADS)
    app = create_app(settings_for(fresh_database(), tmp_path))
    app.config["SQLALCHEMY_ENGINE_OPTIONS"]["pool_size"] = CLAIMERS + 2
    with app.app_context():
        _fill_pool()
        db.session.remove()
    yield app
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


def _fill_pool() -> None:
    stop = campaigns.stop(capacity=LEADS)
    moment = now()
    people = db.session.scalars(
        insert(Person).returning(Person.id),
        [
            {
                "full_name": f"李文博{number}",
                "name_pinyin": "liwenbo",
                "name_initials": "lwb",
                "mobile": f"+86130{number:08d}",
                "email": "li@example.com",
                "created_at": moment,
            }
            for number in range(LEADS)
        ],
    ).all()
    registrations = db.session.execute(
        text(
            "INSERT INTO registrations (code, submission_id, stop_id, person_id, state, badge_class, email, university,"
            " education, research_field, language, consent_version, consented_at, applied_at, decided_at)"
            " SELECT 'C' || p, gen_random_uuid(), :stop, p, :state, :badge, 'li@example.com', '', :education, '', 'zh',"
            " 'test', now(), now(), now() FROM unnest(CAST(:people AS int[])) AS p RETURNING id, person_id"
        ),
        {
            "stop": stop.id,
            "people": list(people),
            "state": RegistrationState.CONFIRMED.value,
            "badge": BadgeClass.DOCTOR.value,
            "education": Education.DOCTOR.value,
        },
    ).all()
    db.session.execute(
        insert(Lead),
        [
            {
                "person_id": person_id,
                "campaign_id": stop.campaign_id,
                "stop_id": stop.id,
                "registration_id": registration_id,
                "stage": Stage.NEW,
                "score": registration_id % 101,
                "due_at": moment,
                "opened_at": moment,
            }
            for registration_id, person_id in registrations
        ],
    )
    db.session.commit()
    db.session.execute(text("ANALYZE"))
    db.session.commit()


def _claim_all(app: Flask, claim: Callable[[Staff], int], *, most: int = LEADS) -> Counter[int]:
    """Let CLAIMERS people claim until nothing is left (or ``most`` each). How often each lead was given out."""
    given: list[int] = []
    failures: list[BaseException] = []
    with app.app_context():
        recruiters = [accounts.staff(Role.RECRUITER).id for _ in range(CLAIMERS)]
        db.session.remove()
    together = threading.Barrier(CLAIMERS + 1)

    def work(staff_id: int) -> None:
        with app.app_context():
            by = db.session.get_one(Staff, staff_id)
            db.session.remove()
            together.wait(timeout=20)
            try:
                for _ in range(most):
                    with transaction():
                        lead_id = claim(by)
                    given.append(lead_id)
                    db.session.remove()
            except NoLeadToClaim:
                pass
            except BaseException as failure:
                failures.append(failure)
            finally:
                db.session.remove()

    claimers = [threading.Thread(target=work, args=(staff_id,)) for staff_id in recruiters]
    for claimer in claimers:
        claimer.start()
    together.wait(timeout=20)
    for claimer in claimers:
        claimer.join(timeout=90)
    assert failures == []
    return Counter(given)


def test_eight_claimers_over_two_thousand_leads_claim_each_exactly_once(served: Flask) -> None:
    given = _claim_all(served, lambda by: follow_up.claim_next(by).id)
    assert len(given) == LEADS
    assert set(given.values()) == {1}
    with served.app_context():
        unowned = db.session.scalar(text("SELECT count(*) FROM leads WHERE owner_id IS NULL"))
        standing = db.session.execute(
            text("SELECT lead_id, count(*) FROM lead_holdings WHERE until_at IS NULL GROUP BY 1")
        ).all()
        strange = db.session.scalar(
            text(
                "SELECT count(*) FROM leads l JOIN lead_holdings h ON h.lead_id = l.id WHERE h.staff_id <> l.owner_id"
            )
        )
        recorded = db.session.scalar(text("SELECT count(*) FROM audit_entries WHERE act = 'claim_next'"))
        db.session.remove()
    assert unowned == 0
    assert len(standing) == LEADS
    assert {count for _, count in standing} == {1}
    assert strange == 0
    assert recorded == LEADS


def test_read_then_write_without_holding_the_row_gives_leads_out_twice(served: Flask) -> None:
    """The counter-test: were the row not held and the index gone, this very crowd would find it out."""
    with served.app_context():
        db.session.execute(text("DROP INDEX uq_lead_holdings_standing"))
        db.session.commit()
        db.session.remove()

    def naive(by: Staff) -> int:
        lead_id = db.session.scalar(
            select(Lead.id).where(Lead.owner_id.is_(None)).order_by(Lead.score.desc(), Lead.id).limit(1)
        )
        if lead_id is None:
            raise NoLeadToClaim
        time.sleep(0.001)  # whatever an application does between reading and writing
        moment = now()
        db.session.execute(update(Lead).where(Lead.id == lead_id).values(owner_id=by.id, claimed_at=moment))
        db.session.execute(insert(LeadHolding).values(lead_id=lead_id, staff_id=by.id, from_at=moment))
        return lead_id

    given = _claim_all(served, naive, most=40)
    assert max(given.values()) > 1, "nobody was given a lead twice: the crowd is not a crowd"


def test_the_index_beneath_refuses_a_second_owner_even_then(served: Flask) -> None:
    with served.app_context():
        lead_id = db.session.scalar(select(Lead.id).limit(1))
        staff_id = accounts.staff(Role.RECRUITER).id
        statement = insert(LeadHolding).values(lead_id=lead_id, staff_id=staff_id, from_at=now())
        db.session.execute(statement)
        with pytest.raises(Exception, match="uq_lead_holdings_standing"):
            db.session.execute(statement)
        db.session.rollback()
        assert db.session.scalar(select(Registration.id).limit(1)) is not None
        db.session.remove()
