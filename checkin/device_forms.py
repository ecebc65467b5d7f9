"""What an organiser says of the devices that may join."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import (
    IntegerField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
    ValidationError,
)
from wtforms.validators import DataRequired, InputRequired, Length, NumberRange, Optional
from wtforms.widgets import CheckboxInput, ListWidget

from checkin.forms import LONGEST_GATE, trimmed
from checkin.models import JOINED_ROLES, Checkpoint, DeviceRole

MOST_NAMES = 200
LASTS = {
    "1": (timedelta(hours=1), _l("One hour")),
    "4": (timedelta(hours=4), _l("Four hours")),
    "24": (timedelta(hours=24), _l("One day")),
    "stop": (timedelta(days=3660), _l("Until the stop is over")),
}


class _ForCheckpoints(FlaskForm):
    role = RadioField(
        _l("What the device may do"),
        validators=[InputRequired(_l("Choose what the device may do."))],
        default=DeviceRole.SCAN.value,
    )
    checkpoints = SelectMultipleField(
        _l("Where it scans"),
        coerce=int,
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
        validators=[InputRequired(_l("Choose at least one checkpoint."))],
    )

    def __init__(self, points: list[Checkpoint], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.role.choices = [(role.value, role.label) for role in JOINED_ROLES]
        self.checkpoints.choices = [(point.id, point.name) for point in points]
        if not self.is_submitted() or self.checkpoints.data is None:
            self.checkpoints.data = [point.id for point in points[:1]]

    @property
    def as_role(self) -> DeviceRole:
        """The chosen role; only after ``validate``."""
        return DeviceRole(self.role.data)


class OpenCodeForm(_ForCheckpoints):
    """A code that several devices may join with."""

    name = StringField(
        _l("Noted as"),
        filters=[trimmed],
        validators=[Optional(), Length(max=LONGEST_GATE)],
        description=_l("Only for your list, for example East door."),
    )
    most_uses = IntegerField(
        _l("For how many devices"),
        default=10,
        validators=[
            InputRequired(_l("Say for how many devices.")),
            NumberRange(1, 100, _l("From 1 to 100 devices.")),
        ],
    )
    lasts = SelectField(_l("Good for"), default="4", validators=[InputRequired()])

    def __init__(self, points: list[Checkpoint], **kwargs: Any) -> None:
        super().__init__(points, **kwargs)
        self.lasts.choices = [(key, label) for key, (_time, label) in LASTS.items()]

    @property
    def how_long(self) -> timedelta:
        """How long the code is good; only after ``validate``."""
        return LASTS[self.lasts.data][0]


class PinsForm(_ForCheckpoints):
    """Volunteers who each get a PIN of their own."""

    names = TextAreaField(
        _l("Names, one a line"),
        validators=[DataRequired(_l("Write at least one name."))],
        description=_l("Everybody gets six digits of his own; a scan shows this name as its entrance."),
        render_kw={"rows": 6},
    )

    def validate_names(self, _field: TextAreaField) -> None:
        """Not too many, none too long."""
        names = self.volunteers
        if not names:
            raise ValidationError(_("Write at least one name."))
        if len(names) > MOST_NAMES:
            raise ValidationError(_("At most %(most)s names at once.", most=MOST_NAMES))
        long = next((name for name in names if len(name) > LONGEST_GATE), None)
        if long is not None:
            raise ValidationError(
                _("“%(name)s…” is longer than %(most)s characters.", name=long[:12], most=LONGEST_GATE)
            )

    @property
    def volunteers(self) -> list[str]:
        """The names, each once, in the order typed."""
        lines = (" ".join((trimmed(line) or "").split()) for line in (self.names.data or "").splitlines())
        return list(dict.fromkeys(line for line in lines if line))
