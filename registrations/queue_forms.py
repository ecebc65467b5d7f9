"""The queue's filters, which stand in the address, and what goes with an act for many."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    DateField,
    HiddenField,
    IntegerField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.validators import InputRequired, Length, NumberRange, Optional, ValidationError
from wtforms.widgets import CheckboxInput, ListWidget

from campaigns.models import HostCity, Stop
from questions.engine import Field as Asked
from questions.models import Kind
from registrations.assign import Reviewer
from registrations.gate_note import LONGEST_GATE_NOTE
from registrations.models import Education, Quota, QuotaDimension, ReadyReason, RegistrationState
from registrations.queue import Wanted
from registrations.quotas import cell_labels
from shared.clock import in_china
from shared.fields import LineField
from shared.language import in_language

MOST_ANSWERS = 8
FILTERED = (Kind.CITY, Kind.CITIES, Kind.CHOICE, Kind.SEVERAL)
"""Kinds of questions whose answers narrow the queue; cities come first."""
ANSWER = "answer."


class TickField(SelectMultipleField):
    """Some of several, as boxes to tick."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


class GateNoteField(StringField):
    """What the gate is to see at the scan of somebody."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            _l("Note for the gate"),
            validators=[
                Length(
                    max=LONGEST_GATE_NOTE,
                    message=_l("Please stay under 120 characters: it is read in passing."),
                )
            ],
            description=_l("In a few words: “Academician, please call Director Wang”, “Wheelchair”."),
            render_kw={"maxlength": LONGEST_GATE_NOTE, "autocomplete": "off"},
            **kwargs,
        )


class GateNoteForm(FlaskForm):
    """The note about one person."""

    gate_note = GateNoteField()


class QueueForm(FlaskForm):
    """Who is wanted in the queue. Everything in it narrows; a value that is none narrows nothing."""

    class Meta:
        """A question changes nothing and needs no token."""

        csrf = False

    text = StringField(
        _l("Search"),
        validators=[Length(max=100)],
        render_kw={"type": "search", "placeholder": _l("Name, pinyin, last digits of the mobile, code")},
    )
    campaign = SelectField(_l("Campaign"), coerce=str, validate_choice=False)
    stop = SelectField(_l("Stop"), coerce=str, validate_choice=False)
    state = HiddenField()  # chosen by the tabs above the list
    sort = HiddenField()
    wish = SelectField(_l("City wished for"), coerce=str, validate_choice=False)
    education = SelectField(_l("Education"), coerce=str, validate_choice=False)
    university = StringField(_l("University"), validators=[Length(max=100)])
    research_field = StringField(_l("Research field"), validators=[Length(max=100)])
    channel = SelectField(_l("Came by"), coerce=str, validate_choice=False)
    reviewer = SelectField(_l("Reviewer"), coerce=str, validate_choice=False)
    score_from = IntegerField(_l("Score from"), validators=[Optional(), NumberRange(0, 10)])
    since = DateField(_l("Registered from"), validators=[Optional()])
    until = DateField(_l("Registered until"), validators=[Optional()])
    quota = SelectField(_l("Quota"), coerce=str, validate_choice=False)
    lacks_second_form = BooleanField(_l("Second form missing"))
    has_gate_note = BooleanField(_l("With a note for the gate"))

    def __init__(
        self,
        *,
        stops: Sequence[Stop],
        cities: Sequence[HostCity],
        channels: Sequence[str],
        reviewers: Sequence[Reviewer],
        quotas: Sequence[Quota],
        asked: Sequence[Asked],
        formdata: Any,
    ) -> None:
        super().__init__(formdata=formdata)
        names = {stop.campaign_id: stop.campaign.name for stop in stops}
        self.campaign.choices = [("", _("All campaigns")), *((str(key), name) for key, name in names.items())]
        of_campaign = [s for s in stops if self.campaign_id is None or s.campaign_id == self.campaign_id]
        self.stop.choices = [
            ("", _("All stops")),
            *((str(s.id), f"{s.city} {in_china(s.starts_at):%Y-%m-%d}") for s in of_campaign),
        ]
        any_one = ("", _("Any"))
        self.wish.choices = [any_one, *((str(city.id), city.name) for city in cities)]
        self.education.choices = [any_one, *((one.value, one.label) for one in Education)]
        self.channel.choices = [any_one, *((name, name) for name in channels)]
        self.reviewer.choices = [any_one, *((str(one.id), one.full_name) for one in reviewers)]
        self.quota.choices = [any_one, *((str(key), label) for key, label in cell_labels(quotas).items())]
        self.own_questions = asked
        self.asked = [
            one
            for one in sorted(asked, key=lambda one: one.kind not in (Kind.CITY, Kind.CITIES))
            if one.kind in FILTERED and not one.restricted and one.choices and one.core is None
        ][:MOST_ANSWERS]
        self.answers = {
            one.key: formdata.get(ANSWER + one.key, "")
            for one in self.asked
            if formdata.get(ANSWER + one.key, "") in {choice.key for choice in one.choices}
        }
        self.validate()

    @property
    def campaign_id(self) -> int | None:
        """The campaign chosen, or None."""
        return _number(self.campaign.data)

    @property
    def stop_id(self) -> int | None:
        """The stop chosen, or None."""
        return _number(self.stop.data)

    @property
    def chosen_state(self) -> RegistrationState | None:
        """The state chosen, or None."""
        try:
            return RegistrationState(self.state.data or "")
        except ValueError:
            return None

    @property
    def further(self) -> int:
        """How many of the further filters narrow."""
        plain = (
            self.wish, self.education, self.university, self.research_field, self.channel, self.reviewer,
            self.score_from, self.since, self.until, self.quota, self.lacks_second_form, self.has_gate_note,
        )  # fmt: skip
        return sum(1 for one in plain if one.data not in (None, "", False)) + len(self.answers)

    def answer_choices(self) -> list[tuple[str, str, list[tuple[str, str]], str]]:
        """The campaign's choice questions: name in the address, label, choices, what is chosen."""
        return [
            (
                ANSWER + one.key,
                in_language(one.label_zh, one.label_en),
                [(choice.key, in_language(choice.label_zh, choice.label_en)) for choice in one.choices],
                self.answers.get(one.key, ""),
            )
            for one in self.asked
        ]

    def wanted(self) -> Wanted:
        """Who is looked for."""
        return Wanted(
            text="" if self.text.errors else self.text.data or "",
            campaign_id=self.campaign_id,
            stop_id=self.stop_id,
            state=self.chosen_state,
            wish_id=_number(self.wish.data),
            education=_education(self.education.data),
            university=(self.university.data or "").strip()[:100],
            research_field=(self.research_field.data or "").strip()[:100],
            channel=self.channel.data or "",
            reviewer_id=_number(self.reviewer.data),
            score_from=None
            if self.score_from.errors or self.score_from.data is None
            else self.score_from.data * 100,
            since=None if self.since.errors else self.since.data,
            until=None if self.until.errors else self.until.data,
            lacks_second_form=bool(self.lacks_second_form.data),
            has_gate_note=bool(self.has_gate_note.data),
            quota_id=_number(self.quota.data),
            answers={key: choice for key, choice in self.answers.items() if choice},
        )


