"""The message log's filters."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import SelectField, StringField
from wtforms.validators import Length

from messages.lookups import StopName
from messages.models import MessageState
from shared.clock import in_china


class LogForm(FlaskForm):
    """Narrow the log; the filters stand in the address."""

    class Meta:
        """A question changes nothing and needs no token."""

        csrf = False

    text = StringField(
        _l("Search"),
        validators=[Length(max=100)],
        render_kw={"type": "search", "placeholder": _l("Recipient or subject")},
    )
    stop = SelectField(_l("Stop"), coerce=str, validate_choice=False)
    state = SelectField(_l("State"), coerce=str, validate_choice=False)

    def __init__(self, *, stops: list[StopName], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.stop.choices = [
            ("", _("All stops")),
            *((str(stop.id), f"{stop.city} {in_china(stop.starts_at):%Y-%m-%d}") for stop in stops),
        ]
        self.state.choices = [("", _("All states")), *((state.value, state.label) for state in MessageState)]

    @property
    def chosen_stop_id(self) -> int | None:
        """The stop chosen, or None."""
        chosen = self.stop.data or ""
        return int(chosen) if chosen.isascii() and chosen.isdigit() and len(chosen) < 10 else None

    @property
    def chosen_state(self) -> MessageState | None:
        """The state chosen, or None."""
        try:
            return MessageState(self.state.data or "")
        except ValueError:
            return None
