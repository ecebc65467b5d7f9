"""What an organiser types about a checkpoint."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField, IntegerField, RadioField, SelectField, StringField, ValidationError
from wtforms.validators import DataRequired, InputRequired, Length, NumberRange, Optional

from campaigns.models import MovingCodes, Stop
from checkin.checkpoints import CheckpointPlan
from checkin.forms import trimmed
from checkin.models import Checkpoint, CheckpointKind, Often
from checkin.shown_fields import MOST_FIELDS, ShownField
from registrations.models import BadgeClass
from registrations.queue_forms import TickField
from shared.clock import now
from shared.moment_field import ChinaMomentField

MOST_WITHIN = 100_000


class CheckpointForm(FlaskForm):
    """One checkpoint's rule."""

    kind = SelectField(_l("What is looked at here"))
    name_zh = StringField(
        _l("Name of the checkpoint"),
        filters=[trimmed],
        validators=[DataRequired(_l("Give it a name.")), Length(max=40)],
    )
    name_en = StringField(_l("Name, in English"), filters=[trimmed], validators=[Length(max=60)])
    often = RadioField(
        _l("How often one ticket passes"),
        validators=[InputRequired(_l("Choose how often."))],
        default=Often.ONCE.value,
    )
    opens_at = ChinaMomentField(_l("Opens"), description=_l("Empty: whenever the stop's staff scan."))
    closes_at = ChinaMomentField(_l("Closes"))
    badge_classes = TickField(_l("Who may pass"), description=_l("Nothing ticked: every group of guests."))
    item = SelectField(_l("Only who has signed up for"), default="")
    after_arrival = BooleanField(_l("Only who has been checked in at the entrance"))
    capacity = IntegerField(
        _l("Room for"),
        validators=[
            Optional(),
            NumberRange(1, MOST_WITHIN, message=_l("A number between 1 and %(most)s.", most=MOST_WITHIN)),
        ],
        description=_l("Empty: no limit. Where people go in and out, it is how many may be within at once."),
    )

    def __init__(self, stop: Stop, checkpoint: Checkpoint | None = None) -> None:
        super().__init__(obj=checkpoint, **_as_typed(checkpoint))
        is_door = checkpoint is not None and checkpoint.kind is CheckpointKind.ARRIVAL
        self.kind.choices = [
            (kind.value, kind.label) for kind in CheckpointKind if (kind is CheckpointKind.ARRIVAL) is is_door
        ]
        self.often.choices = [
            (often.value, often.label) for often in Often if not is_door or often is Often.ONCE
        ]
        self.badge_classes.choices = [(one.value, one.label) for one in BadgeClass]
        self.item.choices = [
            ("", str(_l("everybody"))),
            *(
                (str(item.id), item.title)
                for item in stop.programme
                if item.is_chosen and not item.is_cancelled
            ),
        ]
        if is_door:
            self.name_zh.validators = [Length(max=40)]
            self.name_zh.flags.required = False

    def validate_closes_at(self, field: ChinaMomentField) -> None:
        """It closes after it opens."""
        if self.opens_at.data and field.data and field.data <= self.opens_at.data:
            raise ValidationError(str(_l("The end must be later than the beginning.")))

    def plan(self) -> CheckpointPlan:
        """What was typed; only after the form is valid."""
        return CheckpointPlan(
            kind=CheckpointKind(self.kind.data),
            name_zh=self.name_zh.data or "",
            name_en=self.name_en.data or "",
            often=Often(self.often.data),
            opens_at=self.opens_at.data,
            closes_at=self.closes_at.data,
            badge_classes=tuple(self.badge_classes.data or ()),
            programme_item_id=int(self.item.data) if self.item.data else None,
            after_arrival=bool(self.after_arrival.data),
            capacity=self.capacity.data,
        )


def _as_typed(checkpoint: Checkpoint | None) -> dict[str, Any]:
    if checkpoint is None:
        return {}
    return {
        "kind": checkpoint.kind.value,
        "often": checkpoint.often.value,
        "item": str(checkpoint.programme_item_id or ""),
    }


class ShownForm(FlaskForm):
    """What whoever scans at a checkpoint sees of a guest beside name, unit and class."""

    fields = TickField(
        _l("Also shown at the scan"),
        description=_l(
            "Tick only what whoever stands here needs in order to help: at most %(most)s.", most=MOST_FIELDS
        ),
    )
    shows_notes = BooleanField(
        _l("Show the notes for the gate here"),
        description=_l(
            "They stand in each registration, for example “Academician, please call Director Wang”."
        ),
    )

    def __init__(self, checkpoint: Checkpoint, may: Sequence[ShownField]) -> None:
        super().__init__(
            data={"fields": list(checkpoint.shown_fields), "shows_notes": checkpoint.shows_notes}
        )
        self.fields.choices = [(one.name, one.label) for one in may]


class MovingCodesForm(FlaskForm):
    """Whether codes on phones change every 30 seconds."""

    choice = RadioField(
        _l("Codes on phones change every 30 seconds"),
        validators=[InputRequired(_l("Choose one."))],
    )

    def __init__(self, stop: Stop) -> None:
        super().__init__(data={"choice": stop.moving_codes.value})
        self.choice.choices = [(choice.value, choice.label) for choice in MovingCodes]


class TrialForm(FlaskForm):
    """A code and a time, to see what the gate would say. Sent by GET, it changes nothing."""

    class Meta:
        csrf = False

    code = StringField(
        _l("Ticket's code"),
        validators=[DataRequired(_l("Scan a ticket or type its code.")), Length(max=300)],
        render_kw={"autocomplete": "off"},
    )
    at = ChinaMomentField(_l("At"), default=now, validators=[InputRequired(_l("Give day and time."))])
