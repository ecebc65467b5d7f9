"""What the office is in the middle of deciding: offers that are out, points of reviewers, quotas, views that are kept."""

from __future__ import annotations

import random
from datetime import timedelta

from sqlalchemy import func, select

from accounts.models import Staff
from campaigns.models import HostCity, Stop
from questions.lookups import questions_of
from registrations.assign import USUAL_CRITERIA, add_criterion, assign_in_turn, criteria_of, give_review
from registrations.models import Education, QuotaDimension, Registration, RegistrationState, SeatRules
from registrations.offer import expire_offers, fill_free_seats
from registrations.queue import save_view
from registrations.quotas import set_quota
from shared.clock import now
from shared.db import db

State = RegistrationState
OFFERS = 3
NOTES = (
    "成果扎实，与煤基新材料方向契合。",
    "建议优先安排企业对接。",
    "来晋意愿明确，已有合作导师。",
    "需补充近三年论文。",
    None,
    None,
)
VIEWS = (
    ("意向太原的博士后", "education=postdoc&wish={taiyuan}&sort=-score"),
    ("评分 7 分以上待审核", "state=applied&score_from=7&sort=score"),
)


def decide_some(dice: random.Random, staff: dict[str, Staff]) -> None:
    """Bring the stops ahead into the middle of their decisions. ``staff`` by login. The caller holds the transaction."""
    admin, reviewers = staff["admin"], [staff["reviewer"], staff["admin"]]
    for stop in db.session.scalars(
        select(Stop).where(Stop.starts_at > now()).order_by(Stop.starts_at)
    ).unique():
        waiting, applied = _in_state(stop, State.WAITING), _in_state(stop, State.APPLIED)
        if len(waiting) > OFFERS + 1:
            _offer(stop)
        if applied:
            _set_quotas(stop, admin)
            _score(stop, applied, dice, reviewers)
    taiyuan = db.session.scalar(select(HostCity.id).where(HostCity.name_en == "Taiyuan"))
    for name, query in VIEWS:
        save_view(name, query.format(taiyuan=taiyuan), shared=True, by=admin)


def _in_state(stop: Stop, state: State) -> list[int]:
    return list(
        db.session.scalars(
            select(Registration.id)
            .where(Registration.stop_id == stop.id, Registration.state == state)
            .order_by(Registration.applied_at, Registration.id)
        )
    )


def _offer(stop: Stop) -> None:
    """A few more seats go to the next in line; the first of them did not answer, and the offer moved on."""
    db.session.merge(SeatRules(stop_id=stop.id, offer_hours=48, asks_again=True))
    stop.capacity += OFFERS
    offered = fill_free_seats(stop.id)
    offered[0].offer_expires_at = now() - timedelta(minutes=1)
    expire_offers(stop.id)


def _set_quotas(stop: Stop, by: Staff) -> None:
    seated = db.session.scalar(
        select(func.count()).where(
            Registration.stop_id == stop.id,
            Registration.state == State.CONFIRMED,
            Registration.education == Education.DOCTORAL_STUDENT,
        )
    )
    set_quota(stop.id, QuotaDimension.EDUCATION, Education.DOCTORAL_STUDENT, most=(seated or 0) + 6, by=by)
    if stop.host_city_id is not None:
        set_quota(stop.id, QuotaDimension.WISH, str(stop.host_city_id), most=stop.capacity // 2, by=by)
        if any(one.key == "home_city" for one in questions_of(stop.campaign_id)):
            cell = f"home_city={stop.host_city_id}"
            set_quota(stop.id, QuotaDimension.ANSWER, cell, most=stop.capacity // 3, by=by)


def _score(stop: Stop, applied: list[int], dice: random.Random, reviewers: list[Staff]) -> None:
    """The usual criteria; two thirds of the applicants have their points, the others wait for them."""
    if not criteria_of(stop.campaign_id):
        for name_zh, name_en, weight in USUAL_CRITERIA:
            add_criterion(stop.campaign_id, name_zh=name_zh, name_en=name_en, weight=weight, by=reviewers[-1])
    criteria = criteria_of(stop.campaign_id)
    for turn, registration_id in enumerate(applied):
        assign_in_turn(registration_id, [one.id for one in reviewers], turn, each=2, by=reviewers[-1])
        if turn % 3 == 2:
            continue
        level = dice.randint(4, 9)
        for reviewer in reviewers[: 1 if turn % 4 == 1 else 2]:
            points = {one.id: max(2, min(10, level + dice.randint(-2, 2))) for one in criteria}
            give_review(registration_id, points, note=dice.choice(NOTES), by=reviewer)
