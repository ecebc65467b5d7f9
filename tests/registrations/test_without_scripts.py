"""A form with conditions in a browser without scripts: what answers lead to is asked when they have been sent."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from campaigns.models import Stop
from questions.models import AskedWhen, Kind
from questions.sheet import SHOWN
from registrations.links import link_for
from registrations.models import Registration
from shared.db import db
from tests.conftest import Browser
from tests.factories import campaigns, questions, registrations
from tests.reading import Read
from tests.registrations.test_views import address, filled, how_many


def with_conditions(asked_when: AskedWhen = AskedWhen.APPLICATION) -> Stop:
    """Doctors are asked for their unit, whoever names one for the year, and nobody else for either."""
    stop = campaigns.stop()
    page = questions.page(stop.campaign, title_zh="现单位")
    more: dict[str, Any] = {"page": page, "asked_when": asked_when}
    is_doctor = {"question": "education", "op": "is", "value": "doctor"}
    has_unit = {"question": "unit", "op": "answered"}
    questions.question(
        stop.campaign, key="unit", label_zh="现单位全称", required=True, condition=is_doctor, **more
    )
    questions.question(stop.campaign, key="since", kind=Kind.MONTH, condition=has_unit, **more)
    return stop


def unasked(page: str) -> set[str]:
    """The questions that the page hides."""
    return {
        part.split('"')[0]
        for part in page.split('data-question="')[1:]
        if "data-unasked" in part.split(">")[0]
    }


def test_what_answers_lead_to_is_asked_after_sending_and_nothing_is_lost(client: Browser) -> None:
    stop = with_conditions()
    page = client.get(address(stop)).text
    assert unasked(page) == {"unit", "since"}
    assert Read(page).held[SHOWN] == [""]

    form = filled()
    first = client.post(address(stop), data={**form, "unit": "", SHOWN: ""})
    assert first.status_code == 422
    assert "根据您的回答，还需填写 1 项" in first.text
    assert "现单位全称" in Read(first.text).words["main"]
    assert 'id="unit-error"' not in first.text, "nobody is scolded for what was not asked"
    read = Read(first.text)
    assert unasked(first.text) == {"since"}
    assert read.held[SHOWN] == ["unit"]
    for name in ("full_name", "mobile", "email", "university", "research_field", "education", "consent"):
        assert read.held[name] == [form[name]]

    left_out = client.post(address(stop), data={**form, "unit": "", SHOWN: "unit"})
    assert 'id="unit-error"' in left_out.text

    second = client.post(address(stop), data={**form, "unit": "山西焦煤", "since": "", SHOWN: "unit"})
    assert second.status_code == 422
    assert unasked(second.text) == set()
    assert Read(second.text).held["unit"] == ["山西焦煤"]
    assert how_many(stop) == 0
    done = {**form, "unit": "山西焦煤", "since": "", SHOWN: "unit since"}
    assert client.post(address(stop), data=done).status_code == 303
    assert db.session.scalars(select(Registration)).one().answers == {"unit": "山西焦煤"}


def test_an_answer_to_what_is_not_asked_any_more_is_dropped_as_with_scripts(client: Browser) -> None:
    for shown in ({SHOWN: "unit since"}, {}):
        stop = with_conditions()
        form = filled(education="master", unit="山西焦煤", since="2020-13", **shown)
        assert client.post(address(stop), data=form).status_code == 303
        row = db.session.scalars(select(Registration).where(Registration.stop_id == stop.id)).one()
        assert row.answers == {}


def test_with_scripts_what_was_hidden_wrongly_is_a_mistake_beside_its_field(client: Browser) -> None:
    answer = client.post(address(with_conditions()), data=filled())
    assert answer.status_code == 422
    assert 'id="unit-error"' in answer.text


def test_the_second_form_and_an_edit_ask_in_the_same_way(client: Browser) -> None:
    for asked_when, path in (
        (AskedWhen.AFTER_APPROVAL, "after-approval"),
        (AskedWhen.APPLICATION, "answers"),
    ):
        registration = registrations.registration(at=with_conditions(asked_when))
        page = f"/r/{link_for(registration)}/{path}"
        assert unasked(client.get(page).text) == {"since"}
        form = filled(email=registration.email, mobile=registration.person.mobile, unit="山西焦煤")
        asks = client.post(page, data={**form, SHOWN: "unit"})
        assert asks.status_code == 422
        assert unasked(asks.text) == set()
        assert client.post(page, data={**form, SHOWN: "unit since"}).status_code == 303
        assert registration.answers == {"unit": "山西焦煤"}
