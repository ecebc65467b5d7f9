"""From registrations to badges: who gets one, what stands on it, what is warned of."""

from __future__ import annotations

import pytest
import zxingcpp
from flask import Flask
from PIL import Image
from pypdfium2 import PdfDocument
from sqlalchemy import select

from accounts.models import Role
from audit.models import AuditEntry
from badges.batch import ToLookAt, called, holder_of, holders_at, pdf_of, stop_line, to_look_at
from badges.errors import NoBadge, NobodyToPrint
from badges.forms import PAPERS
from badges.layout import A4_FOUR, A6_SINGLE
from badges.layout import BadgeClass as PrintedClass
from checkin.check_in import check_in
from registrations.lookups import confirmed_for_badges
from registrations.models import BadgeClass, RegistrationState
from registrations.tickets import make_first_key, registration_id_on
from shared.clock import from_china
from shared.db import db
from tests.factories import accounts, campaigns, registrations


@pytest.fixture(autouse=True)
def _in_an_application(app: Flask) -> None:
    """Every test here stands on the database."""


def test_everybody_confirmed_has_a_badge_in_the_order_of_the_pinyin_and_nobody_else() -> None:
    stop, organiser = campaigns.stop(), accounts.staff(Role.ORGANISER)
    for name in ("张伟", "安然", "曾国华", "欧阳志远"):
        registrations.registration(at=stop, full_name=name)
    for state in RegistrationState:
        if state is not RegistrationState.CONFIRMED:
            registrations.registration(state, at=stop, full_name="没有座位")
    registrations.registration(full_name="别处")
    holders = holders_at(stop, by=organiser, layout=A6_SINGLE)
    assert [holder.full_name for holder in holders] == ["安然", "欧阳志远", "曾国华", "张伟"]


def test_the_badge_carries_the_ticket_that_opens_the_gate() -> None:
    stop, organiser = campaigns.stop(), accounts.staff(Role.ORGANISER)
    registration = registrations.registration(at=stop)
    (holder,) = holders_at(stop, by=organiser, layout=A6_SINGLE)
    assert holder.ticket_code is not None
    assert registration_id_on(holder.ticket_code) == registration.id
    with pdf_of([holder], A6_SINGLE, title="x") as pdf:
        document = PdfDocument(pdf.read())
    picture: Image.Image = document[0].render(scale=3).to_pil()
    assert "李文博" in document[0].get_textpage().get_text_bounded().replace(" ", "")
    document.close()
    (code,) = zxingcpp.read_barcodes(picture)
    assert check_in(code.text, stop=stop, gate="A", by=organiser).registration_id == registration.id


def test_neither_mobile_nor_mail_nor_code_word_is_on_a_badge() -> None:
    registration = registrations.registration()
    make_first_key()
    holder = holder_of(registration, by=accounts.staff(), layout=A6_SINGLE)
    for private in (str(registration.person.mobile), registration.email, registration.code):
        assert private not in str(holder)


def test_every_class_of_a_registration_has_a_band() -> None:
    assert {one.value for one in BadgeClass} == {one.value for one in PrintedClass}


def test_the_line_of_the_stop_names_the_day_as_it_is_in_china() -> None:
    from datetime import datetime

    begins = from_china(datetime(2026, 5, 28, 0, 30))  # noqa: DTZ001 - the clock on the wall in China
    stop = campaigns.stop(
        starts_at=begins,
        ends_at=begins.replace(hour=begins.hour + 2),
        registration_closes_at=begins,
    )
    assert stop_line(stop) == "太原 · 2026年5月28日 · 中国（太原）煤炭交易中心"


def test_taking_badges_out_is_recorded_with_how_many_and_on_what_paper() -> None:
    stop, organiser = campaigns.stop(), accounts.staff(Role.ORGANISER)
    registration = registrations.registration(at=stop)
    registrations.registration(at=stop)
    holders_at(stop, by=organiser, layout=A4_FOUR)
    holder_of(registration, by=organiser, layout=A6_SINGLE)
    db.session.flush()
    entries = db.session.scalars(
        select(AuditEntry).where(AuditEntry.act.startswith("print_")).order_by(AuditEntry.id)
    )
    assert [(one.act, one.subject_id, one.by_whom, one.details) for one in entries] == [
        ("print_badges", stop.id, organiser.login, {"badges": 2, "layout": A4_FOUR.key}),
        ("print_badge", registration.id, organiser.login, {"layout": A6_SINGLE.key}),
    ]


