"""Four devices at a stop, at random: networks that fail, clocks that are wrong, answers that are lost. Whatever happens,
nothing is lost, nothing counts twice, and the order in which it came in does not matter.

Every day a handful of short days; with ``--every-variant`` 200 of 5,000 scans each. The controls at the end take the
rules away one after the other: without them the same days must go wrong.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import ExitStack
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from sqlalchemy import text

from checkin import fold, take_in
from checkin.models import Device
from checkin.take_in import Upload
from shared.db import db
from tests.checkin.four_devices import LUCK, World, a_world, run_to_the_end
from tests.conftest import Browser

SEEDS, SCANS = 200, 5_000
FEW = 8  # days of a control: one of them must go wrong

PHONES = st.integers(0, 3)
PEOPLE = st.integers(0, 4)
DICE = st.integers(0, 2**32).map(random.Random)


class Gate(RuleBasedStateMachine):
    """Five people, four checkpoints, four devices, and everything that may happen between them."""

    client: Browser

    def __init__(self) -> None:
        super().__init__()
        self.open = ExitStack()
        self.world: World = self.open.enter_context(a_world(self.client, people=5))

    @rule(
        phone=PHONES,
        person=PEOPLE,
        point=st.integers(0, 3),
        out=st.booleans(),
        luck=st.sampled_from(LUCK),
        dice=DICE,
        again=st.integers(0, 2),
    )
    def scan(
        self, phone: int, person: int, point: int, out: bool, luck: str, dice: random.Random, again: int
    ) -> None:
        """A ticket is scanned at one device, and again at the next ones in the same second."""
        world = self.world
        for number in range(phone, phone + 1 + again):
            world.scan(
                world.phones[number % 4], world.people[person], list(world.points)[point], "out" if out else "in", luck,
                dice,
            )  # fmt: skip

    @rule(phone=PHONES, dice=DICE)
    def upload(self, phone: int, dice: random.Random) -> None:
        """A device sends what waits on it."""
        self.world.upload(self.world.phones[phone], dice)

    @rule(phone=PHONES)
    def network(self, phone: int) -> None:
        """A device loses its network, or has it back."""
        self.world.phones[phone].online = not self.world.phones[phone].online

    @rule(phone=PHONES, minutes=st.integers(-10, 10))
    def set_clock(self, phone: int, minutes: int) -> None:
        """A device's clock is set wrong; it learns of it when next it hears the server."""
        self.world.phones[phone].skew = timedelta(minutes=minutes)

    @rule(phone=PHONES, luck=st.sampled_from(LUCK), dice=DICE)
    def undo(self, phone: int, luck: str, dice: random.Random) -> None:
        """A device takes back one of its own, perhaps before the server has it."""
        self.world.undo(self.world.phones[phone], luck, dice)

    @rule(dice=DICE)
    def void(self, dice: random.Random) -> None:
        """The desk takes back an entry."""
        self.world.void(dice)

    @rule(person=PEOPLE)
    def give_up(self, person: int) -> None:
        """Somebody withdraws."""
        self.world.give_up(self.world.people[person])

    @rule(person=PEOPLE)
    def reissue(self, person: int) -> None:
        """Somebody's ticket is issued anew."""
        self.world.reissue(self.world.people[person])

    @rule(phone=st.integers(0, 1))
    def revoke(self, phone: int) -> None:
        """A device is revoked; what it holds it may still send."""
        self.world.revoke(self.world.phones[phone])

    @rule(minutes=st.sampled_from((1, 14, 200, 900)))
    def wait(self, minutes: int) -> None:
        """Time passes; nothing is exact to the second any more."""
        self.world.clock += timedelta(minutes=minutes)

    @invariant()
    def as_the_model_says(self) -> None:
        """Scan by scan and entry by entry."""
        self.world.check()

    def teardown(self) -> None:
        """Everything is sent, and the same scans come in anew in two other orders."""
        with self.open:
            run_to_the_end(self.world, random.Random(0))


