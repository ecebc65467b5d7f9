"""The pages from which badges are printed."""

from __future__ import annotations

from urllib.parse import unquote

import pytest
from pypdfium2 import PdfDocument
from sqlalchemy import select

from accounts.models import Role, Staff
from audit.models import AuditEntry
from badges import batch
from badges.fonts import FontsMissing
from campaigns.models import Stop
from registrations.models import RegistrationState
from shared.db import db
from tests.conftest import Browser
from tests.factories import accounts, campaigns, registrations


@pytest.fixture
def stop(client: Browser) -> Stop:
    """Taiyuan's stop."""
    return campaigns.stop()


@pytest.fixture
def organiser(client: Browser, stop: Stop) -> Staff:
    """An organiser in Taiyuan, signed in."""
    staff = accounts.staff(Role.ORGANISER, host_city_id=stop.host_city_id)
    client.sign_in(staff)
    return staff


@pytest.mark.usefixtures("organiser")
def test_the_stops_of_ones_own_city_stand_with_how_many_badges(client: Browser, stop: Stop) -> None:
    campaigns.stop(host=campaigns.host_city("Jincheng"))
    for _ in range(3):
        registrations.registration(at=stop)
    page = client.get("/desk/badges")
    assert page.status_code == 200
    assert f"/desk/badges/stops/{stop.id}" in page.text
    assert ">3</td>" in page.text
    assert "晋城" not in page.text


@pytest.mark.usefixtures("organiser")
def test_the_page_of_a_stop_warns_of_what_needs_a_look(client: Browser, stop: Stop) -> None:
    registrations.registration(at=stop, full_name="李ጀ")
    page = client.get(f"/desk/badges/stops/{stop.id}")
    assert page.status_code == 200
    assert "ጀ" in page.text.split('id="looks"')[1].split("</section>")[0]


@pytest.mark.usefixtures("organiser")
def test_a_stop_without_confirmed_people_says_so(client: Browser, stop: Stop) -> None:
    page = client.get(f"/desk/badges/stops/{stop.id}")
    assert page.status_code == 200
    assert 'class="empty"' in page.text
    answer = client.post(f"/desk/badges/stops/{stop.id}.pdf", data={"layout": "a6"})
    assert answer.location == f"/desk/badges/stops/{stop.id}"


@pytest.mark.parametrize(("layout", "pages"), [("a6", 5), ("a4", 2)])
@pytest.mark.usefixtures("organiser")
def test_the_pdf_comes_with_a_friendly_name_and_is_recorded(
    client: Browser, stop: Stop, layout: str, pages: int
) -> None:
    for _ in range(5):
        registrations.registration(at=stop)
    with client.post(f"/desk/badges/stops/{stop.id}.pdf", data={"layout": layout}) as answer:
        pdf = answer.data
    assert answer.status_code == 200
    assert answer.content_length == len(pdf)
    assert answer.mimetype == "application/pdf"
    disposition = unquote(answer.headers["Content-Disposition"])
    assert disposition.startswith("attachment")
    assert "胸牌-太原-" in disposition
    assert f"5人-{layout.upper()}.pdf" in disposition
    assert answer.headers["Cache-Control"].startswith("no-")
    document = PdfDocument(pdf)
    assert len(document) == pages
    document.close()
    entry = db.session.scalars(select(AuditEntry).where(AuditEntry.act == "print_badges")).one()
    assert entry.details["badges"] == 5


@pytest.mark.usefixtures("organiser")
def test_a_get_prints_nothing_and_an_unknown_paper_neither(client: Browser, stop: Stop) -> None:
    registrations.registration(at=stop)
    assert client.get(f"/desk/badges/stops/{stop.id}.pdf").status_code == 405
    assert client.post(f"/desk/badges/stops/{stop.id}.pdf", data={"layout": "a0"}).status_code == 302
    assert db.session.scalar(select(AuditEntry).where(AuditEntry.act == "print_badges")) is None


@pytest.mark.usefixtures("organiser")
def test_one_persons_badge_is_printed_again_and_only_for_whoever_is_confirmed(
    client: Browser, stop: Stop
) -> None:
    registration = registrations.registration(at=stop)
    with client.post(f"/desk/badges/registrations/{registration.id}.pdf", data={"layout": "a6"}) as answer:
        assert (answer.status_code, answer.mimetype) == (200, "application/pdf")
        assert registration.code in answer.headers["Content-Disposition"]
    waits = registrations.registration(RegistrationState.WAITING, at=stop)
    refused = client.post(f"/desk/badges/registrations/{waits.id}.pdf", data={"layout": "a6"})
    assert refused.location == f"/desk/badges/stops/{stop.id}"


@pytest.mark.usefixtures("organiser")
def test_another_citys_badges_are_not_there(client: Browser) -> None:
    jincheng = campaigns.stop(host=campaigns.host_city("Jincheng"))
    registration = registrations.registration(at=jincheng)
    assert client.get(f"/desk/badges/stops/{jincheng.id}").status_code == 404
    assert client.post(f"/desk/badges/stops/{jincheng.id}.pdf", data={"layout": "a6"}).status_code == 404
    address = f"/desk/badges/registrations/{registration.id}.pdf"
    assert client.post(address, data={"layout": "a6"}).status_code == 404


def test_a_gate_volunteer_prints_no_badges(client: Browser, stop: Stop) -> None:
    registration = registrations.registration(at=stop)
    client.sign_in(accounts.staff(Role.GATE_VOLUNTEER, stop_id=stop.id))
    assert client.get("/desk/badges").status_code == 403
    assert client.get(f"/desk/badges/stops/{stop.id}").status_code == 403
    assert client.post(f"/desk/badges/stops/{stop.id}.pdf", data={"layout": "a6"}).status_code == 403
    assert client.post(f"/desk/badges/registrations/{registration.id}.pdf").status_code == 403


@pytest.mark.usefixtures("organiser")
def test_a_server_without_the_font_says_what_to_do(
    client: Browser, stop: Stop, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing() -> None:
        raise FontsMissing("not there")

    monkeypatch.setattr(batch, "find_typefaces", missing)
    registrations.registration(at=stop)
    page = client.get(f"/desk/badges/stops/{stop.id}")
    assert page.status_code == 503
    assert "npm ci" in page.text


@pytest.mark.usefixtures("organiser")
def test_the_list_goes_on_to_a_second_page(client: Browser, stop: Stop) -> None:
    for _ in range(51):
        registration = registrations.registration(at=stop)
    first = client.get(f"/desk/badges/stops/{stop.id}").text
    second = client.get(f"/desk/badges/stops/{stop.id}?page=2").text
    assert registration.spaced_code in second
    assert registration.spaced_code not in first


@pytest.mark.usefixtures("organiser")
def test_one_person_is_looked_for_by_name_while_the_batch_stays_whole(client: Browser, stop: Stop) -> None:
    wanted = registrations.registration(at=stop, full_name="曾国华")
    other = registrations.registration(at=stop, full_name="张伟")
    page = client.get(f"/desk/badges/stops/{stop.id}?name=zgh").text
    assert wanted.spaced_code in page
    assert other.spaced_code not in page
    nobody = client.get(f"/desk/badges/stops/{stop.id}?name=nobody")
    assert nobody.status_code == 200
    assert f"/desk/badges/stops/{stop.id}.pdf" in nobody.text
