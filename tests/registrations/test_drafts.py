"""Drafts: what is typed is kept at the office, found again by its token, and gone when it was sent."""

from __future__ import annotations

import base64
import json
import re
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from accounts.models import Role
from campaigns.models import Stop
from messages.models import Message
from questions.models import Kind
from registrations.answer_files import remove_unsent_files
from registrations.drafts import delete_expired_drafts, draft_on_token, keep_draft, new_token, typed_in
from registrations.models import FormDraft, Registration
from shared.clock import now
from shared.db import db, transaction
from tests.conftest import Browser
from tests.factories import accounts, campaigns, questions
from tests.registrations.test_views import address, filled, how_many


def keep(
    client: Browser, stop: Stop, changes: dict[str, list[str]], *, version: int = 0, page: int = 0
) -> Any:
    data = {"changes": json.dumps(changes), "version": version, "page": page}
    return client.post(f"{address(stop)}/draft", data=data)


def link_on(page: str) -> str:
    found = re.search(r"/drafts/[\w-]+", page)
    assert found is not None
    return found[0]


def drafts() -> int:
    return db.session.scalar(select(func.count()).select_from(FormDraft)) or 0


def test_what_is_typed_is_there_after_a_refresh_and_on_another_device(client: Browser, app: Flask) -> None:
    stop = campaigns.stop()
    link = link_on(client.get(address(stop)).text)
    assert drafts() == 0  # nothing is written before somebody types
    answer = keep(
        client, stop, {"full_name": ["欧阳若兰"], "education": ["doctor"], "consent": ["y"], "x": ["y"]}
    )
    assert answer.json["version"] == 1
    draft = db.session.scalars(select(FormDraft)).one()
    assert "欧阳若兰".encode() not in draft.sealed
    for browser, path in ((client, address(stop)), (app.test_client(), link)):
        page = browser.get(path, follow_redirects=True).text
        assert 'value="欧阳若兰"' in page
        assert re.search(r'name="education" value="doctor" checked', page)
        assert not re.search(
            r'name="consent" value="y" checked', page
        )  # never kept: given to the sentence one sees


def test_two_devices_write_one_draft_and_lose_no_field(app: Flask) -> None:
    stop, token = campaigns.stop(), new_token()
    with transaction():
        draft, _others = keep_draft({"a": ["1"], "b": ["1"]}, seen=0, stop_id=stop.id, token=token)
    with transaction():
        keep_draft({"b": ["2"], "c": ["2"]}, seen=draft.version, stop_id=stop.id, token=token)
    with transaction():
        draft, others = keep_draft({"a": ["3"]}, seen=1, stop_id=stop.id, token=token)
    assert typed_in(draft) == {"a": ["3"], "b": ["2"], "c": ["2"]}
    assert others == {"b": ["2"], "c": ["2"]}


def test_the_page_turned_says_what_is_wrong_on_it_and_nothing_of_the_next(client: Browser) -> None:
    stop = campaigns.stop()
    questions.question(stop.campaign, page=questions.page(stop.campaign), required=True)
    client.set_cookie("language", "en")
    client.get(address(stop))
    errors = keep(client, stop, {"full_name": ["李4"], "email": ["li@example.com"]}, page=1).json["errors"]
    assert set(errors) == {"full_name", "mobile", "university", "education", "research_field"}
    assert "no digits" in errors["full_name"]


def test_a_draft_goes_with_the_registration_with_its_days_and_at_a_wish(client: Browser) -> None:
    stop = campaigns.stop()
    for ending in ("sent", "expired", "forgotten"):
        client.get(address(stop))
        keep(client, stop, {"full_name": ["欧阳若兰"]})
        assert drafts() == 1
        if ending == "sent":
            assert client.post(address(stop), data=filled()).status_code == 303
        elif ending == "expired":
            draft = db.session.scalars(select(FormDraft)).one()
            draft.expires_at = now() - timedelta(seconds=1)
            db.session.commit()
            assert 'value="欧阳若兰"' not in client.get(address(stop)).text
            with transaction():
                assert delete_expired_drafts() == 1
        else:
            client.post(f"{address(stop)}/forget")
        assert drafts() == 0


def test_a_page_open_too_long_loses_nothing_typed(app: Flask, client: Browser) -> None:
    stop = campaigns.stop()
    app.config["WTF_CSRF_ENABLED"] = True
    try:
        answer = client.post(address(stop), data=filled(csrf_token="stale"))
        assert answer.status_code == 400
        for typed in ("买买提·艾力", "138 0013 8000", "新疆大学", "煤层气开采"):
            assert f'value="{typed}"' in answer.text
        assert 'name="education" value="doctor" checked' in answer.text
        token = re.search(r'name="csrf_token" value="([^"]+)"', answer.text)
        assert token is not None
        assert client.post(address(stop), data=filled(csrf_token=token[1])).status_code == 303
    finally:
        app.config["WTF_CSRF_ENABLED"] = False
    assert how_many(stop) == 1