def test_whatever_happens_between_four_devices_the_server_comes_to_what_the_model_says(
    client: Browser,
) -> None:
    run_state_machine_as_test(
        type("GateHere", (Gate,), {"client": client}),
        settings=settings(
            max_examples=6,
            stateful_step_count=25,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
            phases=(Phase.generate, Phase.shrink),
        ),
    )


def a_day(client: Browser, seed: int, scans: int, *, look: bool = True, again: int = 2, **of: Any) -> None:
    """One day at random, with so many scans; ``look``: the model is asked after every step and not at the end alone."""
    dice = random.Random(seed)
    values = {"people": scans // 12 + 3, "seats": 2 + scans // 60, "exact": bool(seed % 2), **of}
    with a_world(client, **values) as world:
        while world.made < scans:
            world.step(dice, rush=max(3, scans // 60))
            if look:
                world.check()
        run_to_the_end(world, dice, again=again)


@pytest.mark.every_variant
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("seed", range(SEEDS))
def test_a_long_day_of_four_devices(client: Browser, seed: int) -> None:
    a_day(client, seed, SCANS, look=False)


def must_go_wrong(client: Browser, **of: Any) -> None:
    """One of a few short days goes wrong, on which two people come again and again, often in the same second."""
    with pytest.raises(AssertionError):
        for seed in range(FEW):
            a_day(client, seed, 60, again=1, people=2, exact=True, **of)


Guard = Callable[[pytest.MonkeyPatch], None]


def without_the_order_of_numbers(patched: pytest.MonkeyPatch) -> None:
    """Of scans in the same moment whichever the database tells first would count."""
    patched.setattr(fold, "sorted", lambda scans, key: sorted(scans, key=lambda one: one.at), raising=False)  # noqa: ARG005


def without_the_corrected_time(patched: pytest.MonkeyPatch) -> None:
    """The device's own clock would be believed."""
    patched.setattr(take_in, "_time_of", lambda upload, device: upload.device_at)  # noqa: ARG005


def bounded_by_when_it_came(patched: pytest.MonkeyPatch) -> None:
    """A clock that is fast would be put right by the moment of receipt, and the order of uploads matter again."""

    def time_of(upload: Upload, device: Device) -> Any:
        return min(max(upload.device_at + upload.clock_ahead, device.joined_at), vars(take_in)["now"]())

    patched.setattr(take_in, "_time_of", time_of)


def without_undos_that_come_first(patched: pytest.MonkeyPatch) -> None:
    """An undo whose scan is not here yet would be forgotten."""

    def known(undone: set[Any], _device: Device) -> set[Any]:
        here = db.session.execute(text("SELECT id FROM scans WHERE id = ANY(:ids)"), {"ids": list(undone)})
        return {number for (number,) in here}

    patched.setattr(take_in, "_its_own", known)


def without_one_number_one_scan(_patched: pytest.MonkeyPatch) -> None:
    """What is sent twice would be here twice."""
    db.session.execute(text("ALTER TABLE scans DROP CONSTRAINT pk_scans"))


def without_counting_the_room(_patched: pytest.MonkeyPatch) -> None:
    """Whoever asks would be let into a room that is full of people nobody had asked about."""
    db.session.execute(text("DROP TRIGGER check_ins_count_within ON check_ins"))


@pytest.mark.parametrize(
    "guard",
    [
        without_the_order_of_numbers,
        without_the_corrected_time,
        bounded_by_when_it_came,
        without_undos_that_come_first,
        without_one_number_one_scan,
        without_counting_the_room,
    ],
    ids=lambda guard: guard.__name__,
)
def test_without_this_rule_the_days_go_wrong(
    client: Browser, guard: Guard, monkeypatch: pytest.MonkeyPatch
) -> None:
    guard(monkeypatch)
    must_go_wrong(client)


def test_a_device_that_decides_under_the_number_it_had_asked_with_goes_wrong(client: Browser) -> None:
    must_go_wrong(client, same_number=True)
