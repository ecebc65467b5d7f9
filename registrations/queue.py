"""The staff's queue: who is wanted in it, in which order, with which columns; and the ways of looking that are kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l
from sqlalchemy import (
    ColumnElement,
    Select,
    any_,
    column,
    exists,
    func,
    literal,
    or_,
    select,
    true,
    values,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import contains_eager

from accounts.models import Staff
from accounts.permissions import Permission, Reach, reach_of
from audit.record import record
from campaigns.models import Stop
from people.models import Person
from questions.engine import Field
from questions.models import AskedWhen, Kind, Question
from registrations.answers import FILES, answer_in_words, exportable
from registrations.errors import ViewNeedsAName
from registrations.judge import in_order_of_seats
from registrations.lookups import registrations_within
from registrations.models import Education, Quota, Registration, RegistrationState, Review, SavedView
from registrations.search import found, ranked, through_the_index
from shared.clock import from_china, now
from shared.db import db
from shared.errors import NotFound
from shared.pages import Slice, SortKey, slice_of

MOST_AT_ONCE = 10_000
"""So many registrations may be chosen for one act; of more than these the list says only that there are more."""
PIECE = 50
"""So many lines stand on a page."""
MOST_CHANNELS = 60


@dataclass(frozen=True)
class Wanted:
    """Who is looked for; what is None or empty narrows nothing."""

    text: str = ""
    campaign_id: int | None = None
    stop_id: int | None = None
    state: RegistrationState | None = None
    wish_id: int | None = None
    education: Education | None = None
    university: str = ""
    research_field: str = ""
    channel: str = ""
    reviewer_id: int | None = None
    score_from: int | None = None
    since: date | None = None
    until: date | None = None
    lacks_second_form: bool = False
    has_gate_note: bool = False
    quota_id: int | None = None
    answers: Mapping[str, str] = field(default_factory=dict)

    @property
    def narrows(self) -> bool:
        """Whether anything is looked for."""
        return self != Wanted()


@dataclass(frozen=True)
class Everybody:
    """Whom one reaches, narrowed to what was typed. ``exact`` is False when all of them only come near to it;
    ``broad``: so many match that they are not ranked. ``counted`` are the same registrations, without person and
    stop, in the way that counts many soonest; ``few``: there are at most some thousands, all to be counted.
    """

    statement: Select[Registration]
    counted: Select[Registration]
    exact: bool = True
    broad: bool = False
    common: bool = False
    few: bool = False


def everybody_within(reach: Reach, text: str = "") -> Everybody:
    """The registrations within ``reach`` that ``text`` means, with person and stop joined; not ordered.

    The text is looked up once, here; what is made of the answer asks no more.
    """
    within = registrations_within(reach)
    everybody = within.join(Person, Person.id == Registration.person_id).join(
        Stop, Stop.id == Registration.stop_id
    )
    if not text.strip():
        return Everybody(everybody, within)
    answer = found(within, text)
    return Everybody(
        everybody.where(answer.narrowed),
        within.where(answer.counted),
        exact=answer.exact,
        broad=answer.broad,
        common=answer.common,
        few=not answer.common,
    )


def queue_of(everybody: Everybody, wanted: Wanted, *, of_any_state: bool = False) -> Select[Registration]:
    """Those of ``everybody`` who are wanted; not ordered. ``wanted.text`` was looked up before."""
    return everybody.statement.where(*_conditions(wanted, of_any_state=of_any_state))


def _conditions(wanted: Wanted, *, of_any_state: bool) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.campaign_id is not None:
        conditions.append(Stop.campaign_id == wanted.campaign_id)
    if wanted.stop_id is not None:
        conditions.append(Registration.stop_id == wanted.stop_id)
    if wanted.state is not None and not of_any_state:
        conditions.append(Registration.state == wanted.state)
    if wanted.wish_id is not None:
        conditions.append(literal(wanted.wish_id) == any_(Registration.preferred_city_ids))
    if wanted.education is not None:
        conditions.append(Registration.education == wanted.education)
    if wanted.university:
        conditions.append(Registration.university.icontains(wanted.university, autoescape=True))
    if wanted.research_field:
        conditions.append(Registration.research_field.icontains(wanted.research_field, autoescape=True))
    if wanted.channel:
        conditions.append(Registration.channel == wanted.channel)
    if wanted.reviewer_id is not None:
        conditions.append(
            exists().where(
                Review.registration_id == Registration.id, Review.reviewer_id == wanted.reviewer_id
            )
        )
    if wanted.score_from is not None:
        conditions.append(Registration.score >= wanted.score_from)
    if wanted.since is not None:
        conditions.append(Registration.applied_at >= _midnight(wanted.since))
    if wanted.until is not None:
        conditions.append(Registration.applied_at < _midnight(wanted.until + timedelta(days=1)))
    if wanted.lacks_second_form:
        conditions.append(Registration.second_form_at.is_(None))
        conditions.append(
            exists().where(
                Question.campaign_id == Stop.campaign_id,
                Question.asked_when == AskedWhen.AFTER_APPROVAL,
                Question.kind != Kind.HEADING,
                Question.archived_at.is_(None),
                or_(Question.stop_id.is_(None), Question.stop_id == Stop.id),
            )
        )
    if wanted.has_gate_note:
        conditions.append(Registration.gate_note.is_not(None))
    if wanted.quota_id is not None:
        conditions.append(
            Registration.stop_id == select(Quota.stop_id).where(Quota.id == wanted.quota_id).scalar_subquery()
        )
        conditions.append(
            literal(wanted.quota_id)
            == any_(
                func.quota_cells(
                    Registration.stop_id,
                    Registration.education,
                    Registration.preferred_city_ids,
                    Registration.research_field,
                    Registration.university,
                    Registration.answers,
                )
            )
        )
    for key, choice in wanted.answers.items():
        conditions.append(Registration.answers[key].contains(literal(choice, JSONB)))
    return conditions


@dataclass(frozen=True)
class Counts:
    """How many stand in each state. A state in ``more`` has at least so many: they were not counted to the end."""

    by_state: Mapping[RegistrationState, int]
    more: frozenset[RegistrationState] = frozenset()

    def __getitem__(self, state: RegistrationState) -> int:
        return self.by_state[state]

    def number(self, state: RegistrationState | None) -> int:
        """How many, in that state or in all of them."""
        return self.by_state[state] if state else sum(self.by_state.values())

    def is_more(self, state: RegistrationState | None) -> bool:
        """Whether there are more than ``number`` says."""
        return state in self.more if state else bool(self.more)

    def shown(self, state: RegistrationState | None = None) -> str:
        """The number as a list shows it: ``512``, or ``10,000+`` when there are more."""
        number = self.number(state)
        return f"{number:,}+" if self.is_more(state) else str(number)


def counts_of(everybody: Everybody, wanted: Wanted) -> Counts:
    """How many of the wanted stand in each state, whichever state is asked for; one query.

    Those of one stop are counted to the last one; without a stop at most MOST_AT_ONCE of each state, so that the
    answer is there as soon among a million.
    """
    statement = everybody.counted.where(*_conditions(wanted, of_any_state=True))
    if wanted.campaign_id is not None or wanted.lacks_second_form:
        statement = statement.join(Stop, Stop.id == Registration.stop_id)
    if everybody.few or (wanted.stop_id is not None and not everybody.common):
        by_state = statement.with_only_columns(Registration.state, func.count()).group_by(Registration.state)
    elif everybody.common:
        some = statement.with_only_columns(Registration.state).limit(MOST_AT_ONCE + 1).subquery()
        by_state = select(some.c.state, func.count()).group_by(some.c.state)
    else:
        states = values(column("state", Registration.state.type), name="states").data(
            [(state,) for state in RegistrationState]
        )
        some = (
            statement.where(Registration.state == states.c.state)
            .with_only_columns(literal(1))
            .limit(MOST_AT_ONCE + 1)
            .correlate(states)
            .subquery()
        )
        by_state = select(states.c.state, select(func.count()).select_from(some).scalar_subquery())
    with through_the_index() if everybody.common else nullcontext():
        rows = [(state, count) for state, count in db.session.execute(by_state)]
    counts = {**dict.fromkeys(RegistrationState, 0), **dict(rows)}
    if everybody.common:
        cut = sum(counts.values()) > MOST_AT_ONCE
        return Counts(counts, frozenset(state for state, count in counts.items() if cut and count))
    if everybody.few or wanted.stop_id is not None:
        return Counts(counts)
    return Counts(
        {state: min(count, MOST_AT_ONCE) for state, count in counts.items()},
        frozenset(state for state, count in counts.items() if count > MOST_AT_ONCE),
    )


def piece_of(
    everybody: Everybody,
    wanted: Wanted,
    keys: Sequence[SortKey],
    *,
    after: str | None = None,
    before: str | None = None,
    size: int = PIECE,
) -> Slice[Registration]:
    """One piece of the wanted in the order of ``keys``, with person and stop."""
    whole = (
        select(Registration)
        .join(Registration.person)
        .join(Registration.stop)
        .options(contains_eager(Registration.person), contains_eager(Registration.stop))
    )
    return slice_of(queue_of(everybody, wanted), keys, after=after, before=before, size=size, whole=whole)


def channels_within(reach: Reach) -> list[str]:
    """The channels by which people within ``reach`` came, MOST_CHANNELS at most, found by leaps along the index: as
    many looks as there are channels, however many people came by each.
    """
    next_word = (
        select(func.min(Registration.channel)).where(Registration.channel.is_not(None)).scalar_subquery()
    )
    words = select(next_word.label("channel")).cte("channels", recursive=True)
    further = (
        select(func.min(Registration.channel))
        .where(Registration.channel > words.c.channel)
        .correlate(words)
        .scalar_subquery()
    )
    words = words.union_all(select(further).where(words.c.channel.is_not(None)))
    statement = select(words.c.channel).where(words.c.channel.is_not(None)).limit(MOST_CHANNELS)
    if not reach.everywhere:
        statement = statement.where(
            registrations_within(reach)
            .where(Registration.channel == words.c.channel)
            .correlate(words)
            .exists()
        )
    return list(db.session.scalars(statement))


def chosen_by(staff: Staff, wanted: Wanted) -> list[int]:
    """The ids of everybody who is wanted and may be decided on by ``staff``, at most MOST_AT_ONCE."""
    reach = reach_of(staff, Permission.REVIEW_REGISTRATIONS)
    statement = queue_of(everybody_within(reach, wanted.text), wanted)
    return list(
        db.session.scalars(
            statement.with_only_columns(Registration.id).order_by(*in_order_of_seats()).limit(MOST_AT_ONCE)
        )
    )


def may_decide(staff: Staff, registration_ids: Sequence[int]) -> list[int]:
    """Those of ``registration_ids`` that ``staff`` may decide on, in the order in which seats are given."""
    statement = registrations_within(reach_of(staff, Permission.REVIEW_REGISTRATIONS))
    return list(
        db.session.scalars(
            statement.with_only_columns(Registration.id)
            .where(Registration.id.in_(registration_ids))
            .order_by(*in_order_of_seats())
            .limit(MOST_AT_ONCE)
        )
    )


def reviews_of(registration_ids: Sequence[int]) -> dict[int, list[tuple[str, Review]]]:
    """The reviewers of each registration with their reviews, in one query."""
    found: dict[int, list[tuple[str, Review]]] = {number: [] for number in registration_ids}
    if found:
        for review, name in db.session.execute(
            select(Review, Staff.full_name)
            .join(Staff, Staff.id == Review.reviewer_id)
            .where(Review.registration_id.in_(found))
            .order_by(Review.id)
        ):
            found[review.registration_id].append((name, review))
    return found


# Columns and order


@dataclass(frozen=True)
class Column:
    """One column of the queue. ``sort`` orders by it; the registration's id is added behind. ``question``: the
    campaign's own question whose answers it holds.
    """

    name: str
    label: LazyString | str
    sort: SortKey | None = None
    usual: bool = False
    question: Field | None = None

    def words(self, registration: Registration) -> str:
        """What stands in a cell of an own question's column."""
        return answer_in_words(self.question, registration) if self.question else ""


