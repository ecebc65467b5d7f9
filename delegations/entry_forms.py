"""What the contact of a delegation and the organiser type."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from wtforms import BooleanField, IntegerField, TextAreaField
from wtforms.validators import InputRequired, Length, NumberRange

from delegations.gather import DelegationPlan
from imports.columns import guess_names
from imports.errors import NotASheet
from imports.read_sheet import read_sheet
from registrations.entry_forms import OptionalLineField
from shared.fields import (
    FullNameField,
    LineField,
    MailAddressField,
    MobileField,
    full_name_of,
    mail_address_of,
)


class DelegationForm(FlaskForm):
    """A new delegation."""

    university = LineField(_l("The delegation's university or institute"), shortest=2, longest=100)
    most = IntegerField(
        _l("How many come at most"),
        validators=[
            InputRequired(_l("Say how many come at most.")),
            NumberRange(1, 200, _l("A delegation has 1 to 200 members.")),
        ],
    )
    full_name = FullNameField(
        _l("Your name"), description=_l("You are the contact; you need not come yourself.")
    )
    mobile = MobileField(_l("Your mobile number"))
    email = MailAddressField(
        _l("Your e-mail address"), description=_l("The link to your delegation is sent here.")
    )
    head = OptionalLineField(_l("Head of the delegation"), shortest=1, longest=50)
    head_rank = OptionalLineField(
        _l("The head's office"), shortest=1, longest=50, description=_l("For example vice president.")
    )
    note = OptionalLineField(_l("What we should know"), shortest=1, longest=300)
    together = BooleanField(
        _l("Together or not at all: if there are not seats for everybody, nobody comes"),
    )
    consent = BooleanField(
        _l("I have the agreement of those whom I shall name to give you their names and addresses."),
        validators=[InputRequired(_l("Ask the members first; each confirms the rest himself."))],
    )

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        for required in (self.university, self.most, self.full_name, self.mobile, self.email, self.consent):
            required.flags.required = True

    def plan(self, language: str) -> DelegationPlan:
        """What was said; only after ``validate``."""
        return DelegationPlan(
            university=self.university.checked,
            contact_name=self.full_name.checked,
            contact_mobile=self.mobile.checked,
            contact_email=self.email.checked,
            most=int(self.most.data or 1),
            head=self.head.checked,
            head_rank=self.head_rank.checked,
            note=self.note.checked,
            together=bool(self.together.data),
            language=language,
        )


class MembersForm(FlaskForm):
    """Members, one a line or as a sheet: name and e-mail."""

    lines = TextAreaField(
        _l("Members"),
        description=_l("One a line: name, a comma or blank, e-mail. Or paste two columns of a spreadsheet."),
        validators=[Length(max=40_000, message=_l("That is too much at once."))],
        render_kw={"rows": 6},
    )
    sheet = FileField(
        _l("Or a CSV or XLSX file"),
        description=_l("With the columns name and e-mail."),
        render_kw={"accept": ".csv,.txt,.xlsx"},
    )

    def people(self) -> list[tuple[str, str]]:
        """(full name, e-mail) of everybody named. Raises NotASheet, naming the line that is wrong."""
        typed: list[tuple[int, str, str]] = []
        if self.sheet.data:
            with self.sheet.data.stream as stream:
                sheet = read_sheet(stream.read(), self.sheet.data.filename or "")
            columns = guess_names(sheet.columns)
            if "full_name" not in columns or "email" not in columns:
                raise NotASheet(_("The first line must name the columns “姓名” and “邮箱”."))
            typed = [(n, cells[columns["full_name"]], cells[columns["email"]]) for n, cells in sheet.rows]
        for number, line in enumerate((self.lines.data or "").splitlines(), start=1):
            words = line.replace("，", ",").replace("\t", ",").replace("；", ",").strip(" ,")
            if not words:
                continue
            name, _comma, email = words.rpartition("," if "," in words else " ")
            typed.append((number, name.strip(" ,"), email.strip()))
        people = []
        for number, name, email in typed:
            try:
                people.append((full_name_of(name), mail_address_of(email)))
            except ValueError as wrong:
                raise NotASheet(
                    _(
                        "Line %(line)s, “%(text)s”: %(problem)s",
                        line=number,
                        text=f"{name} {email}"[:60],
                        problem=wrong,
                    )
                ) from None
        if not people:
            raise NotASheet(_("Type at least one member."))
        return people


class LendForm(FlaskForm):
    """How many seats are kept for a delegation."""

    seats = IntegerField(
        _l("Seats kept"),
        validators=[InputRequired(_l("Say how many.")), NumberRange(0, 200, _l("0 to 200 seats."))],
    )


class DeclineForm(FlaskForm):
    """Why a delegation is declined as a whole."""

    reason = LineField(
        _l("Reason"),
        shortest=2,
        longest=300,
        description=_l("The contact and every member read it in the mail."),
    )

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.reason.flags.required = True
