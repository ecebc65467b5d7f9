"""What an organiser may type about campaigns, stops and programmes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    DateField,
    Field,
    IntegerField,
    RadioField,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.validators import (
    InputRequired,
    Length,
    NumberRange,
    Optional,
    Regexp,
    StopValidation,
    ValidationError,
)

from accounts.models import Role, Staff
from accounts.permissions import Permission, reach_of
from campaigns.change_scope import Scope
from campaigns.channel import FORM
from campaigns.lookups import host_cities, main_venues
from campaigns.models import Campaign, Family, ProgrammeItem, ProgrammeKind, Stop
from campaigns.plan import LONGEST_SLUG, CampaignPlan, StopPlan
from campaigns.programme import ProgrammeEntry
from campaigns.start_from import Start
from shared.clock import in_china, today
from shared.moment_field import ChinaMomentField

_NEEDED = _l("Please fill this in.")
MOST_SEATS = 100_000
MOST_TEXT = 20_000
_MAIN = "main"


def trimmed(text: str | None) -> str | None:
    """A filter: without blanks around it, with plain line ends, without the NUL that PostgreSQL cannot store."""
    return text if text is None else text.replace("\0", "").replace("\r\n", "\n").strip()


def one_line(text: str | None) -> str | None:
    """A filter: trimmed, and with single blanks; a line break would end a header or a calendar's line."""
    return text if text is None else " ".join(text.replace("\0", "").split())


def needed() -> InputRequired:
    """Required, said in the reader's language."""
    return InputRequired(_NEEDED)


def no_longer_than(limit: int) -> Length:
    """At most ``limit`` characters."""
    return Length(max=limit, message=_l("At most %(limit)s characters.", limit=limit))


def _line(label: Any, limit: int, *, required: bool = True, **options: Any) -> StringField:
    validators = [needed() if required else Optional(), no_longer_than(limit)]
    return StringField(label, validators=validators, filters=[one_line], **options)


def _markdown(label: Any) -> TextAreaField:
    """A long text; what may stand in it is said by the editor around it."""
    return TextAreaField(label, validators=[Optional(), no_longer_than(MOST_TEXT)], filters=[trimmed])


def _not_blank(_form: FlaskForm, field: Field) -> None:
    """InputRequired looks at what was sent; blanks alone are nothing."""
    if not field.data:
        raise StopValidation(str(_NEEDED))


class HostCityField(SelectField):
    """The province or one of its cities, as far as the signed-in member of staff may plan."""

    def __init__(self, label: Any = None, **options: Any) -> None:
        options.setdefault("coerce", _city_or_province)
        super().__init__(label, **options)
        self.flags.required = True  # the province is a choice too: nothing here is left out

    def offer(self, staff: Staff, *, province: bool | None = None, also: int | None = None) -> None:
        """Fill the choices for ``staff``; ``also`` keeps what is stored, ``province`` overrides who may choose it."""
        reach = reach_of(staff, Permission.PLAN_CAMPAIGNS)
        with_province = reach.everywhere if province is None else province
        cities = [
            (city.id, city.name)
            for city in host_cities()
            if with_province or city.id in reach.host_city_ids or city.id == also
        ]
        self.choices = [*([("", _l("The province"))] if with_province else []), *cities]


def _city_or_province(value: Any) -> int | None:
    if value in (None, "", "None"):
        return None
    return int(value)


