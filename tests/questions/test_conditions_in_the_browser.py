"""Server and browser agree on what is asked: random forms, answers and nested conditions, both asked the same."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from questions.conditions import OPS, asked_of, is_well_formed
from questions.models import Kind
from tests.browser import a_browser

ROOT = Path(__file__).parent.parent.parent
CASES = 800
KEYS = [f"q{number}" for number in range(6)]
CHOICES = ["a", "b", "ab", "12"]
TEXTS = st.one_of(
    st.sampled_from(
        ["", " ", "a", "b", "ab", " a ", "12", "１２", "+3.5", "-0", "1e3", "2026-05-28", "2026-02-29", "2024-02-29",
         "2026-05", "2026-13", "0000-01-01", "é", "e\u0301", "\u3000a\u00a0 b", "999999999999999", "9" * 16, "y", "\U00020bb7"]
    ),
    st.text(max_size=6),
)  # fmt: skip
VALUES = st.one_of(
    TEXTS,
    st.integers(-5, 20),
    st.floats(-5, 20, allow_nan=False),
    st.booleans(),
    st.none(),
    st.lists(TEXTS, max_size=3),
)
LEAVES = st.fixed_dictionaries(
    {
        "question": st.sampled_from([*KEYS, "nobody"]),
        "op": st.sampled_from([*OPS, "like"]),
        "value": VALUES,
    }
)
CONDITIONS = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda parts: {"all": parts}),
        st.lists(inner, max_size=3).map(lambda parts: {"any": parts}),
        inner.map(lambda part: {"not": part}),
    ),
    max_leaves=6,
)


@dataclass(frozen=True)
class Asked:
    """A question of a random form."""

    key: str
    kind: Kind
    condition: dict[str, Any] | None
    choice_keys: list[str] = field(default_factory=lambda: CHOICES)


FORMS = st.lists(
    st.tuples(st.sampled_from(list(Kind)), st.one_of(st.none(), CONDITIONS)), min_size=1, max_size=len(KEYS)
).map(lambda rows: [Asked(KEYS[place], kind, condition) for place, (kind, condition) in enumerate(rows)])
ANSWERS = st.dictionaries(st.sampled_from(KEYS), st.lists(TEXTS, max_size=3), max_size=len(KEYS))


@pytest.mark.browser
def test_server_and_browser_agree_on_what_is_asked() -> None:
    cases: list[dict[str, Any]] = []
    here: list[list[str]] = []

    @settings(max_examples=CASES, deadline=None, database=None, derandomize=True)
    @given(form=FORMS, answers=ANSWERS)
    def collect(form: list[Asked], answers: dict[str, list[str]]) -> None:
        questions = [
            {"key": one.key, "kind": one.kind.value, "choices": one.choice_keys, "condition": one.condition}
            for one in form
        ]
        cases.append({"rules": {"questions": questions, "known": {"nobody": "a"}}, "answers": answers})
        here.append(sorted(asked_of(form, answers, {"nobody": "a"})))

    collect()
    source = (ROOT / "static" / "questions" / "conditions.js").read_text()
    with a_browser() as browser:
        page = browser.new_page()
        page.add_script_tag(type="module", content=f"{source}\nwindow.askedIn = asked;")
        page.wait_for_function("window.askedIn !== undefined")
        there = page.evaluate(
            "text => JSON.parse(text).map(({rules, answers}) => askedIn(rules, answers).sort())",
            json.dumps(cases),
        )
    differing = [
        (case, ours, theirs) for case, ours, theirs in zip(cases, here, there, strict=True) if ours != theirs
    ]
    assert differing[:3] == []
    assert len(cases) >= CASES
    conditional = [
        ours for case, ours in zip(cases, here, strict=True) if len(ours) < len(case["rules"]["questions"])
    ]
    assert len(conditional) > CASES // 10  # the forms do hide questions


@pytest.mark.parametrize(
    ("condition", "is_right"),
    [
        ({"question": "a", "op": "is", "value": "x"}, True),
        ({"all": [{"not": {"question": "a", "op": "answered"}}]}, True),
        ({"question": "a", "op": "in", "value": ["x"]}, True),
        ({"question": "later", "op": "is", "value": "x"}, False),
        ({"question": "a", "op": "like", "value": "x"}, False),
        ({"question": "a", "op": "in", "value": "x"}, False),
        ({"question": "a", "op": "more_than", "value": "much"}, False),
        ({"question": "a", "op": "before", "value": "soon"}, False),
        ({"all": []}, False),
        ({"any": [], "all": []}, False),
        ({}, False),
        ("a", False),
    ],
)
def test_a_condition_that_makes_no_sense_is_told_from_one_that_does(condition: Any, is_right: bool) -> None:
    assert is_well_formed(condition, {"a"}) is is_right