def test_a_stop_without_anybody_confirmed_has_nothing_to_print() -> None:
    stop = campaigns.stop()
    registrations.registration(RegistrationState.WAITING, at=stop)
    with pytest.raises(NobodyToPrint):
        holders_at(stop, by=accounts.staff(), layout=A6_SINGLE)


def test_whoever_is_not_confirmed_has_no_badge() -> None:
    waits = registrations.registration(RegistrationState.WAITING)
    with pytest.raises(NoBadge):
        holder_of(waits, by=accounts.staff(), layout=A6_SINGLE)
    assert db.session.scalar(select(AuditEntry).where(AuditEntry.act == "print_badge")) is None


def test_four_badges_lie_on_an_a4_sheet_and_one_on_an_a6_card() -> None:
    stop = campaigns.stop()
    for _ in range(5):
        registrations.registration(at=stop)
    holders = holders_at(stop, by=accounts.staff(), layout=A6_SINGLE)
    for paper, pages in (("a6", 5), ("a4", 2)):
        with pdf_of(holders, PAPERS[paper], title="x") as pdf:
            document = PdfDocument(pdf.read())
            assert len(document) == pages
            document.close()


def test_a_name_that_no_font_has_and_texts_that_do_not_fit_are_told_before_printing() -> None:
    stop = campaigns.stop()
    good = registrations.registration(at=stop)
    strange = registrations.registration(at=stop, full_name="李ጀ\ue123")
    endless = registrations.registration(at=stop, university="很长的名字研究所" * 40)
    small = registrations.registration(at=stop, full_name="阿" * 60)
    assert to_look_at([good, strange, endless, small], stop) == [
        ToLookAt("李ጀ\ue123", missing=("ጀ", "\ue123")),
        ToLookAt(endless.person.full_name, cut=("unit",)),
        ToLookAt("阿" * 60, small=("full_name",)),
    ]


def test_what_is_wrong_on_every_badge_is_told_once() -> None:
    stop = campaigns.stop(of=campaigns.campaign(name_zh="博士行" * 60), city_zh="太原\ue123")
    people = [registrations.registration(at=stop) for _ in range(3)]
    assert to_look_at(people, stop) == [ToLookAt(None, missing=("\ue123",), cut=("campaign",))]


def test_what_is_told_beforehand_is_what_the_drawing_tells() -> None:
    from io import BytesIO

    from badges.draw import draw_badges

    stop = campaigns.stop()
    people = [
        registrations.registration(at=stop, full_name=name, university=unit)
        for name, unit in (("李ጀ", "山西大学"), ("王敏", "研究所" * 100), ("赵雪", "太原理工大学"))
    ]
    holders = holders_at(stop, by=accounts.staff(), layout=A6_SINGLE)
    report = draw_badges(holders, layout=A6_SINGLE, out=BytesIO())
    looks = to_look_at(people, stop)
    assert {(one.full_name, one.character) for one in report.missing} == {
        (look.full_name, character) for look in looks for character in look.missing
    }
    assert {(one.full_name, one.part) for one in report.shortened} == {
        (look.full_name, part) for look in looks for part in look.cut
    }


def test_somebody_is_found_by_name_pinyin_initials_or_code() -> None:
    stop = campaigns.stop()
    zeng = registrations.registration(at=stop, full_name="曾国华")
    registrations.registration(at=stop, full_name="张伟")
    everybody = confirmed_for_badges(stop)
    for wanted in ("国华", "zeng", "Zeng Guo", "zgh", zeng.spaced_code, zeng.code.lower()):
        assert called(wanted, everybody) == [zeng]
    assert called("没有人", everybody) == []


def test_a_missing_character_is_named_by_its_number_too() -> None:
    assert ToLookAt("李ጀ", missing=("ጀ", "\U0002a6df")).missing_named == "ጀ (U+1300) \U0002a6df (U+2A6DF)"


def test_a_pdf_too_long_for_the_memory_goes_through_a_file_and_is_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stop = campaigns.stop()
    registrations.registration(at=stop)
    holders = holders_at(stop, by=accounts.staff(), layout=A6_SINGLE)
    with pdf_of(holders, A6_SINGLE, title="x") as pdf:
        in_memory = pdf.read()
    monkeypatch.setattr("badges.batch.IN_MEMORY", 1)
    with pdf_of(holders, A6_SINGLE, title="x") as pdf:
        assert pdf.read() == in_memory