class CampaignForm(FlaskForm):
    """A campaign."""

    name_zh = _line(_l("Name in Chinese"), 100)
    name_en = _line(_l("Name in English"), 200, required=False)
    family = SelectField(_l("Kind of campaign"), validators=[needed()])
    year = IntegerField(
        _l("Year"),
        validators=[needed(), NumberRange(2000, 2100, message=_l("A year between 2000 and 2100."))],
    )
    host_city_id = HostCityField(_l("Held by"))
    summary_zh = TextAreaField(
        _l("What it is about, in Chinese"),
        validators=[Optional(), no_longer_than(2000)],
        filters=[trimmed],
    )
    summary_en = TextAreaField(
        _l("What it is about, in English"),
        validators=[Optional(), no_longer_than(4000)],
        filters=[trimmed],
    )
    details_zh = _markdown(_l("The whole story, in Chinese"))
    details_en = _markdown(_l("The whole story, in English"))
    poster_line = _line(
        _l("Line on posters"), 40, required=False, description=_l("In Chinese, like 扫码报名，共赴山西.")
    )
    slug = StringField(
        _l("Public address"),
        validators=[
            Optional(),
            no_longer_than(LONGEST_SLUG),
            Regexp(r"^[a-z0-9]+(-[a-z0-9]+)*$", message=_l("Small letters a–z, digits and single hyphens.")),
        ],
        filters=[trimmed],
        render_kw={"autocapitalize": "none", "spellcheck": "false"},
    )

    own_page_asks_code = BooleanField(
        _l("Applicants open their page with a code sent by e-mail"),
        description=_l("Besides the link in the mail. For campaigns whose forms ask for much."),
    )

    validate_name_zh = staticmethod(_not_blank)

    def __init__(self, staff: Staff, campaign: Campaign | None = None) -> None:
        super().__init__(obj=campaign)
        self.family.choices = [(family.value, family.label) for family in Family]
        # Who may plan this one campaign by a grant for it alone keeps its host as it is.
        reach = reach_of(staff, Permission.PLAN_CAMPAIGNS)
        own_by_grant = campaign is not None and campaign.id in reach.campaign_ids
        self.host_city_id.offer(
            staff,
            province=True if own_by_grant and campaign and campaign.host_city_id is None else None,
            also=campaign.host_city_id if campaign is not None else None,
        )
        if self.year.data is None and not self.is_submitted():
            self.year.data = today().year

    def plan(self) -> CampaignPlan:
        """What was typed. Call it after the form is valid."""
        return CampaignPlan(
            family=Family(self.family.data),
            year=int(self.year.data or 0),
            name_zh=self.name_zh.data or "",
            name_en=self.name_en.data or "",
            summary_zh=self.summary_zh.data or "",
            summary_en=self.summary_en.data or "",
            details_zh=self.details_zh.data or "",
            details_en=self.details_en.data or "",
            poster_line=self.poster_line.data or "",
            slug=self.slug.data or "",
            host_city_id=self.host_city_id.data,
            own_page_asks_code=bool(self.own_page_asks_code.data),
        )


class DayField(DateField):
    """A day in China, refused in words."""

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read the day that was typed."""
        try:
            super().process_formdata(valuelist)
        except ValueError:
            raise ValueError(str(_l("Give a day, like 2026-05-28."))) from None


class StartForm(FlaskForm):
    """A campaign that begins with another one's outline."""

    name_zh = _line(_l("Name in Chinese"), 100)
    name_en = _line(_l("Name in English"), 200, required=False)
    first_day = DayField(_l("Day of the first stop"), validators=[needed()])
    host_city_id = HostCityField(_l("Held by"))

    validate_name_zh = staticmethod(_not_blank)

    def __init__(self, staff: Staff, campaign: Campaign | None = None) -> None:
        super().__init__()
        self.host_city_id.offer(staff)
        if not self.is_submitted() and campaign is not None:
            self.name_zh.data = campaign.name_zh.replace(str(campaign.year), str(campaign.year + 1))
            self.name_en.data = campaign.name_en.replace(str(campaign.year), str(campaign.year + 1))
            self.host_city_id.data = campaign.host_city_id
            begins = [stop.starts_at for stop in campaign.stops if stop.cancelled_at is None]
            if begins:
                # 52 weeks on: another year, the same day of the week.
                self.first_day.data = in_china(min(begins)).date() + timedelta(weeks=52)

    def validate_first_day(self, field: DateField) -> None:
        """A year that is surely no slip of the finger."""
        if field.data and not 2000 <= field.data.year <= 2100:
            raise ValidationError(str(_l("A year between 2000 and 2100.")))

    def start(self) -> Start:
        """What was typed. Call it after the form is valid."""
        return Start(
            name_zh=self.name_zh.data or "",
            name_en=self.name_en.data or "",
            first_day=self.first_day.data or today(),
            host_city_id=self.host_city_id.data,
        )


class TemplateForm(FlaskForm):
    """The name under which an outline is kept."""

    name = _line(_l("Name of the template"), 100)

    validate_name = staticmethod(_not_blank)