COLUMNS: tuple[Column, ...] = (
    Column("stop", _l("Stop"), SortKey(Stop.starts_at), usual=True),
    Column("state", _l("State"), usual=True),
    Column("score", _l("Score"), SortKey(func.coalesce(Registration.score, -1), True), usual=True),
    Column("university", _l("University"), SortKey(Registration.university), usual=True),
    Column("education", _l("Education"), SortKey(Registration.education), usual=True),
    Column("field", _l("Research field"), SortKey(Registration.research_field), usual=True),
    Column("cities", _l("Cities wished for")),
    Column("reviewers", _l("Reviewers")),
    Column("priority", _l("Priority"), SortKey(Registration.priority, True)),
    Column("expires", _l("Offer ends"), SortKey(func.coalesce(Registration.offer_expires_at, Stop.ends_at))),
    Column("mobile", _l("Mobile")),
    Column("email", _l("E-mail address")),
    Column("channel", _l("Came by"), SortKey(func.coalesce(Registration.channel, ""))),
    Column(
        "second_form", _l("Second form"), SortKey(func.coalesce(Registration.second_form_at, Stop.ends_at))
    ),
    Column("gate_note", _l("Note for the gate")),
    Column("applied", _l("Registered at"), SortKey(Registration.applied_at, True)),
)
BY_NAME = {column.name: column for column in COLUMNS}
LINE = "line"
NEWEST = "newest"