class CarryOutForm(FlaskForm):
    """What goes with an act for many; only the fields of the act are shown."""

    reason_id = RadioField(_l("Reason"), coerce=str, validate_choice=False, default="")
    reason = TextAreaField(
        _l("In your own words"),
        validators=[Length(max=500, message=_l("Please stay under 500 characters."))],
        render_kw={"rows": 3},
    )
    note = StringField(
        _l("Note for colleagues"),
        validators=[Length(max=500, message=_l("Please stay under 500 characters."))],
    )
    over_quota = BooleanField(_l("Go over the quota where it is used up"))
    priority = IntegerField(
        _l("Priority"),
        validators=[Optional(), NumberRange(0, 9, message=_l("A number from 0 to 9."))],
        default=5,
    )
    find = StringField(_l("Name of a reviewer"), validators=[Length(max=60)], render_kw={"type": "search"})
    reviewers = TickField(_l("Reviewers"), coerce=int, validate_choice=False)
    each = IntegerField(
        _l("Reviewers for each registration"),
        validators=[Optional(), NumberRange(1, 5, message=_l("A number from 1 to 5."))],
        default=2,
    )
    subject = StringField(_l("Subject"), validators=[Length(max=150)])
    text = TextAreaField(_l("Text"), validators=[Length(max=4000)], render_kw={"rows": 7})
    gate_note = GateNoteField()

    def __init__(
        self, *, reasons: Sequence[ReadyReason], reviewers: Sequence[Reviewer], more_reviewers: bool = False
    ) -> None:
        super().__init__()
        self.more_reviewers = more_reviewers
        self.reason_id.choices = [(str(one.id), one.text) for one in reasons]
        self.reviewers.choices = [(one.id, one.full_name) for one in reviewers]
        for field in (
            self.reason_id,
            self.reason,
            self.subject,
            self.text,
            self.reviewers,
            self.priority,
            self.gate_note,
        ):
            field.flags.required = True

    def options(self) -> dict[str, Any]:
        """What was said, as ``batch.carry_out`` wants it; only after ``validate``."""
        own_words = (self.reason.data or "").strip()
        return {
            "reason_id": None if own_words else _number(self.reason_id.data),
            "reason": own_words,
            "note": (self.note.data or "").strip(),
            "over_quota": bool(self.over_quota.data),
            "priority": 5 if self.priority.data is None else self.priority.data,
            "reviewer_ids": list(self.reviewers.data or []),
            "each": self.each.data or 1,
            "subject": (self.subject.data or "").strip(),
            "text": (self.text.data or "").strip(),
            "gate_note": (self.gate_note.data or "").strip(),
        }


