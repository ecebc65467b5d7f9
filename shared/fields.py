"""Form fields for what people type about themselves: as typed while it is wrong, in one spelling once it is right.

Each keeps what was typed in ``data``, so that nobody types it again, and has the checked spelling in ``checked``.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Any

import email_validator
import phonenumbers
from flask_babel import gettext as _
from wtforms import StringField
from wtforms.validators import ValidationError

SHORTEST_NAME, LONGEST_NAME = 2, 50
MAINLAND_MOBILE = re.compile(r"(?:\+86|0086|86)?(1[3-9]\d{9})")

# The middle dot has a dozen look-alikes on keyboards; in names it is U+00B7.
_DOTS = dict.fromkeys(map(ord, "•‧∙⋅・･᛫●．"), "·")
_IN_NAMES = set("·-'’.〇")


def as_name(text: str) -> str:
    """A name in its one spelling: NFC, one blank between words, · for the middle dot; rare characters stay."""
    name = unicodedata.normalize("NFC", text.replace("\u3000", " ")).translate(_DOTS)
    name = "".join(c for c in name if unicodedata.category(c) not in ("Cc", "Cf"))
    return re.sub(r" ?· ?", "·", " ".join(name.split()))


def as_mobile(text: str) -> str | None:
    """A mobile number as E.164, or None: mainland numbers with or without 86, others with + and their country."""
    typed = unicodedata.normalize("NFKC", text)
    digits = re.sub(r"[\s().\-‐‑–—]", "", typed)
    if mainland := MAINLAND_MOBILE.fullmatch(digits):
        return f"+86{mainland[1]}"
    if digits.startswith("00"):
        digits = "+" + digits[2:]
    if not digits.startswith("+") or digits.startswith("+86"):
        return None
    try:
        number = phonenumbers.parse(digits)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def full_name_of(typed: str) -> str:
    """A person's full name in its one spelling. Raises ValidationError with a sentence saying what is wrong."""
    name = as_name(typed)
    if not name:
        raise ValidationError(_("Please type your full name."))
    if any(unicodedata.category(c).startswith("N") and c not in _IN_NAMES for c in name):
        raise ValidationError(_("A name has no digits. Please type it as in your identity document."))
    strange = [c for c in name if unicodedata.category(c)[0] in "SPZ" and c not in _IN_NAMES and c != " "]
    if strange:
        raise ValidationError(_("The sign %(sign)s cannot stand in a name.", sign=strange[0]))
    if not SHORTEST_NAME <= len(name) <= LONGEST_NAME:
        raise ValidationError(_("A full name has 2 to 50 characters."))
    return name


def mobile_of(typed: str) -> str:
    """A mobile number as E.164. Raises ValidationError."""
    if not typed:
        raise ValidationError(_("Please type your mobile number."))
    number = as_mobile(typed)
    if number is None:
        raise ValidationError(
            _(
                "A mobile number has 11 digits and begins with 1. For numbers outside the mainland, begin with + and the country's code."
            )
        )
    return number


def mail_address_of(typed: str) -> str:
    """An e-mail address, its domain in small letters. Raises ValidationError."""
    if not typed:
        raise ValidationError(_("Please type your e-mail address: we write to you there."))
    folded = unicodedata.normalize("NFKC", typed).replace("。", ".").replace("，", ".")
    try:
        return email_validator.validate_email(folded, check_deliverability=False).normalized
    except email_validator.EmailNotValidError:
        raise ValidationError(
            _("This does not look like an e-mail address. It needs the form name@example.com.")
        ) from None


def line_of(typed: str, *, shortest: int, longest: int) -> str:
    """One line of text, NFC with single blanks. Raises ValidationError for too little and too much."""
    text = " ".join(unicodedata.normalize("NFC", typed).replace("\0", "").split())
    if not text:
        raise ValidationError(_("Please fill this in."))
    _refuse_length(text, shortest, longest)
    return text


def text_of(typed: str, *, shortest: int, longest: int) -> str:
    """Text of several lines, NFC, without blanks at the ends. Raises ValidationError."""
    lines = unicodedata.normalize("NFC", typed).replace("\0", "").replace("\r\n", "\n").split("\n")
    text = re.sub(r"\n{3,}", "\n\n", "\n".join(line.rstrip() for line in lines)).strip()
    if not text:
        raise ValidationError(_("Please fill this in."))
    _refuse_length(text, shortest, longest)
    return text


def _refuse_length(text: str, shortest: int, longest: int) -> None:
    if not shortest <= len(text) <= longest:
        raise ValidationError(
            _(
                "Please write %(shortest)s to %(longest)s characters; these are %(number)s.",
                shortest=shortest,
                longest=longest,
                number=len(text),
            )
        )


class _Checked(StringField):
    """A text with a ``checked`` spelling beside what was typed."""

    checked: str = ""

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Keep what was typed, without the blanks around it."""
        super().process_formdata(valuelist)
        self.data = (self.data or "").strip()


class FullNameField(_Checked):
    """A person's full name, 2–50 characters, without digits; ``checked`` is as ``as_name`` spells it."""

    def pre_validate(self, _form: Any) -> None:
        """Refuse what is no name, saying what is wrong with it."""
        self.checked = full_name_of(self.data or "")


class MobileField(_Checked):
    """A mobile number; ``checked`` is E.164."""

    def pre_validate(self, _form: Any) -> None:
        """Refuse what cannot be a mobile number."""
        self.checked = mobile_of(self.data or "")


class MailAddressField(_Checked):
    """An e-mail address; ``checked`` has the domain in small letters. Whether it is read is not asked."""

    def pre_validate(self, _form: Any) -> None:
        """Refuse what cannot be an address."""
        self.checked = mail_address_of(self.data or "")


class LineField(_Checked):
    """One line of text of ``shortest`` to ``longest`` characters; ``checked`` is NFC with single blanks."""

    def __init__(self, *args: Any, shortest: int, longest: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.shortest, self.longest = shortest, longest

    def pre_validate(self, _form: Any) -> None:
        """Refuse too little and too much."""
        self.checked = line_of(self.data or "", shortest=self.shortest, longest=self.longest)