class StopForm(FlaskForm):
    """A stop."""

    city_zh = _line(_l("City it takes place in"), 40)
    city_en = _line(_l("City, in English"), 60, required=False)
    host_city_id = HostCityField(_l("Hosted by"))
    venue_zh = _line(_l("Venue"), 100)
    venue_en = _line(_l("Venue, in English"), 200, required=False)
    address_zh = _line(_l("Address"), 200)
    address_en = _line(_l("Address, in English"), 300, required=False)
    starts_at = ChinaMomentField(_l("Begins"), validators=[needed()])
    ends_at = ChinaMomentField(_l("Ends"), validators=[needed()])
    registration_closes_at = ChinaMomentField(_l("Registration closes"), validators=[needed()])
    edits_close_at = ChinaMomentField(
        _l("Answers may be changed until"),
        validators=[Optional()],
        description=_l("Empty: as long as registration is open."),
    )
    capacity = IntegerField(
        _l("Seats"),
        validators=[
            needed(),
            NumberRange(1, MOST_SEATS, message=_l("A number between 1 and %(most)s.", most=MOST_SEATS)),
        ],
    )
    needs_approval = BooleanField(_l("Each registration is reviewed before it gets a seat"))
    details_zh = _markdown(_l("What to know, in Chinese"))
    details_en = _markdown(_l("What to know, in English"))
    scope = RadioField(_l("For which stops"), default=Scope.THIS.value)
    programme_moves = RadioField(_l("When the beginning changes, the programme"), default="along")
    venue_place = SelectField(
        _l("Main venue or sub-venue"),
        default="",
        description=_l("Figures of a main venue count its sub-venues along, each person once."),
    )

    validate_city_zh = staticmethod(_not_blank)
    validate_venue_zh = staticmethod(_not_blank)
    validate_address_zh = staticmethod(_not_blank)

    def __init__(self, staff: Staff, campaign: Campaign, stop: Stop | None = None) -> None:
        super().__init__(obj=stop)
        reach = reach_of(staff, Permission.PLAN_CAMPAIGNS)
        whole = reach.everywhere or campaign.id in reach.campaign_ids
        kept_by_grant = stop is not None and stop.id in reach.stop_ids and stop.host_city_id is None
        self.host_city_id.offer(
            staff, province=whole or kept_by_grant, also=stop.host_city_id if stop is not None else None
        )
        if stop is None and not self.is_submitted() and campaign.host_city_id is not None:
            self.host_city_id.data = campaign.host_city_id
        self.venue_place.choices = [
            ("", _l("Stands by itself")),
            (_MAIN, _l("Main venue")),
            *(
                (
                    str(main.id),
                    _l("Sub-venue of %(city)s", city=f"{main.city} {in_china(main.starts_at):%m-%d}"),
                )
                for main in main_venues(campaign.id)
                if stop is None or main.id != stop.id
            ),
        ]
        self.scope.choices = [(scope.value, scope.label) for scope in Scope]
        self.scope.flags.required = True
        self.programme_moves.choices = [("along", _l("moves along")), ("stays", _l("keeps its times"))]
        self.programme_moves.flags.required = True
        if stop is not None and not self.is_submitted():
            self.venue_place.data = _MAIN if stop.is_main_venue else str(stop.main_stop_id or "")

    def validate_ends_at(self, field: ChinaMomentField) -> None:
        """It ends after it begins."""
        if self.starts_at.data and field.data and field.data <= self.starts_at.data:
            raise ValidationError(str(_l("The end must be later than the beginning.")))

    def validate_registration_closes_at(self, field: ChinaMomentField) -> None:
        """Nobody registers for what is over."""
        if self.ends_at.data and field.data and field.data > self.ends_at.data:
            raise ValidationError(str(_l("Registration closes before the stop ends, at the latest.")))

    @property
    def moves_programme(self) -> bool:
        """Whether the programme moves along with the beginning."""
        return bool(self.programme_moves.data != "stays")

    @property
    def chosen_scope(self) -> Scope:
        """For which stops the change is meant."""
        return Scope(self.scope.data or Scope.THIS)

    def validate_edits_close_at(self, field: ChinaMomentField) -> None:
        """Afterwards there is nothing to prepare any more."""
        if self.ends_at.data and field.data and field.data > self.ends_at.data:
            raise ValidationError(str(_l("Answers can be changed until the stop ends, at the latest.")))

    def plan(self) -> StopPlan:
        """What was typed. Call it after the form is valid."""
        return StopPlan(
            city_zh=self.city_zh.data or "",
            city_en=self.city_en.data or "",
            host_city_id=self.host_city_id.data,
            venue_zh=self.venue_zh.data or "",
            venue_en=self.venue_en.data or "",
            address_zh=self.address_zh.data or "",
            address_en=self.address_en.data or "",
            starts_at=self.starts_at.moment,
            ends_at=self.ends_at.moment,
            registration_closes_at=self.registration_closes_at.moment,
            edits_close_at=self.edits_close_at.data,
            capacity=int(self.capacity.data or 0),
            needs_approval=bool(self.needs_approval.data),
            details_zh=self.details_zh.data or "",
            details_en=self.details_en.data or "",
            is_main_venue=self.venue_place.data == _MAIN,
            main_stop_id=int(self.venue_place.data) if (self.venue_place.data or "").isdigit() else None,
        )