def own_columns(questions: Sequence[Field]) -> list[Column]:
    """The columns of a campaign's own questions: the open ones whose answers fit into a cell."""
    asked = exportable({one.key: one for one in questions}, restricted=False)
    return [
        Column(f"answer.{key}", one.label, question=one)
        for key, one in asked.items()
        if one.kind not in FILES and one.kind is not Kind.CONSENT
    ]


def columns_named(names: Sequence[str], own: Sequence[Column] = ()) -> list[Column]:
    """The columns asked for, in their own order; the usual ones when none is. ``own`` are the campaign's."""
    chosen = [column for column in (*COLUMNS, *own) if column.name in names]
    return chosen or [column for column in COLUMNS if column.usual]


def order_named(name: str, text: str = "", *, broad: bool = False) -> tuple[str, list[SortKey]]:
    """The order of that name and its keys. ``-university`` turns it round; what is none becomes the newest first,
    and of those that a ``text`` means, unless it is ``broad``, the best match first.
    """
    last = SortKey(Registration.id)
    if name == LINE:
        return LINE, [
            SortKey(Registration.priority, True),
            SortKey(func.coalesce(Registration.waiting_since, Registration.applied_at)),
            last,
        ]
    plain = name.removeprefix("-")
    sort = SortKey(Person.name_pinyin) if plain == "name" else None
    if plain in BY_NAME:
        sort = BY_NAME[plain].sort
    if sort is None and text.strip() and not broad:
        return NEWEST, [SortKey(ranked(text)), SortKey(Registration.id, True)]
    if sort is None:
        return NEWEST, [SortKey(Registration.id, True)]
    descending = sort.descending is not name.startswith("-")
    return name, [SortKey(sort.by, descending), SortKey(Registration.id, descending)]


