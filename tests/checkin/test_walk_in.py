"""On the spot: registered and let in at once, while there is a seat, and by whom the organiser has allowed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import func, select

from accounts.models import Role
from campaigns.models import Stop
from checkin.models import CheckIn
from registrations.models import Basis, Registration, RegistrationState, Way
from shared.clock import now
from shared.db import db
from tests.conftest import Browser
from tests.factories import accounts, campaigns, registrations


@pytest.fixture
def stop(app: Flask) -> Stop:
    """A stop that begins now: its form has long been closed, seats are reviewed."""
    return campaigns.stop(
        capacity=2,
        needs_approval=True,
        starts_at=now() - timedelta(minutes=5),
        ends_at=now() + timedelta(hours=6),
        registration_closes_at=now() - timedelta(days=1),
    )


def typed(**changes: Any) -> dict[str, str]:
    """What is typed at the gate."""
    return {
        "submission_id": str(uuid4()),
        "gate": "东门",
        "full_name": "康定国",
        "mobile": "139 0000 1234",
        "university": "山西大学",
        "badge_class": "doctor",
        "consent": "y",
        **changes,
    }


def test_somebody_is_registered_let_in_and_counted_apart(stop: Stop, client: Browser) -> None:
    client.sign_in(accounts.staff(Role.ORGANISER, host_city_id=stop.host_city_id))
    form = typed()
    for _ in range(2):  # sent twice is one
        page = client.post(f"/gate/{stop.id}/walk-in", data=form)
        assert page.status_code == 200
        assert "康定国" in page.text
    row = db.session.scalars(select(Registration)).one()
    assert (row.state, row.way, row.basis, row.channel) == (
        RegistrationState.CONFIRMED,
        Way.WALK_IN,
        Basis.ON_THE_SPOT,
        "walk-in",
    )
    assert row.email == ""
    assert db.session.scalar(select(func.count()).select_from(CheckIn)) == 1
    assert f"/registrations/{row.id}.pdf" in page.text


def test_without_a_seat_or_without_agreement_nobody_is_kept(stop: Stop, client: Browser) -> None:
    client.sign_in(accounts.staff())
    refused = client.post(f"/gate/{stop.id}/walk-in", data=typed(consent=""))
    assert refused.status_code == 422
    assert "康定国" in refused.text
    for _ in range(2):
        registrations.registration(at=stop)
    full = client.post(f"/gate/{stop.id}/walk-in", data=typed())
    assert full.status_code == 409
    assert db.session.scalar(select(func.count()).select_from(Registration)) == 2


def test_a_known_mobile_leads_to_checking_in(stop: Stop, client: Browser) -> None:
    client.sign_in(accounts.staff())
    known = registrations.registration(at=stop)
    answer = client.post(f"/gate/{stop.id}/walk-in", data=typed(mobile=str(known.person.mobile)))
    assert answer.status_code == 409
    assert "李文博" in answer.text
    assert f'value="{known.code}"' in answer.text
    waits = registrations.registration(RegistrationState.WAITING, at=stop)
    answer = client.post(f"/gate/{stop.id}/walk-in", data=typed(mobile=str(waits.person.mobile)))
    assert waits.code not in answer.text


def test_volunteers_only_where_the_organiser_says_so(stop: Stop, client: Browser) -> None:
    volunteer = accounts.staff(Role.GATE_VOLUNTEER, host_city_id=stop.host_city_id)
    organiser = accounts.staff(Role.ORGANISER, host_city_id=stop.host_city_id)
    page = f"/gate/{stop.id}/walk-in"
    client.sign_in(volunteer)
    assert client.get(page).status_code == 403
    assert client.post(page, data=typed()).status_code == 403
    assert page not in client.get(f"/gate/{stop.id}").text
    assert client.post(f"{page}/volunteers", data={"allowed": "y"}).status_code == 403
    client.sign_in(organiser)
    assert client.post(f"{page}/volunteers", data={"allowed": "y"}).status_code == 303
    client.sign_in(volunteer)
    assert page in client.get(f"/gate/{stop.id}").text
    assert client.post(page, data=typed()).status_code == 200
    client.sign_in(organiser)
    client.post(f"{page}/volunteers", data={})
    client.sign_in(volunteer)
    assert client.get(page).status_code == 403
