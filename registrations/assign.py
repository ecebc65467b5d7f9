"""Reviewers: who is asked to look at which registration, what they score, and who may not for a conflict of interest."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from statistics import pstdev
from typing import Any

from sqlalchemy import Select, and_, exists, func, or_, select

from accounts.models import RoleGrant, Staff
from accounts.permissions import ALLOWED, Permission, reach_of
from audit.record import Actor, record
from campaigns.models import Campaign, Stop
from registrations.errors import (
    ConflictDeclared,
    CriterionExists,
    CriterionIsUsed,
    PointsMissing,
    ReasonMissing,
    WrongState,
)
from registrations.models import Criterion, Registration, RegistrationState, Review, Score
from shared.clock import now
from shared.db import db, hold
from shared.errors import NotFound

USUAL_CRITERIA = (
    ("学术水平", "Academic standing", 3),
    ("与我省产业契合度", "Fit with the province's industries", 3),
    ("来晋意愿", "Will to come", 2),
)
MOST_REVIEWERS = 60
"""So many reviewers are offered at once; the others are found by a part of their name."""
SCORABLE = (RegistrationState.APPLIED, RegistrationState.WAITING)


@dataclass(frozen=True)
class Opinion:
    """One reviewer's points as a whole, 0–10, with the note."""

    name: str
    points: float
    note: str | None
    review: Review


@dataclass(frozen=True)
class Opinions:
    """What reviewers think of one registration. ``spread`` is the standard deviation: how far they are apart."""

    given: list[Opinion]
    waiting: list[str]
    conflicts: list[str]

    @property
    def average(self) -> float | None:
        """The average of the reviewers' points, or None."""
        return sum(one.points for one in self.given) / len(self.given) if self.given else None

    @property
    def spread(self) -> float:
        """0 when they agree."""
        return pstdev([one.points for one in self.given]) if self.given else 0.0


@dataclass(frozen=True)
class Reviewer:
    """Somebody who may be asked to review."""

    id: int
    full_name: str


def reviewers_of(
    stops: Select[Stop],
    *,
    find: str = "",
    keep: Collection[int] = (),
    asked_only: bool = False,
    most: int = MOST_REVIEWERS,
) -> tuple[list[Reviewer], bool]:
    """Who may review registrations of at least one of ``stops``, by name, and whether there are more than ``most``.

    ``find`` is a part of the name or of the login; those in ``keep`` stand first whatever it says. ``asked_only``:
    only those who were asked for a review already. One query, however many staff there are.
    """
    roles = [role for role, allowed in ALLOWED.items() if Permission.REVIEW_REGISTRATIONS in allowed]

    def some(column: Any) -> Select[Any]:
        return stops.with_only_columns(column).order_by(None)

    somewhere = or_(
        RoleGrant.host_city_id.in_(some(Stop.host_city_id)),
        RoleGrant.campaign_id.in_(some(Stop.campaign_id)),
        RoleGrant.stop_id.in_(some(Stop.id)),
        and_(
            RoleGrant.host_city_id.is_(None),
            RoleGrant.campaign_id.is_(None),
            RoleGrant.stop_id.is_(None),
            RoleGrant.employer_id.is_(None),
        ),
    )
    kept = Staff.id.in_(keep)
    statement = (
        select(Staff.id, Staff.full_name)
        .where(
            Staff.is_active,
            exists().where(RoleGrant.staff_id == Staff.id, RoleGrant.role.in_(roles), somewhere),
        )
        .order_by(kept.desc(), Staff.full_name, Staff.id)
        .limit(most + 1)
    )
    if find.strip():
        named = Staff.full_name.icontains(find.strip(), autoescape=True)
        statement = statement.where(or_(kept, named, Staff.login.icontains(find.strip(), autoescape=True)))
    if asked_only:
        statement = statement.where(or_(kept, exists().where(Review.reviewer_id == Staff.id)))
    found = [Reviewer(number, name) for number, name in db.session.execute(statement)]
    return found[:most], len(found) > most


