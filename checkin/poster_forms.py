"""What an organiser types about a poster that guests scan."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import RadioField, SelectChoice, StringField, ValidationError  # type: ignore[attr-defined]
from wtforms.validators import InputRequired, Length

from checkin.forms import trimmed
from checkin.models import Checkpoint, CheckpointPoster
from checkin.posters import PosterPlan
from shared.moment_field import ChinaMomentField

PRINTED, SCREEN = "printed", "screen"


SHOWN = {
    PRINTED: _l("On a printed poster: always the same code"),
    SCREEN: _l("On a screen in the hall: a new code every minute, so that a photograph is worth nothing"),
}


class PosterForm(FlaskForm):
    """How guests check in by themselves at one checkpoint."""

    shown = RadioField(
        _l("Where the code is shown"),
        default=PRINTED,
        validators=[InputRequired(_l("Choose where it is shown."))],
    )
    opens_at = ChinaMomentField(_l("Opens"), validators=[InputRequired(_l("Give day and time."))])
    closes_at = ChinaMomentField(_l("Closes"), validators=[InputRequired(_l("Give day and time."))])
    place_word = StringField(
        _l("Word of the place"),
        filters=[trimmed],
        validators=[Length(max=20)],
        description=_l(
            "Empty: none is asked. Write it on a board in the hall and change it when it has got about; the poster stays."
        ),
        render_kw={"autocomplete": "off"},
    )

    def __init__(self, checkpoint: Checkpoint, poster: CheckpointPoster | None) -> None:
        super().__init__(obj=poster, **_as_known(checkpoint, poster))
        self.shown.choices = [SelectChoice(value, label) for value, label in SHOWN.items()]

    def validate_closes_at(self, field: ChinaMomentField) -> None:
        """It closes after it opens."""
        if self.opens_at.data and field.data and field.data <= self.opens_at.data:
            raise ValidationError(str(_l("The end must be later than the beginning.")))

    def plan(self) -> PosterPlan:
        """What was typed; only after the form is valid."""
        return PosterPlan(
            opens_at=self.opens_at.moment,
            closes_at=self.closes_at.moment,
            is_screen=self.shown.data == SCREEN,
            place_word=self.place_word.data or "",
        )


def _as_known(checkpoint: Checkpoint, poster: CheckpointPoster | None) -> dict[str, Any]:
    if poster is not None:
        return {"shown": SCREEN if poster.is_screen else PRINTED}
    opens: datetime = checkpoint.opens_at or checkpoint.stop.starts_at - timedelta(hours=1)
    return {"opens_at": opens, "closes_at": checkpoint.closes_at or checkpoint.stop.ends_at}
