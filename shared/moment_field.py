"""A form field for a day and a time, typed by somebody whose clock is China's."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from wtforms import DateTimeLocalField
from wtforms.validators import StopValidation

from shared.clock import from_china, in_china


class ChinaMomentField(DateTimeLocalField):
    """A moment, typed and shown as a clock in China has it; ``data`` carries its zone (UTC)."""

    def __init__(self, label: Any = None, **options: Any) -> None:
        options.setdefault("format", ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M"])
        super().__init__(label, **options)

    @property
    def moment(self) -> datetime:
        """What was typed, once the form is valid and the field required."""
        if self.data is None:
            raise ValueError(f"{self.name} is empty")
        return self.data

    def _value(self) -> str:
        if self.raw_data:
            return " ".join(self.raw_data)
        return in_china(self.data).strftime("%Y-%m-%dT%H:%M") if self.data else ""

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read what was typed. An empty field is None; ``InputRequired`` says whether that will do."""
        if not valuelist or not valuelist[0].strip():
            self.data = None
            return
        try:
            super().process_formdata(valuelist)
            self.data = from_china(self.data) if self.data else None
        except (ValueError, OverflowError):
            self.data = None
            raise ValueError(_("Give day and time, like 2026-05-28 09:00.")) from None

    def pre_validate(self, form: Any) -> None:  # noqa: ARG002 - WTForms' signature
        """Refuse a year that is surely a slip of the finger."""
        if self.data is not None and not 2000 <= self.data.year <= 2100:
            raise StopValidation(_("The year must lie between 2000 and 2100."))
