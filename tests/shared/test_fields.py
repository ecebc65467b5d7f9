"""What people type about themselves, and the one spelling it is kept in."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from werkzeug.datastructures import MultiDict
from wtforms import Form

from shared.fields import FullNameField, LineField, MailAddressField, MobileField, as_mobile, as_name


class AboutYou(Form):  # type: ignore[misc, unused-ignore]
    """One of each."""

    full_name = FullNameField()
    mobile = MobileField()
    email = MailAddressField()
    field = LineField(shortest=2, longest=10)


def typed(**changes: str) -> Any:
    """The form as sent, checked."""
    values = {"full_name": "李文博", "mobile": "13800138000", "email": "li@example.com", "field": "煤化工"}
    form = AboutYou(MultiDict({**values, **changes}))
    form.validate()
    return form


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("李文博", "李文博"),
        ("  李 文博　", "李 文博"),
        ("买买提・艾力", "买买提·艾力"),
        ("买买提 • 艾力", "买买提·艾力"),
        ("㑇䶮", "㑇䶮"),
        ("\U00030edd\U00030ede", "\U00030edd\U00030ede"),  # biáng, newer than this Python's tables
        ("李〇", "李〇"),
        ("Anne-Marie O’Neill", "Anne-Marie O’Neill"),
        ("Lu\u0308 Wei", "Lü Wei"),
        ("李\u200b文博\r\n", "李文博"),
    ],
)
def test_a_name_is_kept_in_one_spelling_and_loses_no_rare_character(app: Flask, text: str, name: str) -> None:
    form = typed(full_name=text)
    assert form.full_name.errors == () or form.full_name.errors == []
    assert form.full_name.checked == name == as_name(text)


@pytest.mark.parametrize(
    "text", ["", " ", "李", "李4", "李４", "李①", "<b>李</b>", "李😀", "李@文", "李" * 51, "a/b"]
)
def test_what_is_no_name_is_refused_and_kept_as_typed(app: Flask, text: str) -> None:
    form = typed(full_name=text)
    assert len(form.full_name.errors) == 1
    assert form.full_name.data == text.strip()


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("13800138000", "+8613800138000"),
        ("138 0013-8000", "+8613800138000"),
        ("+86 138 0013 8000", "+8613800138000"),
        ("8613800138000", "+8613800138000"),
        ("0086 13800138000", "+8613800138000"),
        ("１３８００１３８０００", "+8613800138000"),
        ("16600000001", "+8616600000001"),
        ("19900000001", "+8619900000001"),
        ("+44 7400 123456", "+447400123456"),
        ("0044 7400 123456", "+447400123456"),
        ("+852 5123 4567", "+85251234567"),
    ],
)
def test_a_mobile_number_is_kept_as_e164_however_it_is_typed(app: Flask, text: str, number: str) -> None:
    assert as_mobile(text) == number
    assert typed(mobile=text).mobile.checked == number


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1380013800",
        "138001380000",
        "12800138000",
        "0351-7041234",
        "+861280013800",
        "+44 1",
        "abc",
        "+86",
        "٠١٢",
    ],
)
def test_what_cannot_be_a_mobile_number_is_refused_and_kept_as_typed(app: Flask, text: str) -> None:
    form = typed(mobile=text)
    assert len(form.mobile.errors) == 1
    assert form.mobile.data == text


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("li@Example.COM", "li@example.com"),
        (" li＠example。com ", "li@example.com"),
        ("李@例子.中国", "李@例子.中国"),
    ],
)
def test_an_address_is_kept_with_its_domain_in_small_letters(app: Flask, text: str, address: str) -> None:
    assert typed(email=text).email.checked == address


@pytest.mark.parametrize(
    "text", ["", "li", "li@", "@example.com", "li@example", "a b@example.com", "li@example.com\nBcc: x@y.z"]
)
def test_what_cannot_be_an_address_is_refused(app: Flask, text: str) -> None:
    assert len(typed(email=text).email.errors) == 1


@pytest.mark.parametrize(("text", "kept"), [(" 煤  化工 ", "煤 化工"), ("煤" * 10, "煤" * 10)])
def test_a_line_is_kept_with_single_blanks(app: Flask, text: str, kept: str) -> None:
    assert typed(field=text).field.checked == kept


@pytest.mark.parametrize("text", ["", "煤", "煤" * 11])
def test_a_line_is_neither_too_short_nor_too_long(app: Flask, text: str) -> None:
    assert len(typed(field=text).field.errors) == 1
