"""What the office types to let somebody in otherwise than by the public form: invitations, guests."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField, HiddenField, IntegerField, RadioField, SelectField, StringField
from wtforms.validators import InputRequired, Length, NumberRange, ValidationError

from campaigns.models import Stop
from registrations.invite import InvitationPlan
from registrations.models import BadgeClass, Basis, Education
from registrations.register import Application
from shared.fields import FullNameField, LineField, MailAddressField, MobileField
from shared.moment_field import ChinaMomentField


class OptionalMobileField(MobileField):
    """A mobile number, or nothing."""

    def pre_validate(self, form: Any) -> None:
        """Refuse what is there and cannot be a number."""
        if self.data:
            super().pre_validate(form)


class OptionalMailField(MailAddressField):
    """An e-mail address, or nothing."""

    def pre_validate(self, form: Any) -> None:
        """Refuse what is there and cannot be an address."""
        if self.data:
            super().pre_validate(form)


class OptionalLineField(LineField):
    """One line of text, or nothing."""

    def pre_validate(self, form: Any) -> None:
        """Refuse what is too long."""
        if self.data:
            super().pre_validate(form)


class InvitationForm(FlaskForm):
    """An invitation: for one person when ``personal``, else a code for several."""

    full_name = FullNameField(
        _l("Full name"), description=_l("Nobody of another name can use the invitation.")
    )
    email = MailAddressField(_l("E-mail address"), description=_l("The link is sent here."))
    quota = IntegerField(
        _l("How many people"),
        default=10,
        validators=[
            InputRequired(_l("Say for how many people.")),
            NumberRange(1, 5000, _l("Between 1 and 5,000 people.")),
        ],
    )
    badge_class = SelectField(_l("Comes as"), description=_l("Printed on the badge."))
    valid_until = ChinaMomentField(
        _l("Valid until"), validators=[InputRequired(_l("Say until when it is valid."))]
    )
    skips_approval = BooleanField(
        _l("No review: whoever comes by it has a seat at once while there are seats")
    )
    opens_closed = BooleanField(_l("May also register before the opening and after the deadline"))
    keeps_seats = BooleanField(_l("Keep the seats: they are nobody else's until then"))
    language = RadioField(_l("Language of the mail"), default="zh")
    note = OptionalLineField(
        _l("Note for colleagues"), shortest=1, longest=120, description=_l("For example who asked for it.")
    )

    def __init__(self, *, personal: bool, stop: Stop, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.personal = personal
        self.badge_class.choices = [(one.value, one.label) for one in BadgeClass]
        self.language.choices = [("zh", "中文"), ("en", "English")]
        for left_out in ("quota",) if personal else ("full_name", "email", "language"):
            del self._fields[left_out]
        for required in ("full_name", "email", "quota", "badge_class", "valid_until"):
            if required in self._fields:
                self._fields[required].flags.required = True
        if not self.is_submitted():
            self.valid_until.data = stop.registration_closes_at
            self.badge_class.data = BadgeClass.GUEST.value

    def plan(self) -> InvitationPlan:
        """What was said; only after ``validate``."""
        return InvitationPlan(
            badge_class=BadgeClass(self.badge_class.data),
            valid_until=self.valid_until.moment,
            full_name=self.full_name.checked if self.personal else None,
            email=self.email.checked if self.personal else None,
            quota=1 if self.personal else int(self.quota.data or 1),
            skips_approval=bool(self.skips_approval.data),
            opens_closed=bool(self.opens_closed.data),
            keeps_seats=bool(self.keeps_seats.data),
            note=self.note.checked,
            language=str(self.language.data) if self.personal else "zh",
        )


class CodeForm(FlaskForm):
    """The code of an invitation, as somebody types it."""

    class Meta:
        """A question changes nothing and needs no token."""

        csrf = False

    code = StringField(
        _l("Code of your invitation"),
        validators=[
            InputRequired(_l("Please type the code.")),
            Length(max=40, message=_l("A code has eight characters.")),
        ],
        render_kw={"autocapitalize": "characters", "maxlength": 40},
    )


class GuestForm(FlaskForm):
    """A guest, a reporter, a colleague: entered by the office, with or without a way to reach them."""

    submission_id = HiddenField()
    full_name = FullNameField(_l("Full name"))
    badge_class = SelectField(_l("Comes as"), description=_l("Printed on the badge."))
    honour = OptionalLineField(
        _l("Title or office"), shortest=1, longest=40, description=_l("For example academician, director.")
    )
    unit = LineField(_l("Unit"), shortest=2, longest=100, description=_l("Printed on the badge."))
    mobile = OptionalMobileField(_l("Mobile number"))
    email = OptionalMailField(_l("E-mail address"))
    secretary = OptionalLineField(
        _l("Secretary or contact"), shortest=1, longest=50, description=_l("Who speaks for the guest.")
    )
    secretary_mobile = OptionalMobileField(_l("Mobile of the contact"))
    basis = RadioField(_l("On what ground we keep these data"))
    tells = BooleanField(_l("Tell the guest by e-mail, with the ticket"))
    may_wait = BooleanField(
        _l("If no seat is left, put the guest on the waiting list"),
        description=_l("Whoever waits gets the next seat that comes free, in order."),
    )

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.badge_class.choices = [(one.value, one.label) for one in BadgeClass]
        self.basis.choices = [(one.value, one.label) for one in (Basis.INVITED, Basis.ON_PAPER)]
        for required in (self.full_name, self.badge_class, self.unit, self.basis):
            required.flags.required = True
        if not self.is_submitted():
            self.basis.data = Basis.INVITED.value
            self.badge_class.data = self.badge_class.data or BadgeClass.ACADEMICIAN.value

    def validate_tells(self, field: BooleanField) -> None:
        """Nobody is told who has no address."""
        if field.data and not self.email.data:
            raise ValidationError(_("To tell the guest by e-mail, type an address above."))

    def application(self, language: str) -> Application:
        """What was said; only after ``validate``."""
        return Application(
            full_name=self.full_name.checked,
            mobile=self.mobile.checked or None,
            email=self.email.checked,
            university=self.unit.checked,
            education=Education.OTHER,
            research_field="",
            language=language,
            honour=self.honour.checked or None,
            secretary=self.secretary.checked or None,
            secretary_mobile=self.secretary_mobile.checked or None,
        )