class ProgrammeForm(FlaskForm):
    """One item of a stop's programme."""

    kind = SelectField(_l("What it is"), validators=[needed()])
    title_zh = _line(_l("Title"), 100)
    title_en = _line(_l("Title, in English"), 200, required=False)
    place_zh = _line(_l("Hall or meeting point"), 100, required=False)
    place_en = _line(_l("Hall or meeting point, in English"), 200, required=False)
    route_zh = _line(
        _l("Route or coach"),
        60,
        required=False,
        description=_l("Where a visit goes by route, like 线路3 · 7–12号车."),
    )
    route_en = _line(_l("Route or coach, in English"), 60, required=False)
    starts_at = ChinaMomentField(_l("Begins"), validators=[needed()])
    ends_at = ChinaMomentField(_l("Ends"), validators=[needed()])
    is_chosen = BooleanField(_l("Applicants choose whether they come to it"))
    capacity = IntegerField(
        _l("Seats of its own"),
        validators=[
            Optional(),
            NumberRange(1, MOST_SEATS, message=_l("A number between 1 and %(most)s.", most=MOST_SEATS)),
        ],
        description=_l("Leave it empty where there is no limit."),
    )
    group_zh = _line(
        _l("Group of which one is chosen"),
        60,
        required=False,
        description=_l("Items with the same group exclude each other, like 沙龙（选一场）."),
    )
    group_en = _line(_l("Group, in English"), 60, required=False)
    group_is_must = BooleanField(
        _l("One of the group has to be chosen"),
        description=_l(
            "It holds for the whole group. Where everything in it is full, people register without it."
        ),
    )

    validate_title_zh = staticmethod(_not_blank)

    def __init__(self, stop: Stop, item: ProgrammeItem | None = None) -> None:
        super().__init__(obj=item)
        self.kind.choices = [(kind.value, kind.label) for kind in ProgrammeKind]
        self.group_zh.render_kw = {"list": "groups"}
        self.groups = sorted({other.group_zh for other in stop.programme if other.group_zh})
        if item is None and not self.is_submitted():
            after = max(
                (other.ends_at for other in stop.programme if not other.is_cancelled), default=stop.starts_at
            )
            self.starts_at.data = after if after < stop.ends_at else stop.starts_at

    def validate_ends_at(self, field: ChinaMomentField) -> None:
        """It ends after it begins."""
        if self.starts_at.data and field.data and field.data <= self.starts_at.data:
            raise ValidationError(str(_l("The end must be later than the beginning.")))

    def entry(self) -> ProgrammeEntry:
        """What was typed. Call it after the form is valid."""
        return ProgrammeEntry(
            kind=ProgrammeKind(self.kind.data),
            title_zh=self.title_zh.data or "",
            title_en=self.title_en.data or "",
            place_zh=self.place_zh.data or "",
            place_en=self.place_en.data or "",
            route_zh=self.route_zh.data or "",
            route_en=self.route_en.data or "",
            starts_at=self.starts_at.moment,
            ends_at=self.ends_at.moment,
            is_chosen=bool(self.is_chosen.data),
            capacity=self.capacity.data,
            group_zh=self.group_zh.data or "",
            group_en=self.group_en.data or "",
            group_is_must=bool(self.group_is_must.data),
        )


class CancelForm(FlaskForm):
    """Why a stop does not take place."""

    reason = _line(_l("Reason"), 300)

    validate_reason = staticmethod(_not_blank)


class ChannelForm(FlaskForm):
    """Where a poster hangs. Sent by GET: it changes nothing."""

    class Meta:
        csrf = False

    channel = StringField(
        _l("Where the poster hangs"),
        validators=[
            Optional(),
            Regexp(f"^{FORM.pattern}$", message=_l("Small letters, digits and hyphens, at most 32.")),
        ],
        filters=[trimmed],
        description=_l(
            "A short word like fudan or wechat. Registrations that come through this code carry it."
        ),
        render_kw={"autocapitalize": "none", "spellcheck": "false"},
    )


class NewChannelForm(FlaskForm):
    """One more way by which people are to hear of a campaign."""

    name = _line(_l("Where it hangs or stands"), 60, description=_l("Like 复旦大学海报 or 微信公众号."))
    word = StringField(
        _l("Word in the address"),
        validators=[
            needed(),
            Regexp(f"^{FORM.pattern}$", message=_l("Small letters, digits and hyphens, at most 32.")),
        ],
        filters=[trimmed],
        description=_l(
            "A short word like fudan or wechat. Registrations that come through this code carry it."
        ),
        render_kw={"autocapitalize": "none", "spellcheck": "false"},
    )

    validate_name = staticmethod(_not_blank)


class StopStaffForm(FlaskForm):
    """A colleague and a role for one stop."""

    login = _line(_l("Colleague's account"), 100, description=_l("The name your colleague signs in with."))
    role = SelectField(_l("Role"), validators=[needed()])

    def __init__(self, roles: list[Role]) -> None:
        super().__init__()
        self.role.choices = [(role.value, role.label) for role in roles]
        self.login.render_kw = {"autocomplete": "off"}
