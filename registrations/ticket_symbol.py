"""A ticket's QR symbol, drawn fast: always version 5, error correction M, alphanumeric, the same mask.

The qrcode library is right and slow (1.5 ms a symbol, half of a badge's whole time), as it works out for each
symbol what is the same for all. Here that is asked of it once a process: the empty symbol, and where each bit
belongs in it. What is left is the text's bits and their Reed-Solomon codewords. A test holds every
module against the library's own symbol.
"""

from functools import cache
from typing import Final

from qrcode.base import gexp, glog
from qrcode.constants import ERROR_CORRECT_M
from qrcode.LUT import rsPoly_LUT
from qrcode.main import QRCode

QR_MODULES: Final = 37
"""Modules on a side of the QR symbol, without the quiet zone."""

QUIET_ZONE: Final = 4
"""Modules that must stay white around the symbol (ISO/IEC 18004)."""

LONGEST: Final = 122
"""Characters that fit."""

# Trying all eight masks costs four times as much as the rest of the symbol. Any mask is valid and is
# recorded in the symbol; a signature is noise, so no mask is better than another.
_MASK: Final = 3
_VERSION: Final = 5

# Version 5-M: two blocks of 43 data codewords and 24 for correction (ISO/IEC 18004, table 9).
_BLOCKS: Final = 2
_DATA: Final = 43
_CORRECTION: Final = 24
_CODEWORDS: Final = _BLOCKS * (_DATA + _CORRECTION)

_ALPHANUMERIC: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
_DIGIT: Final = {character: digit for digit, character in enumerate(_ALPHANUMERIC)}


def qr_matrix(code: str) -> list[list[bool]]:
    """Draw ``code`` as a QR symbol: 37 rows of 37, True is dark, without the quiet zone.

    ``code`` is a ticket's code; any text in QR's alphanumeric set up to 122 characters is drawn too.
    ValueError for anything else.
    """
    empty, places = _empty_symbol()
    modules = bytearray(empty)
    bits = f"{int.from_bytes(_codewords(code), 'big'):0{_CODEWORDS * 8}b}"
    for place, bit in zip(places, bits, strict=True):
        if bit == "1":
            modules[place] ^= 1
    rows = [modules[start : start + QR_MODULES] for start in range(0, len(modules), QR_MODULES)]
    return [[module == 1 for module in row] for row in rows]


def _codewords(code: str) -> bytes:
    """The text's data and correction codewords, in the order they are placed."""
    data = _data(code)
    blocks = [data[start : start + _DATA] for start in range(0, len(data), _DATA)]
    corrections = [_correction(block) for block in blocks]
    return b"".join(bytes(column) for part in (blocks, corrections) for column in zip(*part, strict=True))


def _data(code: str) -> bytes:
    if len(code) > LONGEST:
        raise ValueError(f"{len(code)} characters do not fit a ticket's QR code")
    try:
        digits = [_DIGIT[character] for character in code]
    except KeyError as error:
        raise ValueError(f"{error.args[0]!r} has no place in a ticket's QR code") from None
    # Mode 0010 and the length; then two characters in 11 bits, a last odd one in 6.
    bits = [f"0010{len(code):09b}"]
    bits += [f"{45 * digits[place] + digits[place + 1]:011b}" for place in range(0, len(digits) - 1, 2)]
    if len(digits) % 2:
        bits.append(f"{digits[-1]:06b}")
    capacity = _BLOCKS * _DATA * 8
    text = "".join(bits)
    text += "0" * min(4, capacity - len(text))
    text += "0" * (-len(text) % 8)
    padding = "1110110000010001" * _DATA
    return int((text + padding)[:capacity], 2).to_bytes(capacity // 8, "big")


def _correction(block: bytes) -> bytes:
    """The remainder of the block's polynomial by the generator's, the first coefficient in the highest byte."""
    multiples = _generator_multiples()
    remainder = 0
    for codeword in block:
        factor = codeword ^ remainder >> 8 * (_CORRECTION - 1)
        remainder = (remainder << 8) % (1 << 8 * _CORRECTION) ^ multiples[factor]
    return remainder.to_bytes(_CORRECTION, "big")


@cache
def _generator_multiples() -> tuple[int, ...]:
    """The generator polynomial without its leading 1, times each of the 256 elements of the field."""
    coefficients = rsPoly_LUT[_CORRECTION][1:]
    return (
        0,
        *(
            int.from_bytes(bytes(gexp(glog(part) + glog(factor)) for part in coefficients), "big")
            for factor in range(1, 256)
        ),
    )


@cache
def _empty_symbol() -> tuple[bytes, tuple[int, ...]]:
    """The symbol of codewords that are all 0, row after row, and the module of each codeword's bit.

    Where the bits go is read off eleven symbols: the n-th is given the n-th binary digit of each bit's own number.
    """
    empty = _placed(bytes(_CODEWORDS))
    numbers = range(1, _CODEWORDS * 8 + 1)
    found = [0] * len(empty)
    for digit in range(numbers[-1].bit_length()):
        bits = "".join(str(number >> digit & 1) for number in numbers)
        shown = _placed(int(bits, 2).to_bytes(_CODEWORDS, "big"))
        for place, (before, after) in enumerate(zip(empty, shown, strict=True)):
            found[place] |= (before ^ after) << digit
    where = {number: place for place, number in enumerate(found) if number}
    return empty, tuple(where[number] for number in numbers)


def _placed(codewords: bytes) -> bytes:
    symbol = QRCode(version=_VERSION, error_correction=ERROR_CORRECT_M, mask_pattern=_MASK, border=0)
    symbol.data_cache = list(codewords)
    symbol.make(fit=False)
    return bytes(bool(module) for row in symbol.modules for module in row)
