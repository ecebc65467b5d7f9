"""A ticket's code: what is signed is read back, and nothing else is."""

import struct
import xml.etree.ElementTree as ET
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from io import BytesIO

import pytest
import zxingcpp
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from qrcode.constants import ERROR_CORRECT_M
from qrcode.main import QRCode
from qrcode.util import QRData

from registrations.ticket_code import (
    CODE_LENGTHS,
    LASTING,
    MOVING,
    SHORTEST_CODE,
    BadTicket,
    NotATicket,
    TicketBody,
    UnknownKey,
    UnknownVersion,
    WrongSignature,
    from_base45,
    qr_matrix,
    qr_png,
    qr_svg,
    read,
    sign,
    to_base45,
)

OURS = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
THEIRS = Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33)))
KEYS: dict[int, Ed25519PublicKey] = {7: OURS.public_key()}
BODY = TicketBody(key_id=7, stop_id=12, registration_id=3_456_789, good_through=date(2026, 11, 27), serial=3)
CODE = sign(BODY, OURS)
ALPHANUMERIC = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
# The order of Ed25519's group (RFC 8032, section 5.1).
GROUP_ORDER = 2**252 + 27742317777372353535851937790883648493

bodies = st.builds(
    TicketBody,
    key_id=st.integers(0, 0xFF),
    stop_id=st.integers(0, 0xFFFF),
    registration_id=st.integers(0, 0xFFFF_FFFF),
    good_through=st.dates(date(2020, 1, 1), date(2020, 1, 1) + timedelta(days=0xFFFF)),
    serial=st.integers(0, 0xFFFF),
    issued_at=st.none()
    | st.integers(0, 0xFFFF_FFFF).map(
        lambda second: datetime(2020, 1, 1, tzinfo=UTC) + timedelta(seconds=second)
    ),
)


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"AB", "BB8"),
        (b"Hello!!", "%69 VD92EX0"),
        (b"base-45", "UJCLQE7W581"),
        (b"ietf!", "QED8WEX0"),
        (b"\xff\xff", "FGW"),
        (b"", ""),
    ],
)
def test_base45_is_written_and_read_as_in_rfc_9285(content: bytes, text: str) -> None:
    assert to_base45(content) == text
    assert from_base45(text) == content


@pytest.mark.parametrize("text", ["GGW", ":::", "::", "A", "BB8A", "bb8", "BB8\n", "BB_", "ＢＢ８"])
def test_base45_that_nobody_writes_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="base45"):
        from_base45(text)


@given(st.binary(max_size=200))
def test_every_content_survives_base45(content: bytes) -> None:
    assert from_base45(to_base45(content)) == content


@given(st.text(ALPHANUMERIC, max_size=12))
def test_no_two_base45_texts_mean_the_same(text: str) -> None:
    try:
        content = from_base45(text)
    except ValueError:
        return
    assert to_base45(content) == text


@given(bodies)
def test_a_signed_ticket_is_read_back(body: TicketBody) -> None:
    code = sign(body, OURS)
    assert len(code) == CODE_LENGTHS[MOVING if body.issued_at else LASTING] <= 120
    assert set(code) <= set(ALPHANUMERIC)
    assert read(code, {body.key_id: OURS.public_key()}) == body


def test_the_bytes_of_a_ticket_stand_where_they_are_said_to_stand() -> None:
    assert from_base45(CODE)[:12] == bytes.fromhex("02 07 000c 0034bf15 09da 0003")
    moving = replace(BODY, issued_at=datetime(2026, 11, 27, 1, 2, 30, tzinfo=UTC))
    assert from_base45(sign(moving, OURS))[:16] == bytes.fromhex("03 07 000c 0034bf15 09da 0003 0cfcf5a6")


def test_a_ticket_printed_before_there_were_serials_is_read_as_the_first() -> None:
    written = bytes.fromhex("01 07 000c 0034bf15 09da")
    code = to_base45(written + OURS.sign(written))
    assert len(code) == CODE_LENGTHS[1] == SHORTEST_CODE
    assert read(code, KEYS) == replace(BODY, serial=0)


def test_the_same_ticket_has_the_same_code() -> None:
    assert sign(BODY, OURS) == CODE