class SeatRulesForm(FlaskForm):
    """How a stop gives its seats on."""

    offer_hours = IntegerField(
        _l("Hours to answer an offer"),
        validators=[Optional(), NumberRange(1, 336, message=_l("A number from 1 to 336."))],
    )
    asks_again = BooleanField(_l("Ask the confirmed whether they still come"))
    releases_unanswered = BooleanField(_l("Give on the seats of those who do not answer"))
    no_show_minutes = IntegerField(
        _l("Minutes after the beginning"),
        validators=[Optional(), NumberRange(0, 1440, message=_l("A number from 0 to 1440."))],
    )


class QuotaForm(FlaskForm):
    """One cell of a quota; which of its fields counts, the dimension says."""

    dimension = SelectField(_l("By"), validators=[InputRequired()])
    education = SelectField(_l("Education"))
    city = SelectField(_l("First wish of city"), coerce=str)
    words = StringField(_l("Field or university"), validators=[Length(max=60)])
    answer = SelectField(_l("City of origin or another answer"), validate_choice=False)
    most = IntegerField(
        _l("At most"),
        validators=[InputRequired(), NumberRange(0, 100_000, message=_l("A number, 0 or more."))],
    )

    def __init__(
        self, *, cities: Sequence[HostCity], answers: Mapping[str, list[tuple[str, str]]], **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.dimension.choices = [
            (one.value, one.label) for one in QuotaDimension if answers or one is not QuotaDimension.ANSWER
        ]
        self.answer.choices = dict(answers)
        self.offered_answers = {value for cells in answers.values() for value, _label in cells}
        self.education.choices = [(one.value, one.label) for one in Education]
        self.city.choices = [(str(city.id), city.name) for city in cities]

    def validate_words(self, field: StringField) -> None:
        """A field or a university needs its word."""
        needs_words = self.dimension.data in (QuotaDimension.FIELD, QuotaDimension.UNIVERSITY)
        if needs_words and not (field.data or "").strip():
            raise ValidationError(_("Say which one."))

    def validate_answer(self, field: SelectField) -> None:
        """An answer is one of those there are."""
        if self.dimension.data == QuotaDimension.ANSWER and field.data not in self.offered_answers:
            raise ValidationError(_("Say which one."))

    @property
    def chosen_value(self) -> str:
        """The cell's value, as a quota holds it; only after ``validate``."""
        if self.dimension.data == QuotaDimension.EDUCATION:
            return str(self.education.data)
        if self.dimension.data == QuotaDimension.WISH:
            return str(self.city.data)
        if self.dimension.data == QuotaDimension.ANSWER:
            return str(self.answer.data)
        return " ".join((self.words.data or "").split())


class ReadyReasonForm(FlaskForm):
    """A reason for declining, in both languages."""

    text_zh = LineField(_l("In Chinese"), shortest=4, longest=200)
    text_en = StringField(_l("In English"), validators=[Length(max=300)])


class CriterionForm(FlaskForm):
    """One thing to be scored."""

    name_zh = LineField(_l("Name in Chinese"), shortest=2, longest=40)
    name_en = StringField(_l("Name in English"), validators=[Length(max=80)])
    weight = IntegerField(
        _l("Weight"),
        validators=[InputRequired(), NumberRange(1, 10, message=_l("A number from 1 to 10."))],
        default=1,
    )


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 10 else None


def _education(text: str | None) -> Education | None:
    try:
        return Education(text or "")
    except ValueError:
        return None
