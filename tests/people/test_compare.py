"""What two people have in common, and when somebody is asked to look."""

from __future__ import annotations

import pytest
from flask import Flask

from people.compare import compare, one_apart
from people.models import Reason
from people.pairs import Row, as_row, find_same_within

LI = {"full_name": "李文博", "mobile": "+8613800000001", "email": "li@example.com", "university": "山西大学"}


def verdict(**other: str) -> tuple[str, set[Reason]]:
    """What is thought of Dr Li and somebody who is like him but for ``other``."""
    found = compare(as_row(**LI), as_row(**{**LI, **other}))
    word = "certain" if found.is_certain else "likely" if found.is_likely else "no"
    return word, set(found.reasons)


@pytest.mark.parametrize(
    ("other", "word"),
    [
        ({}, "certain"),
        ({"email": "x@example.com", "university": "北京大学"}, "certain"),
        ({"full_name": "李 文·博", "email": "x@example.com"}, "certain"),
        ({"full_name": "李文柏"}, "likely"),
        ({"full_name": "李闻博", "email": "x@example.com", "university": ""}, "likely"),
        ({"mobile": "+8613900000002", "university": ""}, "likely"),
        ({"mobile": "+8613900000002", "email": "LI+tour@Example.com", "university": ""}, "likely"),
        ({"mobile": "+8613900000002", "email": "x@example.com"}, "likely"),
        ({"mobile": "+8613900000002", "email": "x@example.com", "university": "SXU"}, "likely"),
        ({"mobile": "+8613900000002", "email": "x@example.com", "university": "北京大学"}, "no"),
        ({"full_name": "王秀兰", "email": "x@example.com"}, "no"),  # a family's telephone
        ({"full_name": "王秀兰"}, "likely"),  # telephone and address
        ({"full_name": "李明", "mobile": "+8613900000002", "email": "x@example.com"}, "no"),
    ],
)
def test_the_verdict(app: Flask, other: dict[str, str], word: str) -> None:
    assert verdict(**other)[0] == word


def test_different_id_numbers_are_different_people(app: Flask) -> None:
    one, other = (Row("李文博", "李文博", "liwenbo", b"m", b"e", "", None, number) for number in (b"1", b"2"))
    assert compare(one, other).reasons == ()


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("abc", "abd", True),
        ("abc", "ab", True),
        ("ab", "abc", True),
        ("abc", "acb", True),
        ("abc", "abc", True),
        ("abc", "cba", False),
        ("abcd", "ab", False),
        ("", "a", True),
    ],
)
def test_one_apart(one: str, other: str, expected: bool) -> None:
    assert one_apart(one, other) is expected


def test_who_stands_in_a_list_twice(app: Flask) -> None:
    rows = [
        as_row(**LI),
        as_row(full_name="王秀兰", mobile="+8613800000009", email="wang@example.com"),
        as_row(**{**LI, "email": "other@example.com"}),
        as_row(full_name="李文柏", mobile=LI["mobile"], email=""),
        as_row(full_name="赵一", mobile=None, email=""),
    ]
    found = find_same_within(rows)
    assert [(one, later, verdict.is_certain) for one, later, verdict in found] == [
        (0, 2, True),
        (0, 3, False),
    ]
