"""In which word a stop stands, from its draft to its end."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from campaigns.models import Campaign, ProgrammeItem, Stop
from campaigns.standing import Seats, Standing, phase_of, seats_of, standing_of

START = datetime(2026, 5, 28, 1, tzinfo=UTC)
END = START + timedelta(hours=8)
CLOSES = START - timedelta(days=1)
OPENED = START - timedelta(days=20)


def stop(**changes: Any) -> Stop:
    values: dict[str, Any] = {
        "campaign": Campaign(published_at=OPENED),
        "starts_at": START,
        "ends_at": END,
        "registration_closes_at": CLOSES,
        "registration_opened_at": OPENED,
        "capacity": 100,
        "seats_taken": 0,
    }
    return Stop(**{**values, **changes})


@pytest.mark.parametrize(
    ("changes", "at", "standing"),
    [
        ({}, CLOSES - timedelta(seconds=1), Standing.OPEN),
        ({}, CLOSES, Standing.CLOSED),
        ({}, START, Standing.RUNNING),
        ({}, END, Standing.OVER),
        ({"seats_taken": 100}, CLOSES - timedelta(seconds=1), Standing.WAITING_LIST),
        ({"registration_opened_at": None}, OPENED, Standing.NOT_OPEN),
        ({"campaign": Campaign(published_at=None)}, OPENED, Standing.NOT_OPEN),
        ({"cancelled_at": OPENED}, OPENED, Standing.CANCELLED),
        ({"cancelled_at": OPENED}, END, Standing.CANCELLED),
        ({"registration_closes_at": END}, START + timedelta(hours=1), Standing.OPEN),
    ],
)
def test_a_stop_stands_in_one_word(changes: dict[str, Any], at: datetime, standing: Standing) -> None:
    assert standing_of(stop(**changes), at) is standing


@pytest.mark.parametrize(
    ("capacity", "taken", "seats"),
    [
        (100, 89, Seats.PLENTY),
        (100, 90, Seats.FEW),
        (100, 100, Seats.NONE),
        (2000, 1949, Seats.PLENTY),
        (2000, 1950, Seats.FEW),
        (3, 2, Seats.FEW),
        (3, 1, Seats.PLENTY),
        (0, 0, Seats.NONE),
    ],
)
def test_seats_are_plenty_few_or_none(capacity: int, taken: int, seats: Seats) -> None:
    assert seats_of(stop(capacity=capacity, seats_taken=taken)) is seats


def test_a_programme_item_is_past_on_now_or_to_come() -> None:
    item = ProgrammeItem(starts_at=START, ends_at=END)
    moments = (START - timedelta(seconds=1), START, END - timedelta(seconds=1), END)
    assert [phase_of(item, at) for at in moments] == ["to_come", "now", "now", "past"]
