"""The people of one stop: who registered, who came, and what became of it. Plain rows, made by dice; no database.

The rows obey what the database would refuse otherwise: no seat is oversold, nobody stands twice, a lead with an
owner has one holding, a signature has its evidence.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from demo.names import Someone, someone
from demo.plans import StopPlan
from demo.trades import (
    CHANNEL_WEIGHTS,
    CHANNELS,
    NEAR,
    NOTES_FIRST,
    NOTES_FURTHER,
    NOTES_UNREACHED,
    TRADE_WEIGHTS,
    TRADES,
    UNIVERSITIES,
    UNIVERSITIES_ABROAD,
)
from leads.follow_up import CONTACT_WITHIN, HOLDING_CAP, NEXT_STEP_WITHIN
from leads.models import OPEN_STAGES, Channel, Stage
from leads.open_lead import FIRST_CALL_WITHIN
from leads.reasons import LetGoReason, as_stored
from leads.score import score_parts, total
from people.folding import folded_university
from people.keep import kept_forms
from privacy.texts import TextVersion
from registrations.models import BadgeClass, Education, RegistrationState
from shared.clock import in_china
from shared.codes import ALPHABET, LENGTH

State = RegistrationState
Row = tuple[Any, ...]

COLUMNS = {
    "people": (
        "id", "full_name", "mobile", "email", "created_at", "university_folded", "education",
        "name_pinyin", "name_initials", "name_folded", "mobile_hash", "email_hash", "search_keys",
    ),
    "registrations": (
        "id", "code", "submission_id", "stop_id", "person_id", "state", "badge_class", "email", "university",
        "education", "research_field", "preferred_city_ids", "language", "channel", "consent_version",
        "consented_at", "applied_at", "decided_at", "waiting_since",
    ),
    "consents": ("registration_id", "purpose", "text_version", "text_digest", "given_at"),
    "state_changes": ("registration_id", "before", "after", "at", "by_staff_id", "reason"),
    "check_ins": ("registration_id", "stop_id", "scan_id", "gate", "scanned_by_id", "arrived_at"),
    "leads": (
        "id", "person_id", "campaign_id", "stop_id", "registration_id", "stage", "score", "owner_id", "claimed_at",
        "due_at", "opened_at", "employer_id", "position", "agreement_number", "signed_on", "started_on", "lost_reason",
    ),
    "lead_holdings": ("lead_id", "staff_id", "from_at", "until_at"),
    "contacts": ("lead_id", "staff_id", "channel", "reached", "note", "at"),
}  # fmt: skip

EDUCATION = {
    Education.DOCTORAL_STUDENT: 44, Education.DOCTOR: 26, Education.POSTDOC: 14, Education.MASTER: 8, Education.OVERSEAS: 8,
}  # fmt: skip
DECLINED_FOR = ("研究方向与本场岗位需求不符", "本场仅面向博士及以上", "名额有限，已推荐参加下一场")
POOL = None  # a lead that lies in the pool
# How far leads have come, by days since the stop; the first line whose days are enough counts.
FORTUNES: tuple[tuple[int, dict[Stage | None, int]], ...] = (
    (3, {POOL: 82, Stage.NEW: 6, Stage.CONTACTED: 12}),
    (60, {POOL: 16, Stage.NEW: 4, Stage.CONTACTED: 18, Stage.QUALIFIED: 17, Stage.REFERRED: 13, Stage.INTERVIEWING: 11,
          Stage.PACKAGE: 4, Stage.OFFERED: 4, Stage.SIGNED: 4, Stage.LOST: 9}),
    (100, {POOL: 9, Stage.CONTACTED: 11, Stage.QUALIFIED: 11, Stage.REFERRED: 10, Stage.INTERVIEWING: 11, Stage.PACKAGE: 8,
           Stage.OFFERED: 8, Stage.SIGNED: 13, Stage.ONBOARDED: 2, Stage.LOST: 17}),
    (100_000, {POOL: 5, Stage.CONTACTED: 4, Stage.QUALIFIED: 4, Stage.REFERRED: 3, Stage.INTERVIEWING: 4, Stage.PACKAGE: 4,
               Stage.OFFERED: 4, Stage.SIGNED: 15, Stage.ONBOARDED: 15, Stage.LOST: 42}),
)  # fmt: skip
CONTACTS_UNTIL = {
    Stage.NEW: 0, Stage.CONTACTED: 1, Stage.QUALIFIED: 2, Stage.REFERRED: 3, Stage.INTERVIEWING: 3, Stage.PACKAGE: 4,
    Stage.OFFERED: 5, Stage.SIGNED: 5, Stage.ONBOARDED: 6, Stage.LOST: 2,
}  # fmt: skip
LOST_FOR = {
    LetGoReason.ELSEWHERE: 30, LetGoReason.PAY: 18, LetGoReason.FAMILY: 18, LetGoReason.NOT_INTERESTED: 14,
    LetGoReason.NO_POSITION: 10, LetGoReason.OUT_OF_REACH: 8, LetGoReason.NOT_ELIGIBLE: 2,
}  # fmt: skip


@dataclass(frozen=True)
class Hiring:
    """An employer as far as the crowd is concerned: its id and the trades it hires in."""

    employer_id: int
    trades: frozenset[str]


@dataclass(frozen=True)
class Scene:
    """Where the crowd moves: ids of rows that exist. Moments are in UTC, ``moment`` is now."""

    moment: datetime
    city_ids: Sequence[int]
    employers: Sequence[Hiring]
    organiser_ids: dict[int | None, int]  # host city id (None: the province) -> staff id
    volunteer_ids: Sequence[int]
    recruiter_ids: Sequence[int]
    notice: TextVersion
    employers_text: TextVersion
    wall_text: TextVersion


@dataclass(frozen=True)
class StopPlace:
    """A stop's row: its id, its campaign, its host city, and when registration was open."""

    stop_id: int
    campaign_id: int
    host_city_id: int | None
    opened_at: datetime
    closes_at: datetime