# Ways of looking that are kept

USUAL_VIEWS: tuple[tuple[LazyString, str], ...] = (
    (_l("To review"), "state=applied&sort=line"),
    (_l("Waiting list"), "state=waiting&sort=line&column=stop&column=state&column=university&column=priority&column=applied"),
    (_l("Offers out"), "state=offered&sort=expires&column=stop&column=state&column=university&column=expires&column=mobile"),
    (
        _l("Confirmed without travel data"),
        "state=confirmed&lacks_second_form=y&column=stop&column=state&column=university&column=mobile&column=second_form",
    ),
)  # fmt: skip


def views_for(staff: Staff) -> list[SavedView]:
    """One's own views, then those that colleagues share within one's reach."""
    reach = reach_of(staff, Permission.SEE_REGISTRATIONS)
    shared: ColumnElement[bool] = SavedView.is_shared == true()
    if not reach.everywhere:
        shared = shared & or_(
            SavedView.host_city_id.is_(None), SavedView.host_city_id.in_(reach.host_city_ids)
        )
    statement = (
        select(SavedView)
        .where(or_(SavedView.staff_id == staff.id, shared))
        .order_by(SavedView.staff_id != staff.id, SavedView.name)
    )
    return list(db.session.scalars(statement))


def save_view(name: str, query: str, *, shared: bool, by: Staff) -> SavedView:
    """Keep a way of looking under a name; an own view of that name is replaced. The caller holds the transaction."""
    name = " ".join(name.split())[:40]
    if not name:
        raise ViewNeedsAName
    view = db.session.scalars(
        select(SavedView).where(SavedView.staff_id == by.id, SavedView.name == name)
    ).first() or SavedView(staff_id=by.id, name=name)
    reach = reach_of(by, Permission.SEE_REGISTRATIONS)
    view.query = query[:2000]
    view.is_shared = shared
    view.host_city_id = None if reach.everywhere or not reach.host_city_ids else min(reach.host_city_ids)
    view.saved_at = now()
    db.session.add(view)
    record("save_view", view, by=by, shared=shared)
    return view


def drop_view(view_id: int, *, by: Staff) -> None:
    """Forget an own view. Raises NotFound, also for a colleague's. The caller holds the transaction."""
    view = db.session.get(SavedView, view_id)
    if view is None or view.staff_id != by.id:
        raise NotFound
    record("drop_view", view, by=by)
    db.session.delete(view)


def _midnight(day: date) -> datetime:
    return from_china(datetime(day.year, day.month, day.day))  # noqa: DTZ001 - a day on China's clocks
