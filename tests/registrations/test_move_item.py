"""Another time for what people have chosen: shown before whom it touches, and told to them once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from audit.record import APPLICANT
from campaigns.errors import ItemIsChosen
from campaigns.programme import ProgrammeEntry, revise_item
from messages.models import Message
from registrations.choose_programme import choose, choose_exactly
from registrations.links import link_for
from shared.clock import in_china
from shared.db import db, transaction
from tests.conftest import Browser
from tests.factories import accounts, campaigns, registrations
from tests.promises import keep_promises


def test_a_new_time_is_shown_first_with_whom_it_touches_and_then_told(client: Browser) -> None:
    stop, staff = campaigns.stop(), accounts.staff()
    salon = campaigns.item(at=stop, hours=(1, 2), group_zh="沙龙（选一场）")
    visit = campaigns.item(at=stop, hours=(3, 4), title_zh="企业考察")
    both, one = (registrations.registration(at=stop) for _ in range(2))
    with transaction():
        choose_exactly(both.id, [salon.id, visit.id], by=APPLICANT)
        choose(one.id, salon.id, by=APPLICANT)
    before = salon.starts_at
    later = before + timedelta(hours=2, minutes=30)
    with pytest.raises(ItemIsChosen), transaction():
        revise_item(
            salon.id,
            ProgrammeEntry(
                salon.kind, salon.title_zh, later, later + timedelta(hours=1), is_chosen=True, group_zh=salon.group_zh
            ),
            stop_id=stop.id,
            by=staff,
        )  # fmt: skip

    def typed(**changes: Any) -> dict[str, Any]:
        return {
            "kind": salon.kind.value, "title_zh": salon.title_zh, "place_zh": salon.place_zh, "is_chosen": "y",
            "group_zh": "沙龙（选一场）", "starts_at": f"{in_china(later):%Y-%m-%dT%H:%M}",
            "ends_at": f"{in_china(later + timedelta(hours=1)):%Y-%m-%dT%H:%M}", **changes,
        }  # fmt: skip

    client.sign_in(staff)
    address = f"/desk/campaigns/stops/{stop.id}/programme/{salon.id}"
    page = client.post(address, data=typed())
    assert page.status_code == 200
    assert "企业考察" in page.text
    assert "已有 2 人选择" in page.text
    db.session.refresh(salon)
    assert salon.starts_at == before, "looking changes nothing"
    assert client.post(address, data=typed(group_zh="别的")).status_code == 409
    seal = page.text.split('name="seal" value="')[1].split('"')[0]
    with transaction():
        choose(registrations.registration(at=stop).id, salon.id, by=APPLICANT)
    again = client.post(address, data=typed(seal=seal))
    assert "已有 3 人选择" in again.text, "what is done is what was shown"
    seal = again.text.split('name="seal" value="')[1].split('"')[0]
    assert client.post(address, data=typed(seal=seal)).status_code == 302
    keep_promises()
    told = {
        message.registration_id: message.body_text
        for message in db.session.scalars(select(Message).where(Message.kind == "item_moved"))
    }
    assert len(told) == 3
    assert "企业考察" in told[both.id]
    assert "企业考察" not in told[one.id]
    assert f"{in_china(later):%H:%M}" in told[one.id]
    assert "时间冲突" in client.get(f"/r/{link_for(both)}").text
    assert "时间冲突" not in client.get(f"/r/{link_for(one)}").text
    assert client.post(address, data=typed(title_zh="氢能沙龙")).status_code == 302, "a new name asks nobody"
