"""What somebody may type on the own page, and who looks for it."""

from __future__ import annotations

import unicodedata
from typing import Any, ClassVar

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField, HiddenField, RadioField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, Optional, ValidationError

from campaigns.models import Stop
from registrations.models import CodeOccasion
from shared.display import span
from shared.fields import as_mobile
from shared.moment_field import ChinaMomentField


class CodeField(StringField):
    """Six digits, however they are spaced; ``checked`` is the digits alone."""

    checked: str = ""

    def pre_validate(self, _form: Any) -> None:
        """Refuse what cannot be a code before it costs a try."""
        folded = unicodedata.normalize("NFKC", self.data or "")
        self.checked = "".join(c for c in folded if c.isascii() and c.isdigit())
        if len(self.checked) != 6:
            raise ValidationError(_("The code has six digits."))


_DIGITS = {"inputmode": "numeric", "autocomplete": "one-time-code"}


class CodeForm(FlaskForm):
    """One code."""

    one_time_code = CodeField(_l("The code in our mail"), render_kw=_DIGITS)

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.one_time_code.flags.required = True


class FoundForm(CodeForm):
    """The code of the mail that was asked for, and the receipt of having asked."""

    receipt = HiddenField()


class ContactCodesForm(FlaskForm):
    """The code sent to the address we have, and the one sent to the new address."""

    old_code = CodeField(_l("The code sent to the address we have"), render_kw=_DIGITS)
    new_code = CodeField(_l("The code sent to the new address"), render_kw=_DIGITS)

    NAMES: ClassVar = {CodeOccasion.OLD_ADDRESS: "old_code", CodeOccasion.NEW_ADDRESS: "new_code"}

    def __init__(self, needed: set[CodeOccasion]) -> None:
        super().__init__()
        for occasion, name in self.NAMES.items():
            if occasion in needed:
                self[name].flags.required = True
            else:
                delattr(self, name)

    @property
    def typed(self) -> dict[CodeOccasion, str]:
        """The digits by what they are for; only after ``validate``."""
        return {occasion: self[name].checked for occasion, name in self.NAMES.items() if name in self}


class EraseForm(FlaskForm):
    """The code, and that one knows what one does."""

    one_time_code = CodeField(_l("The code in our mail"), render_kw=_DIGITS)
    sure = BooleanField(
        _l("I know that nothing of this can be brought back."),
        validators=[InputRequired(_l("Please tick that you know it."))],
    )

    def __init__(self) -> None:
        super().__init__()
        self.one_time_code.flags.required = True


class FindForm(FlaskForm):
    """A mobile number or an e-mail address."""

    who = StringField(
        _l("Mobile number or e-mail address"),
        description=_l("The one you registered with."),
        validators=[InputRequired(_l("Please type your mobile number or e-mail address.")), Length(max=254)],
        render_kw={"autocapitalize": "none", "spellcheck": "false", "autocomplete": "username"},
    )
    checked: str = ""

    def __init__(self) -> None:
        super().__init__()
        self.who.flags.required = True

    def validate_who(self, field: StringField) -> None:
        """One of both; what it is decides which."""
        typed = unicodedata.normalize("NFKC", field.data or "").strip().replace("。", ".")
        if "@" in typed:
            local, _at, domain = typed.rpartition("@")
            if not local or "." not in domain or " " in typed:
                raise ValidationError(
                    _("This does not look like an e-mail address. It needs the form name@example.com.")
                )
            self.checked = typed
            return
        mobile = as_mobile(typed)
        if mobile is None:
            raise ValidationError(_("This is neither a mobile number nor an e-mail address."))
        self.checked = mobile


class MoveForm(FlaskForm):
    """Which other stop."""

    stop_id = RadioField(
        _l("The stop you would rather come to"),
        coerce=int,
        validators=[InputRequired(_l("Please choose a stop."))],
    )
    without_seat = BooleanField(
        _l("If I have no seat there for now, I wait there and give my present seat to somebody else")
    )

    def __init__(self, stops: list[Stop]) -> None:
        super().__init__()
        self.stop_id.choices = [(stop.id, _stop_in_words(stop)) for stop in stops]
        self.stop_id.flags.required = True


def _stop_in_words(stop: Stop) -> str:
    if stop.needs_approval:
        seats = _("each registration is reviewed")
    elif stop.is_full:
        seats = _("full, waiting list")
    else:
        seats = _("%(number)s seats free", number=stop.seats_left)
    when = span(stop.starts_at, stop.ends_at)
    return str(_("%(city)s, %(when)s (%(seats)s)", city=stop.city, when=when, seats=seats))


class WithdrawForm(FlaskForm):
    """Why somebody does not come; nobody has to say."""

    reason = TextAreaField(
        _l("Reason"),
        description=_l("It helps us to plan. You need not say."),
        validators=[Optional(), Length(max=300, message=_l("Please stay under 300 characters."))],
        render_kw={"rows": 3},
    )


class ConsentForm(FlaskForm):
    """An agreement given or taken back, by its button."""

    purpose = StringField()
    given = StringField()


class ExtendForm(FlaskForm):
    """Until when one person may change the answers; empty: as long as the stop says."""

    until = ChinaMomentField(_l("May change the answers until"), validators=[Optional()])
