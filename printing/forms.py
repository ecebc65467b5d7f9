"""What an organiser says of a printing station."""

from __future__ import annotations

from datetime import timedelta

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import SelectMultipleField, StringField
from wtforms.validators import DataRequired, InputRequired, Length
from wtforms.widgets import CheckboxInput, ListWidget

from checkin.forms import LONGEST_GATE, trimmed
from checkin.models import Checkpoint

USES_OF_A_STATIONS_CODE = 5
"""A computer that broke is replaced under the same name."""
GOOD_FOR = timedelta(days=3660)
"""Until the stop is over: a station that broke at noon is replaced with the code of the morning."""


class StationForm(FlaskForm):
    """A desk where badges come out."""

    name = StringField(
        _l("Name of the desk"),
        filters=[trimmed],
        validators=[DataRequired(_l("Give the desk a name.")), Length(max=LONGEST_GATE)],
        description=_l("Volunteers and guests read it: “the badge is printed at desk 2”."),
    )
    checkpoints = SelectMultipleField(
        _l("Prints for whoever passes"),
        coerce=int,
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
        validators=[InputRequired(_l("Choose at least one checkpoint."))],
    )

    def __init__(self, points: list[Checkpoint], *, blank: bool = False) -> None:
        super().__init__(**({"formdata": None} if blank else {}))
        self.checkpoints.choices = [(point.id, point.name) for point in points]
        if blank:
            self.checkpoints.data = [point.id for point in points[:1]]