def assign_in_turn(
    registration_id: int, reviewer_ids: Sequence[int], turn: int, *, each: int = 1, by: Actor
) -> list[Review]:
    """Ask ``each`` of the reviewers to look at a registration, taking them in turn: ``turn`` counts from 0.

    Whoever was asked already is not asked twice; who has declared a conflict is passed over for the next. Raises
    NotFound or WrongState. The caller holds the transaction.
    """
    registration = hold(Registration, registration_id)
    if registration is None:
        raise NotFound
    if registration.state not in SCORABLE:
        raise WrongState
    earlier = {
        review.reviewer_id: review
        for review in db.session.scalars(select(Review).where(Review.registration_id == registration_id))
    }
    stop = db.session.get_one(Stop, registration.stop_id)
    asked: list[Review] = []
    for step in range(len(reviewer_ids)):
        if len(asked) >= each:
            break
        reviewer = db.session.get(Staff, reviewer_ids[(turn * each + step) % len(reviewer_ids)])
        if reviewer is None or not reach_of(reviewer, Permission.REVIEW_REGISTRATIONS).covers(
            host_city_id=stop.host_city_id, campaign_id=stop.campaign_id, stop_id=stop.id
        ):
            continue
        review = earlier.get(reviewer.id)
        if review is None:
            review = Review(registration_id=registration_id, reviewer_id=reviewer.id, asked_at=now())
            db.session.add(review)
        elif review.conflict is not None:
            continue
        asked.append(review)
    record("assign_reviewers", registration, by=by, reviewers=[review.reviewer_id for review in asked])
    return asked


def give_review(
    registration_id: int, points: Mapping[int, int], *, note: str | None = None, by: Staff
) -> Review:
    """One's own points for a registration: one number from 0 to 10 for every criterion of the campaign.

    Giving again changes them. Raises NotFound, WrongState, ConflictDeclared or PointsMissing. The caller holds the
    transaction.
    """
    registration = hold(Registration, registration_id)
    if registration is None:
        raise NotFound
    if registration.state not in SCORABLE:
        raise WrongState
    review = own_review(registration_id, by)
    if review is not None and review.conflict is not None:
        raise ConflictDeclared
    stop = db.session.get_one(Stop, registration.stop_id)
    wanted = criteria_of(stop.campaign_id)
    if not wanted or any(not 0 <= points.get(one.id, -1) <= 10 for one in wanted):
        raise PointsMissing
    if review is None:
        review = Review(registration_id=registration_id, reviewer_id=by.id, asked_at=now())
        db.session.add(review)
        db.session.flush()
    review.given_at = now()
    review.note = (note or "").strip() or None
    kept = {score.criterion_id: score for score in review.scores}
    for criterion in wanted:
        if criterion.id in kept:
            kept[criterion.id].points = points[criterion.id]
        else:
            review.scores.append(Score(criterion_id=criterion.id, points=points[criterion.id]))
    db.session.flush()
    _weigh(registration, wanted)
    record("give_review", registration, by=by, stop_id=registration.stop_id)
    return review


def declare_conflict(registration_id: int, *, reason: str, by: Staff) -> Review:
    """Say that one may not judge this person: own points are taken back and none are taken any more.

    Raises NotFound or ReasonMissing. The caller holds the transaction.
    """
    registration = hold(Registration, registration_id)
    if registration is None:
        raise NotFound
    if not reason.strip():
        raise ReasonMissing
    review = own_review(registration_id, by) or Review(
        registration_id=registration_id, reviewer_id=by.id, asked_at=now()
    )
    db.session.add(review)
    review.conflict = reason.strip()
    review.given_at = review.note = None
    review.scores = []
    db.session.flush()
    stop = db.session.get_one(Stop, registration.stop_id)
    _weigh(registration, criteria_of(stop.campaign_id))
    record("declare_conflict", registration, by=by, stop_id=registration.stop_id)
    return review


def own_review(registration_id: int, staff: Staff) -> Review | None:
    """One's own review of a registration, asked for or given; None when there is none."""
    return db.session.scalars(
        select(Review).where(Review.registration_id == registration_id, Review.reviewer_id == staff.id)
    ).first()


