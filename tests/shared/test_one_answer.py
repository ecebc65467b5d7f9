"""Many who ask at once are told by one look, and nobody is told what is old."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from shared import one_answer
from shared.one_answer import Answers


class Look:
    """Something dear to find out: counts how often, and takes as long as it is held up."""

    def __init__(self) -> None:
        self.times = 0
        self.may_go_on = threading.Event()
        self.is_under_way = threading.Event()
        self.may_go_on.set()

    def __call__(self) -> int:
        """The number of this look."""
        self.times += 1
        number = self.times
        self.is_under_way.set()
        assert self.may_go_on.wait(20)
        return number


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """A clock that goes on only when told."""
    moment = [1000.0]
    monkeypatch.setattr("time.monotonic", lambda: moment[0])

    def go_on(seconds: float) -> None:
        moment[0] += seconds

    return go_on


def test_those_who_ask_together_are_told_by_one_look() -> None:
    answers, look, told = Answers(), Look(), list[int]()
    look.may_go_on.clear()
    asking = [
        threading.Thread(target=lambda: told.append(answers.of("stop", look, lasts=60))) for _ in range(8)
    ]
    for thread in asking:
        thread.start()
    assert look.is_under_way.wait(20)
    look.may_go_on.set()
    for thread in asking:
        thread.join(20)
    assert told == [1] * 8
    assert look.times == 1


def test_an_answer_ends_and_each_question_has_its_own(clock: Callable[[float], None]) -> None:
    answers, look = Answers(), Look()
    assert [
        answers.of("a", look, lasts=1),
        answers.of("a", look, lasts=1),
        answers.of("b", look, lasts=1),
    ] == [1, 1, 2]
    clock(1.0)
    assert answers.of("a", look, lasts=1) == 3


def test_while_one_looks_others_get_what_is_a_little_old_and_wait_for_what_is_older(
    clock: Callable[[float], None],
) -> None:
    answers, look = Answers(), Look()
    assert answers.of("stop", look, lasts=1) == 1
    clock(1.5)
    look.may_go_on.clear()
    look.is_under_way.clear()
    told: list[int] = []
    first = threading.Thread(target=lambda: told.append(answers.of("stop", look, lasts=1)))
    first.start()
    assert look.is_under_way.wait(20)
    assert answers.of("stop", look, lasts=1) == 1, "half a second late, and nobody queues"
    clock(one_answer.LATE)
    late = threading.Thread(target=lambda: told.append(answers.of("stop", look, lasts=1)))
    late.start()
    late.join(0.2)
    assert late.is_alive(), "too old to be told: waits for the look that is under way"
    look.may_go_on.set()
    first.join(20)
    late.join(20)
    assert told == [2, 2]
    assert look.times == 2


def test_a_look_that_fails_is_kept_for_nobody(clock: Callable[[float], None]) -> None:
    answers = Answers()

    def fails() -> int:
        raise LookupError

    with pytest.raises(LookupError):
        answers.of("stop", fails, lasts=60)
    assert answers.of("stop", Look(), lasts=60) == 1


def test_what_nobody_asks_for_is_forgotten(clock: Callable[[float], None]) -> None:
    answers, look = Answers(), Look()
    for number in range(300):
        answers.of(number, look, lasts=1)
    clock(10)
    answers.of("new", look, lasts=1)
    assert len(answers._kept) < 10