def test_the_link_is_mailed_to_the_address_typed_and_not_again_at_once(client: Browser) -> None:
    stop = campaigns.stop()
    client.get(address(stop))
    assert client.post(f"{address(stop)}/mail").status_code == 422
    keep(client, stop, {"email": ["ouyang@example.com"]})
    for _twice in range(2):
        assert client.post(f"{address(stop)}/mail").status_code == 200
    message = db.session.scalars(select(Message).where(Message.kind == "draft_link")).one()
    assert message.recipient == "ouyang@example.com"
    assert "/drafts/" in message.body_text


def test_no_mailbox_is_flooded_by_drafts_that_are_free_to_make(client: Browser) -> None:
    stop = campaigns.stop()
    for _draft in range(7):
        with client.session_transaction() as session:
            session.clear()  # a new device each time
        keep(client, stop, {"email": ["somebody@example.com"]})
        assert client.post(f"{address(stop)}/mail").status_code == 200
    written = select(func.count()).select_from(Message).where(Message.kind == "draft_link")
    assert db.session.scalar(written) == 5


@pytest.mark.parametrize("path", ["/drafts/unknown", "/drafts/x"])
def test_a_link_that_opens_no_draft_says_so(client: Browser, path: str) -> None:
    assert client.get(path).status_code == 404
    assert draft_on_token("unknown") is None


PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\nstartxref\n9\n%%EOF\n"


def test_a_cv_is_kept_when_chosen_and_belongs_to_whoever_sends_it(client: Browser) -> None:
    from io import BytesIO

    from registrations.links import link_for

    stop = campaigns.stop()
    question = questions.question(stop.campaign, kind=Kind.FILE, required=True, key="cv")
    client.get(address(stop))
    send = f"{address(stop)}/register".removesuffix("/register") + "/files/cv"
    refused: Any = client.post(send, data={"file": (BytesIO(b"hello"), "cv.pdf")})
    assert refused.status_code == 415
    assert refused.json["message"]
    sent: Any = client.post(send, data={"file": (BytesIO(PDF), "简历.pdf")})
    value = sent.json["value"]
    assert client.get(f"/files/{value}").status_code == 404  # nobody's yet
    assert client.post(address(stop), data=filled(cv="made-up")).status_code == 422
    answer = client.post(address(stop), data=filled(cv=value, mobile="1"))
    assert answer.status_code == 422
    assert "简历.pdf" in answer.text  # an error elsewhere does not ask for the file again
    assert client.post(address(stop), data=filled(cv=value)).status_code == 303
    registration = db.session.scalars(select(Registration).where(Registration.stop_id == stop.id)).one()
    assert registration.answers[question.key].isdigit()
    assert client.get(f"/files/{value}?link={link_for(registration)}").status_code == 200
    other = client.post(address(stop), data=filled(cv=value, full_name="另一人", mobile="13900139000"))
    assert other.status_code == 422  # another's file is not taken over
    with transaction():
        assert remove_unsent_files() == 0


def test_a_file_that_was_never_sent_is_let_go(client: Browser) -> None:
    from io import BytesIO

    from files.models import StoredFile

    stop = campaigns.stop()
    questions.question(stop.campaign, kind=Kind.FILE, key="cv")
    client.get(address(stop))
    client.post(f"{address(stop)}/files/cv", data={"file": (BytesIO(PDF), "cv.pdf")})
    stored = db.session.scalars(select(StoredFile)).one()
    stored.kept_at = now() - timedelta(days=32)
    db.session.commit()
    with transaction():
        assert remove_unsent_files() == 1


def test_a_draft_takes_no_more_than_a_form_holds_and_no_brackets_without_end(client: Browser) -> None:
    stop = campaigns.stop()
    deep = client.post(f"{address(stop)}/draft", data={"changes": "[" * 90_000, "version": 0, "page": 0})
    assert deep.status_code == 400
    assert keep(client, stop, {"programme-x": ["1"], "programme-made-up": ["1"]}).status_code == 200
    for number in range(6):
        answer = keep(client, stop, {f"programme-{number}": ["x" * 90_000]})
    assert answer.status_code == 413
    whole = db.session.scalars(select(FormDraft)).all()
    assert sum(len(one.sealed) for one in whole) < 500_000
    assert not any("programme-x" in typed_in(one) for one in whole)
    mark = base64.urlsafe_b64encode(b"[" * 3000).decode()
    client.sign_in(accounts.staff(Role.ORGANISER))
    assert client.get(f"/desk/registrations?after={mark}").status_code == 200
