"""Agreements: to which words, given once, taken back, asked again."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import select

from privacy.consent import consents_of, give_consent, standing_consents, withdraw_consent
from privacy.models import Consent
from privacy.purposes import CARDS, Purpose, fingerprint
from privacy.texts import CARDS_PROMISED, LANGUAGES, VERSIONS, current, digest_of_files
from shared.db import db
from shared.language import BABEL_LOCALES
from tests.conftest import Browser
from tests.factories import campaigns, registrations
from tests.registrations.test_views import address, filled


def test_a_text_that_has_been_out_is_never_edited() -> None:
    for purpose, versions in VERSIONS.items():
        for one in versions:
            assert one.digest == digest_of_files(purpose, one.version), f"{purpose} {one.version} was edited"
            assert all(one.text(language) for language in LANGUAGES)


def test_the_current_notice_promises_what_the_purposes_say() -> None:
    """Red? A purpose has changed: write a new version of the notice, and pin the fingerprint beside it."""
    assert fingerprint() == CARDS_PROMISED


def test_agreeing_twice_is_one_agreement_and_taken_back_it_stays_on_record(app: Flask) -> None:
    registration = registrations.registration()
    give_consent(registration.id, Purpose.EMPLOYERS)
    give_consent(registration.id, Purpose.EMPLOYERS)
    assert withdraw_consent(registration.id, Purpose.EMPLOYERS)
    assert not withdraw_consent(registration.id, Purpose.EMPLOYERS)
    assert standing_consents(consents_of([registration.id])) == {}
    give_consent(registration.id, Purpose.EMPLOYERS)
    rows = db.session.scalars(select(Consent).where(Consent.registration_id == registration.id)).all()
    assert [row.withdrawn_at is None for row in rows] == [False, True]
    assert {row.text_digest for row in rows} == {current(Purpose.EMPLOYERS).digest}


@pytest.mark.parametrize("ticked", [True, False])
def test_employers_are_agreed_to_by_a_box_of_its_own_that_nobody_needs_to_tick(
    client: Browser, ticked: bool
) -> None:
    stop = campaigns.stop()
    page = client.get(address(stop)).text
    box = page[page.index('name="shares_with_employers"') - 200 :][:400]
    assert "checked" not in box
    assert "required" not in box
    client.post(address(stop), data=filled(**({"shares_with_employers": "y"} if ticked else {})))
    purposes = set(db.session.scalars(select(Consent.purpose)))
    assert purposes == ({Purpose.REGISTRATION, Purpose.EMPLOYERS} if ticked else {Purpose.REGISTRATION})


@pytest.mark.parametrize("language", BABEL_LOCALES)
def test_the_notice_names_every_purpose_with_its_days(client: Browser, language: str) -> None:
    client.set_cookie("language", language)
    page = client.get("/privacy").text
    for card in CARDS:
        assert f'id="{card.purpose.value}"' in page
        assert str(card.kept_days) in page
