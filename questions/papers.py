"""Numbers of identity papers: one spelling, and a sentence for whoever mistyped one. No database."""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from enum import StrEnum

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK_DIGITS = "10X98765432"
# GB/T 2260: the first two digits of an ID number; 71 is Taiwan.
PROVINCES = frozenset(
    f"{area}"
    for area in (
        *range(11, 16),
        *range(21, 24),
        *range(31, 38),
        *range(41, 47),
        *range(50, 55),
        *range(61, 66),
        71,
    )
)
RESIDENCE_PERMITS = frozenset({"81", "82", "83"})


class Paper(StrEnum):
    """Papers that people identify themselves with."""

    RESIDENT_ID = "resident_id"
    PASSPORT = "passport"
    HK_MACAO_PERMIT = "hk_macao_permit"
    TAIWAN_PERMIT = "taiwan_permit"
    RESIDENCE_PERMIT = "residence_permit"
    FOREIGN_PERMANENT = "foreign_permanent"

    @property
    def label(self) -> str:
        """The paper in the reader's language."""
        return str(_LABELS[self])


_LABELS = {
    Paper.RESIDENT_ID: _l("Resident identity card"),
    Paper.PASSPORT: _l("Passport"),
    Paper.HK_MACAO_PERMIT: _l("Mainland travel permit for Hong Kong and Macao residents"),
    Paper.TAIWAN_PERMIT: _l("Mainland travel permit for Taiwan residents"),
    Paper.RESIDENCE_PERMIT: _l("Residence permit for Hong Kong, Macao and Taiwan residents"),
    Paper.FOREIGN_PERMANENT: _l("Foreign permanent resident ID card"),
}


class WrongNumber(ValueError):
    """A number that cannot be right; its text is a sentence for whoever typed it."""


def check_digit(stem: str) -> str:
    """The eighteenth character for seventeen digits, after GB 11643."""
    return _CHECK_DIGITS[sum(w * int(d) for w, d in zip(_WEIGHTS, stem, strict=True)) % 11]


def resident_id(typed: str, *, today: date) -> str:
    """A resident ID number in its one spelling (18 characters, capital X). Raises WrongNumber."""
    number = _eighteen(typed)
    if number[:2] in RESIDENCE_PERMITS:
        raise WrongNumber(
            _(
                "This is the number of a residence permit for Hong Kong, Macao and Taiwan residents, not of a resident identity card."
            )
        )
    if number[:2] not in PROVINCES:
        raise WrongNumber(
            _(
                "The first two digits of this ID number stand for no province. Please compare it with your card."
            )
        )
    return _dated_and_checked(number, today)


def paper_number(paper: Paper, typed: str, *, today: date) -> str:
    """The number of ``paper`` in its one spelling. Raises WrongNumber."""
    if paper is Paper.RESIDENT_ID:
        return resident_id(typed, today=today)
    number = _folded(typed)
    if not number:
        raise WrongNumber(_("Please type the number of your paper."))
    if paper is Paper.RESIDENCE_PERMIT:
        number = _eighteen(typed)
        if number[:2] not in RESIDENCE_PERMITS:
            raise WrongNumber(_("The number of a residence permit begins with 81, 82 or 83."))
        return _dated_and_checked(number, today)
    if paper is Paper.FOREIGN_PERMANENT:
        if re.fullmatch(r"[A-Z]{3}[0-9]{12}", number):
            return number
        if not re.fullmatch(r"9[0-9]{16}[0-9X]", number):
            raise WrongNumber(
                _(
                    "The number of a foreign permanent resident ID card has 18 digits and begins with 9, or three letters and 12 digits on the older card."
                )
            )
        return _dated_and_checked(number, today)
    if paper is Paper.HK_MACAO_PERMIT:
        if not re.fullmatch(r"[HM][0-9]{8}([0-9]{2})?", number):
            raise WrongNumber(_("The number of this permit is H or M and eight digits."))
        return number
    if paper is Paper.TAIWAN_PERMIT:
        if not re.fullmatch(r"[0-9]{8}|[0-9]{10}[A-Z]?", number):
            raise WrongNumber(_("The number of this permit has eight digits."))
        return number
    if not re.fullmatch(r"[A-Z0-9]{5,15}", number) or not any(c.isdigit() for c in number):
        raise WrongNumber(_("A passport number has 5 to 15 letters and digits, without other signs."))
    return number


def born_on(number: str) -> date | None:
    """The date of birth in an 18-character number that was found right, else None."""
    return _date(number[6:14]) if len(number) == 18 and number[6:14].isdigit() else None


def is_male(number: str) -> bool | None:
    """What the seventeenth digit of an 18-character number says, else None."""
    return int(number[16]) % 2 == 1 if len(number) == 18 and number[16].isdigit() else None


def masked(number: str) -> str:
    """Enough to recognise: ``1101**********002X``; of a short number the last two."""
    if len(number) >= 15:
        return f"{number[:4]}{'*' * (len(number) - 8)}{number[-4:]}"
    return f"{number[:1]}{'*' * max(len(number) - 3, 1)}{number[-2:]}"


def _folded(typed: str) -> str:
    text = unicodedata.normalize("NFKC", typed).upper()
    return re.sub(r"[\s\-‐‑–—·.]", "", text)


def _eighteen(typed: str) -> str:
    number = _folded(typed)
    if not number:
        raise WrongNumber(_("Please type your ID number."))
    if re.fullmatch(r"[0-9]{15}", number):
        raise WrongNumber(
            _("This is an old number of 15 digits. Please type the 18 characters of your present card.")
        )
    if len(number) != 18:
        raise WrongNumber(_("An ID number has 18 characters; these are %(number)s.", number=len(number)))
    if not re.fullmatch(r"[0-9]{17}[0-9X]", number):
        raise WrongNumber(_("An ID number is 17 digits and one more digit or the letter X."))
    return number


def _dated_and_checked(number: str, today: date) -> str:
    born = _date(number[6:14])
    if born is None:
        raise WrongNumber(
            _(
                "The date of birth in this number (digits 7 to 14) does not exist. Please compare it with your card."
            )
        )
    if born > today:
        raise WrongNumber(
            _(
                "The date of birth in this number (digits 7 to 14) lies in the future. Please compare it with your card."
            )
        )
    if born.year < today.year - 130:
        raise WrongNumber(
            _(
                "The date of birth in this number (digits 7 to 14) lies too far back. Please compare it with your card."
            )
        )
    if check_digit(number[:17]) != number[17]:
        raise WrongNumber(
            _(
                "The last character does not fit the others: one of them is mistyped. Please compare it with your card."
            )
        )
    return number


def _date(digits: str) -> date | None:
    try:
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return None
