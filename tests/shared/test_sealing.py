"""Sealed values open in their own row and nowhere else, and a key may change while the product runs."""

from __future__ import annotations

import pytest
from flask import Flask

from shared.sealing import (
    NotOfThisRow,
    Unopened,
    WrongKey,
    is_under_the_newest_key,
    keyed_hash,
    keyed_hashes,
    seal,
    unseal,
    unseal_text,
)

NUMBER = "11010519491231002X"
PLACE = "people.id_number:17"


@pytest.fixture
def keys() -> Flask:
    """An application that has keys and nothing else."""
    bare = Flask(__name__)
    bare.config.update(SECRET_KEY="first secret", DATA_KEYS=())
    return bare


def test_what_was_sealed_opens_again_and_never_looks_the_same(keys: Flask) -> None:
    with keys.app_context():
        first, second = seal(NUMBER, context=PLACE), seal(NUMBER, context=PLACE)
        assert unseal_text(first, context=PLACE) == unseal_text(second, context=PLACE) == NUMBER
        assert first != second
        assert len(first) == len(NUMBER) + 33
        assert NUMBER.encode() not in first
        assert unseal(seal(b"\x00\xff", context=PLACE), context=PLACE) == b"\x00\xff"


@pytest.mark.parametrize("elsewhere", ["people.id_number:18", "people.passport:17", "leads.id_number:17"])
def test_moved_to_another_place_it_does_not_open(keys: Flask, elsewhere: str) -> None:
    with keys.app_context(), pytest.raises(Unopened):
        unseal(seal(NUMBER, context=PLACE), context=elsewhere)


def test_in_another_row_the_reason_is_the_row_and_not_the_key(keys: Flask) -> None:
    with keys.app_context(), pytest.raises(NotOfThisRow, match=r"people\.id_number:18"):
        unseal(seal(NUMBER, context=PLACE), context="people.id_number:18")


@pytest.mark.parametrize("at", range(5, 55, 7))
def test_one_altered_bit_is_noticed(keys: Flask, at: int) -> None:
    with keys.app_context():
        sealed = bytearray(seal(NUMBER, context=PLACE))
        sealed[min(at, len(sealed) - 1)] ^= 1
        with pytest.raises(NotOfThisRow):
            unseal(bytes(sealed), context=PLACE)


def test_a_missing_key_is_said_plainly(keys: Flask) -> None:
    with keys.app_context():
        sealed = seal(NUMBER, context=PLACE)
        keys.config["SECRET_KEY"] = "another secret"
        with pytest.raises(WrongKey, match="add the earlier key to DATA_KEY"):
            unseal(sealed, context=PLACE)


@pytest.mark.parametrize("strange", [b"", b"\x01", b"\x02" + b"x" * 60, NUMBER.encode()])
def test_what_was_never_sealed_is_refused(keys: Flask, strange: bytes) -> None:
    with keys.app_context(), pytest.raises(Unopened):
        unseal(strange, context=PLACE)


def test_a_key_changes_while_earlier_values_go_on_opening(keys: Flask) -> None:
    with keys.app_context():
        under_secret = seal(NUMBER, context=PLACE)
        keys.config["DATA_KEYS"] = ("first data key",)
        under_first = seal(NUMBER, context=PLACE)
        keys.config["DATA_KEYS"] = ("second data key", "first data key")
        newest = seal(NUMBER, context=PLACE)
        for sealed in (under_secret, under_first, newest):
            assert unseal_text(sealed, context=PLACE) == NUMBER
        assert [is_under_the_newest_key(s, context=PLACE) for s in (under_secret, under_first, newest)] == [
            False,
            False,
            True,
        ]


def test_a_hash_is_equal_for_the_same_value_and_use_and_key_only(keys: Flask) -> None:
    with keys.app_context():
        use = "people.id_number"
        before = keyed_hash(NUMBER, use=use)
        assert before == keyed_hash(NUMBER, use=use)
        assert before != keyed_hash(NUMBER, use="people.mobile")
        assert before != keyed_hash("110105194912310021", use=use)
        keys.config["DATA_KEYS"] = ("data key",)
        assert keyed_hash(NUMBER, use=use) != before
        assert keyed_hashes(NUMBER, use=use) == [keyed_hash(NUMBER, use=use), before]


@pytest.mark.parametrize("context", ["people", "people.id_number", "people:17", "people.id_number:"])
def test_a_context_names_table_column_and_row(keys: Flask, context: str) -> None:
    with keys.app_context(), pytest.raises(ValueError, match=r"table\.column:row"):
        seal(NUMBER, context=context)
