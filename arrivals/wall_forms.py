"""What an organiser says of a screen in the hall."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import RadioField, SelectChoice, StringField  # type: ignore[attr-defined]  # the stubs are of 3.2
from wtforms.validators import DataRequired, InputRequired, Length

from checkin.forms import LONGEST_GATE, trimmed


class WallForm(FlaskForm):
    """A screen that is to be put up."""

    name = StringField(
        _l("Where it hangs"),
        filters=[trimmed],
        validators=[
            DataRequired(_l("Say where the screen hangs, for example Foyer.")),
            Length(max=LONGEST_GATE),
        ],
        description=_l("Only for your list, for example Foyer."),
    )
    language = RadioField(
        _l("Language of the screen"),
        choices=[SelectChoice("zh", "中文"), SelectChoice("en", "English")],
        default="zh",
        validators=[InputRequired(_l("Choose a language."))],
    )