def test_a_ticket_is_refused_with_any_one_of_its_bits_turned() -> None:
    whole = from_base45(CODE)
    every_key = dict.fromkeys(range(256), OURS.public_key())
    for bit in range(len(whole) * 8):
        turned = bytearray(whole)
        turned[bit // 8] ^= 1 << bit % 8
        for keys in (KEYS, every_key):
            with pytest.raises(BadTicket):
                read(to_base45(bytes(turned)), keys)


def test_a_ticket_is_refused_with_any_one_of_its_characters_exchanged() -> None:
    for place in range(len(CODE)):
        for character in ALPHANUMERIC:
            if character == CODE[place]:
                continue
            with pytest.raises(BadTicket):
                read(CODE[:place] + character + CODE[place + 1 :], KEYS)


def test_a_cut_or_lengthened_ticket_is_not_a_ticket() -> None:
    for length in range(len(CODE)):
        with pytest.raises(NotATicket):
            read(CODE[:length], KEYS)
    for text in (CODE + "0", CODE + "\n", " " + CODE, CODE + CODE, CODE.lower()):
        with pytest.raises(NotATicket):
            read(text, KEYS)


def test_a_ticket_of_another_office_is_refused() -> None:
    with pytest.raises(WrongSignature):
        read(sign(BODY, THEIRS), KEYS)


def test_a_ticket_signed_with_a_key_we_do_not_have_names_the_key() -> None:
    with pytest.raises(UnknownKey) as refused:
        read(CODE, {6: OURS.public_key()})
    assert refused.value.key_id == 7


def test_an_old_key_still_reads_the_tickets_it_signed() -> None:
    renewed = TicketBody(key_id=8, stop_id=1, registration_id=2, good_through=date(2027, 1, 1))
    keys = {7: OURS.public_key(), 8: THEIRS.public_key()}
    assert read(CODE, keys) == BODY
    assert read(sign(renewed, THEIRS), keys) == renewed


def test_a_version_we_do_not_know_is_named_even_if_well_signed() -> None:
    written = struct.pack(">BBHIHH", 9, 7, 12, 34, 56, 0)
    with pytest.raises(UnknownVersion) as refused:
        read(to_base45(written + OURS.sign(written)), KEYS)
    assert refused.value.version == 9


def test_the_other_spelling_of_a_signature_is_refused() -> None:
    """Adding the group's order to S gives a second number that satisfies the equation."""
    whole = from_base45(CODE)
    s = int.from_bytes(whole[44:], "little") + GROUP_ORDER
    with pytest.raises(WrongSignature):
        read(to_base45(whole[:44] + s.to_bytes(32, "little")), KEYS)


@settings(max_examples=500)
@given(
    st.one_of(
        st.text(),
        st.text(ALPHANUMERIC, min_size=SHORTEST_CODE, max_size=120),
        st.text(min_size=SHORTEST_CODE, max_size=120),
        st.binary(min_size=74, max_size=74).map(to_base45),
        st.binary(min_size=72, max_size=72).map(lambda rest: to_base45(b"\x01\x07" + rest)),
    )
)
def test_no_other_text_is_a_ticket(text: str) -> None:
    with pytest.raises(BadTicket):
        read(text, KEYS)


@pytest.mark.parametrize(
    "beyond",
    [
        {"key_id": 256},
        {"key_id": -1},
        {"stop_id": 65_536},
        {"stop_id": -1},
        {"registration_id": 2**32},
        {"registration_id": -1},
        {"good_through": date(2019, 12, 31)},
        {"good_through": date(2199, 6, 7)},
    ],
)
def test_what_does_not_fit_its_field_is_refused(beyond: dict[str, int | date]) -> None:
    fields: dict[str, int | date] = {
        "key_id": 7,
        "stop_id": 12,
        "registration_id": 34,
        "good_through": date(2026, 11, 27),
    }
    with pytest.raises(ValueError, match=next(iter(beyond))):
        TicketBody(**{**fields, **beyond})  # type: ignore[arg-type]


def test_the_qr_symbol_is_version_5_with_correction_m_and_says_the_code() -> None:
    matrix = qr_matrix(CODE)
    assert [len(row) for row in matrix] == [37] * 37
    picture = Image.open(BytesIO(qr_png(CODE)))
    (found,) = zxingcpp.read_barcodes(picture.convert("L"))
    assert found.text == CODE
    assert found.ec_level == "M"
    assert picture.size == (360, 360)
    assert picture.mode == "1"


@settings(max_examples=25, deadline=None)
@given(bodies)
def test_the_symbol_of_every_ticket_is_read_by_a_scanner(body: TicketBody) -> None:
    code = sign(body, OURS)
    (found,) = zxingcpp.read_barcodes(Image.open(BytesIO(qr_png(code, module=3))).convert("L"))
    assert found.text == code


def by_the_library(code: str) -> list[list[bool]]:
    symbol = QRCode(version=5, error_correction=ERROR_CORRECT_M, mask_pattern=3, border=0)
    symbol.add_data(QRData(code, mode=2))
    symbol.make(fit=False)
    return [[bool(module) for module in row] for row in symbol.modules]


@settings(max_examples=60, deadline=None)
@given(st.one_of(st.text(ALPHANUMERIC, max_size=122), bodies.map(lambda body: sign(body, OURS))))
def test_every_module_is_where_the_qrcode_library_puts_it(code: str) -> None:
    assert qr_matrix(code) == by_the_library(code)


@pytest.mark.parametrize("length", range(0, 123, 1))
def test_a_symbol_of_every_length_is_as_the_library_draws_it(length: int) -> None:
    code = (ALPHANUMERIC * 3)[:length]
    assert qr_matrix(code) == by_the_library(code)


def test_a_text_too_long_for_the_symbol_is_refused() -> None:
    with pytest.raises(ValueError, match="123 characters"):
        qr_matrix("A" * 123)
    assert len(qr_matrix("A" * 122)) == 37


@pytest.mark.parametrize("code", ["abc", "张三", "A_B"])
def test_a_text_with_other_characters_is_no_symbol_of_ours(code: str) -> None:
    with pytest.raises(ValueError):
        qr_matrix(code)


def test_the_svg_shows_the_same_modules_and_names_itself() -> None:
    svg = ET.fromstring(qr_svg(CODE, module=4, title="入场码 <7>"))  # noqa: S314 - our own
    space = "{http://www.w3.org/2000/svg}"
    assert svg.get("width") == "180"
    assert svg.findtext(f"{space}title") == "入场码 <7>"
    (path,) = svg.findall(f"{space}path")
    shown = [[False] * 45 for _ in range(45)]
    for stroke in (path.get("d") or "").split("M")[1:]:
        corner, width, *_ = stroke.split("h")
        x, y = map(int, corner.split())
        for step in range(int(width.split("v")[0])):
            shown[y][x + step] = True
    assert [row[4:41] for row in shown[4:41]] == qr_matrix(CODE)
    assert sum(map(sum, shown)) == sum(map(sum, qr_matrix(CODE)))
    assert not any(element.get("style") for element in svg.iter())


def test_a_moment_is_not_taken_for_a_day() -> None:
    with pytest.raises(TypeError):
        TicketBody(1, 1, 1, datetime(2026, 11, 27, 9, 0, tzinfo=UTC))