def opinions_on(registration: Registration) -> Opinions:
    """What all reviewers think; two queries. Who has not given an own review yet is not shown it (see the view)."""
    weights = {one.id: one.weight for one in criteria_of(registration.stop.campaign_id)}
    given, waiting, conflicts = [], [], []
    for review, name in db.session.execute(
        select(Review, Staff.full_name)
        .join(Staff, Staff.id == Review.reviewer_id)
        .where(Review.registration_id == registration.id)
        .order_by(Review.given_at, Review.id)
    ):
        if review.conflict is not None:
            conflicts.append(name)
        elif review.given_at is None:
            waiting.append(name)
        else:
            given.append(Opinion(name, _points(review, weights), review.note, review))
    return Opinions(given, waiting, conflicts)


def next_to_review(staff: Staff, *, behind: int = 0) -> int | None:
    """The registration one is asked to score next, by id, or None; ``behind`` passes over those up to it."""
    return db.session.scalar(
        select(Review.registration_id)
        .join(Registration, Registration.id == Review.registration_id)
        .where(
            Review.reviewer_id == staff.id,
            Review.given_at.is_(None),
            Review.conflict.is_(None),
            Registration.state.in_(SCORABLE),
        )
        .order_by(Review.registration_id <= behind, Review.registration_id)
        .limit(1)
    )


def left_to_review(staff: Staff) -> int:
    """How many registrations one is still asked to score."""
    return (
        db.session.scalar(
            select(func.count())
            .select_from(Review)
            .join(Registration, Registration.id == Review.registration_id)
            .where(
                Review.reviewer_id == staff.id,
                Review.given_at.is_(None),
                Review.conflict.is_(None),
                Registration.state.in_(SCORABLE),
            )
        )
        or 0
    )


def criteria_of(campaign_id: int) -> list[Criterion]:
    """What is scored in a campaign, in order."""
    return list(
        db.session.scalars(
            select(Criterion)
            .where(Criterion.campaign_id == campaign_id)
            .order_by(Criterion.position, Criterion.id)
        )
    )


def add_criterion(campaign_id: int, *, name_zh: str, name_en: str, weight: int, by: Staff) -> Criterion:
    """One more criterion. Raises NotFound or CriterionExists. The caller holds the transaction."""
    if hold(Campaign, campaign_id) is None:
        raise NotFound
    known = criteria_of(campaign_id)
    if any(one.name_zh == name_zh for one in known):
        raise CriterionExists
    criterion = Criterion(
        campaign_id=campaign_id, name_zh=name_zh, name_en=name_en, weight=weight, position=len(known)
    )
    db.session.add(criterion)
    record("add_criterion", criterion, by=by, campaign_id=campaign_id)
    return criterion


def remove_criterion(criterion: Criterion, *, by: Staff) -> None:
    """Score it no more. Raises CriterionIsUsed once somebody has. The caller holds the transaction."""
    hold(Campaign, criterion.campaign_id)
    if db.session.scalar(select(Score.review_id).where(Score.criterion_id == criterion.id).limit(1)):
        raise CriterionIsUsed
    record("remove_criterion", criterion, by=by, campaign_id=criterion.campaign_id)
    db.session.delete(criterion)


def _weigh(registration: Registration, criteria: Sequence[Criterion]) -> None:
    """Write the average of all reviews given onto the registration, for the list's column and order."""
    weights = {one.id: one.weight for one in criteria}
    reviews = db.session.scalars(
        select(Review)
        .where(Review.registration_id == registration.id, Review.given_at.is_not(None))
        .execution_options(populate_existing=True)
    ).all()
    points = [_points(review, weights) for review in reviews]
    registration.score = round(100 * sum(points) / len(points)) if points else None


def _points(review: Review, weights: Mapping[int, int]) -> float:
    counted = [(score.points, weights.get(score.criterion_id, 1)) for score in review.scores]
    whole = sum(weight for _points, weight in counted)
    return sum(points * weight for points, weight in counted) / whole if whole else 0.0