@dataclass
class Known:
    """A person who has registered before and may come again."""

    person_id: int
    who: Someone
    trade: str
    university: str
    education: Education
    campaign_ids: set[int] = field(default_factory=set)
    visits: list[datetime] = field(default_factory=list)


class Crowd:
    """Makes people stop by stop, remembering whom it knows and how much each recruiter holds.

    ``ids`` gives unused ids of ``people``, ``registrations`` and ``leads``. ``names`` are given to the first who
    come. ``first_number`` makes mobiles different from those of an earlier crowd.
    """

    def __init__(
        self,
        scene: Scene,
        dice: random.Random,
        ids: dict[str, Iterator[int]],
        *,
        names: Sequence[str] = (),
        first_number: int = 0,
        held: dict[int, int] | None = None,
    ) -> None:
        self.scene = scene
        self.dice = dice
        self.ids = ids
        self.rows: dict[str, list[Row]] = {table: [] for table in COLUMNS}
        self._names = list(names)
        self._number = first_number
        self._known: list[Known] = []
        self._held = {staff_id: (held or {}).get(staff_id, 0) for staff_id in scene.recruiter_ids}
        self._agreements = 0
        self._codes: set[str] = set()

    def take_rows(self) -> dict[str, list[Row]]:
        """The rows made since the last call, by table, in the order of COLUMNS; registrations numbered by time."""
        rows, self.rows = self.rows, {table: [] for table in COLUMNS}
        return _numbered_by_time(rows)

    def gather(self, place: StopPlace, plan: StopPlan, *, coming_again: float = 0.06) -> None:
        """Everybody who registers for this stop, and what follows. ``coming_again`` is the share known already."""
        states, guests = self._states(plan)
        for applied_at, state in zip(self._application_times(place, len(states)), states, strict=True):
            badge_class = BadgeClass.DOCTOR
            if state is State.CONFIRMED and guests:
                badge_class = guests.pop()
            self._register(place, plan, applied_at, state, badge_class, coming_again)

    # Registering

    def _states(self, plan: StopPlan) -> tuple[list[State], list[BadgeClass]]:
        """States in the order of application, and the classes of those who do not come as doctors."""
        crowd = plan.crowd
        decided = [State.CONFIRMED] * crowd.confirmed + [State.DECLINED] * crowd.declined
        decided += [State.WITHDRAWN] * crowd.withdrawn
        self.dice.shuffle(decided)
        # Whoever waits came when the seats had gone, whoever is being reviewed came last.
        states = decided + [State.WAITING] * crowd.waiting + [State.APPLIED] * crowd.applied
        guests = [badge_class for badge_class, count in crowd.guests for _ in range(count)]
        self.dice.shuffle(guests)
        return states, guests

    def _application_times(self, place: StopPlace, count: int) -> list[datetime]:
        """Many at the opening, some in between, more again before the closing."""
        until = min(place.closes_at, self.scene.moment - timedelta(minutes=20))
        span = until - place.opened_at
        shares = [
            self.dice.random() ** 2.2 if self.dice.random() < 0.65 else 1 - self.dice.random() ** 2 * 0.5
            for _ in range(count)
        ]
        return sorted(self._awake(place.opened_at + span * share, place.opened_at) for share in shares)

    def _awake(self, at: datetime, earliest: datetime) -> datetime:
        """Hardly anybody applies in the small hours: most of those did so the evening before."""
        hour = in_china(at).hour
        if hour >= 7 or self.dice.random() < 0.06:
            return at
        return max(earliest, at - timedelta(hours=hour + self.dice.uniform(0.5, 5)))

    def _register(
        self,
        place: StopPlace,
        plan: StopPlan,
        applied_at: datetime,
        state: State,
        badge_class: BadgeClass,
        coming_again: float,
    ) -> None:
        dice = self.dice
        person = self._person(place, plan, applied_at, badge_class, coming_again)
        registration_id = next(self.ids["registrations"])
        decided_at = self._decided_at(applied_at, state, plan)
        wishes = self._wishes(place)
        trade = TRADES[person.trade]
        research_field = dice.choice(trade.research_fields)
        self.rows["registrations"].append(
            (
                registration_id,
                self._code(),
                UUID(int=dice.getrandbits(128), version=4),
                place.stop_id,
                person.person_id,
                state.value,
                badge_class.value,
                person.who.email,
                person.university,
                person.education.value,
                research_field,
                wishes,
                "en" if person.who.is_foreign else "zh",
                dice.choices(CHANNELS, CHANNEL_WEIGHTS)[0],
                self.scene.notice.version,
                applied_at,
                applied_at,
                decided_at,
                applied_at if state is State.WAITING else None,
            )
        )
        self._consents(registration_id, applied_at)
        self._state_changes(registration_id, place, plan, applied_at, decided_at, state)
        if state is not State.CONFIRMED or not plan.crowd.came or dice.random() >= plan.crowd.came:
            return
        arrived_at = self._arrives_at(plan)
        if arrived_at > self.scene.moment:
            return
        scanned_by = dice.choice(self.scene.volunteer_ids)
        self.rows["check_ins"].append(
            (registration_id, place.stop_id, UUID(int=dice.getrandbits(128), version=4), dice.choice(plan.gates), scanned_by, arrived_at)
        )  # fmt: skip
        if badge_class is BadgeClass.DOCTOR:
            self._lead(place, person, registration_id, wishes, research_field, arrived_at)
        person.visits.append(arrived_at)

    def _consents(self, registration_id: int, applied_at: datetime) -> None:
        texts = [self.scene.notice]
        if self.dice.random() < 0.82:
            texts.append(self.scene.employers_text)
        if registration_id % 4:  # without dice, so that their throws stay what they were
            texts.append(self.scene.wall_text)
        self.rows["consents"] += [
            (registration_id, one.purpose.value, one.version, one.digest, applied_at) for one in texts
        ]

    def _code(self) -> str:
        """One that was not given yet: among a hundred thousand, two are the same in one crowd of a hundred and thirty."""
        code = "".join(self.dice.choices(ALPHABET, k=LENGTH))
        while code in self._codes:
            code = "".join(self.dice.choices(ALPHABET, k=LENGTH))
        self._codes.add(code)
        return code

    def _person(
        self,
        place: StopPlace,
        plan: StopPlan,
        applied_at: datetime,
        badge_class: BadgeClass,
        coming_again: float,
    ) -> Known:
        dice = self.dice
        if badge_class is BadgeClass.DOCTOR and self._known and dice.random() < coming_again:
            again = dice.choice(self._known)
            if place.campaign_id not in again.campaign_ids:
                again.campaign_ids.add(place.campaign_id)
                return again
        # The remarkable names are spread, else they would all meet at the first stop.
        wanted = self._names.pop() if self._names and dice.random() < 0.06 else None
        who = someone(dice, self._number, wanted=wanted)
        self._number += 1
        education = dice.choices(tuple(EDUCATION), tuple(EDUCATION.values()))[0]
        person = Known(
            next(self.ids["people"]),
            who,
            dice.choices(tuple(TRADE_WEIGHTS), tuple(TRADE_WEIGHTS.values()))[0],
            self._university(plan, education, is_foreign=who.is_foreign),
            education,
            {place.campaign_id},
        )
        self.rows["people"].append(
            (
                person.person_id,
                who.full_name,
                who.mobile,
                who.email,
                applied_at,
                folded_university(person.university),
                person.education.value,
                *kept_forms(
                    full_name=who.full_name,
                    mobile=who.mobile,
                    email=who.email,
                    universities=[person.university],
                ).values(),
            )
        )
        if badge_class is BadgeClass.DOCTOR and len(self._known) < 5_000:
            self._known.append(person)
        return person

    def _university(self, plan: StopPlan, education: Education, *, is_foreign: bool) -> str:
        if is_foreign or education is Education.OVERSEAS:
            return self.dice.choice(UNIVERSITIES_ABROAD)
        if self.dice.random() < 0.55 and plan.city[0] in NEAR:
            return self.dice.choice(NEAR[plan.city[0]])
        # The best known send the most.
        return UNIVERSITIES[int(len(UNIVERSITIES) * self.dice.random() ** 1.5)]

    def _wishes(self, place: StopPlace) -> list[int]:
        wishes = [place.host_city_id] if place.host_city_id and self.dice.random() < 0.55 else []
        for city_id in self.dice.sample(list(self.scene.city_ids), self.dice.choice((0, 1, 1, 2))):
            if city_id not in wishes:
                wishes.append(city_id)
        return wishes

    def _decided_at(self, applied_at: datetime, state: State, plan: StopPlan) -> datetime | None:
        if state is State.APPLIED:
            return None
        if state in (State.CONFIRMED, State.WAITING) and not plan.needs_approval:
            return applied_at
        later = applied_at + timedelta(hours=self.dice.uniform(2, 60))
        return min(later, self.scene.moment - timedelta(minutes=self.dice.uniform(1, 15)))

    def _state_changes(
        self,
        registration_id: int,
        place: StopPlace,
        plan: StopPlan,
        applied_at: datetime,
        decided_at: datetime | None,
        state: State,
    ) -> None:
        changes = self.rows["state_changes"]
        organiser = self.scene.organiser_ids.get(place.host_city_id, self.scene.organiser_ids[None])
        first = State.CONFIRMED
        if plan.needs_approval:
            first = State.APPLIED
        elif state is State.WAITING:
            first = State.WAITING
        changes.append((registration_id, None, first.value, applied_at, None, None))
        if state is first:
            return
        by = None if state is State.WITHDRAWN else organiser
        reason = self.dice.choice(DECLINED_FOR) if state is State.DECLINED else None
        changes.append((registration_id, first.value, state.value, decided_at, by, reason))

    def _arrives_at(self, plan: StopPlan) -> datetime:
        """Most in the quarter of an hour before the beginning, some early, a tail of late ones."""
        dice = self.dice
        anchors = plan.arrivals_at or (plan.begins,)
        anchor = dice.choices(anchors, (45, 22, 25, 8)[: len(anchors)])[0]
        minutes = dice.gauss(-14, 17) if dice.random() < 0.88 else dice.uniform(5, 110)
        return anchor + timedelta(minutes=max(-80.0, minutes))

    # Following up

    def _lead(
        self,
        place: StopPlace,
        person: Known,
        registration_id: int,
        wishes: list[int],
        research_field: str,
        arrived_at: datetime,
    ) -> None:
        dice, moment = self.dice, self.scene.moment
        opened_at = arrived_at + timedelta(seconds=dice.uniform(0.5, 8))
        opened_at = min(opened_at, moment)
        stage, owner = self._fortune(moment - arrived_at)
        score = total(
            score_parts(
                education=person.education,
                research_field=research_field,
                preferred_city_ids=wishes,
                host_city_id=place.host_city_id,
                earlier_visits=sum(visit < arrived_at for visit in person.visits),
            )
        )
        lead_id = next(self.ids["leads"])
        claimed_at: datetime | None = None
        due_at = arrived_at + FIRST_CALL_WITHIN
        employer_id = position = agreement = lost_reason = None
        signed_on: date | None = None
        started_on: date | None = None
        if owner is not None:
            age = moment - opened_at
            if stage is Stage.NEW:
                claimed_at = max(opened_at, moment - timedelta(hours=dice.uniform(1, 30)))
            else:
                claimed_at = opened_at + min(age * 0.4, timedelta(hours=dice.uniform(1, 70)))
            ends_at = self._last_contact_at(stage, claimed_at)
            due_at = self._contacts(lead_id, owner, stage, claimed_at, ends_at)
            self.rows["lead_holdings"].append((lead_id, owner, claimed_at, None))
            if stage is Stage.LOST:
                lost_reason = as_stored(dice.choices(tuple(LOST_FOR), tuple(LOST_FOR.values()))[0], "")
            if stage in (Stage.SIGNED, Stage.ONBOARDED):
                employer_id, position = self._post(person.trade)
                self._agreements += 1
                signed_on = in_china(ends_at).date()
                agreement = f"晋才签{signed_on.year}-{self._agreements:04d}"
                if stage is Stage.ONBOARDED:
                    today = in_china(moment).date()
                    started_on = signed_on + (today - signed_on) * dice.uniform(0.3, 0.95)
        self.rows["leads"].append(
            (
                lead_id, person.person_id, place.campaign_id, place.stop_id, registration_id, stage.value, score, owner,
                claimed_at, due_at, opened_at, employer_id, position, agreement, signed_on, started_on, lost_reason,
            )
        )  # fmt: skip

    def _fortune(self, age: timedelta) -> tuple[Stage, int | None]:
        """How far a lead of that age has come, and whose it is; back into the pool when nobody has room."""
        fortunes = next(fortunes for days, fortunes in FORTUNES if age < timedelta(days=days))
        stage = self.dice.choices(tuple(fortunes), tuple(fortunes.values()))[0]
        if stage is POOL:
            return Stage.NEW, None
        if stage not in OPEN_STAGES:
            return stage, self.dice.choice(self.scene.recruiter_ids)
        # Everybody keeps room to claim more.
        with_room = [staff_id for staff_id, held in self._held.items() if held < HOLDING_CAP * 3 // 5]
        if not with_room:
            return Stage.NEW, None
        owner = self.dice.choice(with_room)
        self._held[owner] += 1
        return stage, owner

    def _last_contact_at(self, stage: Stage, claimed_at: datetime) -> datetime:
        """For an open lead lately, so that some are overdue and most are not; for an ended one long ago."""
        moment = self.scene.moment
        if stage in OPEN_STAGES:
            wait = NEXT_STEP_WITHIN[stage] * self.dice.uniform(0.05, 1.2)
            return max(claimed_at, moment - wait)
        return claimed_at + (moment - claimed_at) * self.dice.uniform(0.25, 0.6)

    def _contacts(
        self, lead_id: int, owner: int, stage: Stage, claimed_at: datetime, last_at: datetime
    ) -> datetime:
        """Write the contacts from the claim to the last one; returns when the next is due."""
        count = CONTACTS_UNTIL[stage]
        if count == 0:
            return claimed_at + CONTACT_WITHIN
        dice = self.dice
        for number in range(count):
            at = (
                last_at
                if number == count - 1
                else claimed_at + (last_at - claimed_at) * ((number + 0.6) / count)
            )
            reached = number == count - 1 or dice.random() < 0.8
            notes = NOTES_UNREACHED if not reached else NOTES_FIRST if number < 2 else NOTES_FURTHER
            channel = dice.choices(tuple(Channel), (50, 32, 12, 6))[0]
            self.rows["contacts"].append((lead_id, owner, channel.value, reached, dice.choice(notes), at))
        return last_at + NEXT_STEP_WITHIN.get(stage, timedelta())

    def _post(self, trade: str) -> tuple[int, str]:
        fitting = [hiring for hiring in self.scene.employers if trade in hiring.trades]
        hiring = self.dice.choice(fitting or list(self.scene.employers))
        return hiring.employer_id, self.dice.choice(TRADES[trade].positions)


def _numbered_by_time(rows: dict[str, list[Row]]) -> dict[str, list[Row]]:
    """The same rows, with the registrations' numbers given in the order of application, as they come in real life."""
    applied_at = COLUMNS["registrations"].index("applied_at")
    registrations = sorted(rows["registrations"], key=lambda row: (row[applied_at], row[0]))
    numbers = dict(
        zip((row[0] for row in registrations), sorted(row[0] for row in registrations), strict=True)
    )

    def renumbered(table: str, column: str) -> list[Row]:
        place = COLUMNS[table].index(column)
        return [(*row[:place], numbers[row[place]], *row[place + 1 :]) for row in rows[table]]

    pointing = ("consents", "state_changes", "check_ins", "leads")
    return {
        **rows,
        "registrations": [(numbers[row[0]], *row[1:]) for row in registrations],
        **{table: renumbered(table, "registration_id") for table in pointing},
    }
