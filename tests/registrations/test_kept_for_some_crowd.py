"""Many at once for what is kept for some: the cells of a quota, an invitation's kept seats, a delegation's."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from threading import Barrier, BrokenBarrierError
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import text

from accounts.models import Role, Staff
from campaigns.models import Stop
from delegations import gather as gather_module
from delegations.gather import DelegationPlan, admission_of, lend_seats, name_members, open_delegation
from delegations.models import DelegationMember
from registrations import keep_seats as keep_seats_module
from registrations import offer as offer_module
from registrations import register as register_module
from registrations import review as review_module
from registrations.admission import USUAL, Admission, invited_by
from registrations.erase import erase
from registrations.invite import InvitationPlan, invite
from registrations.keep_seats import keep_more_or_fewer
from registrations.models import (
    BadgeClass,
    Education,
    Invitation,
    QuotaDimension,
    Registration,
    RegistrationState,
)
from registrations.quotas import set_quota
from registrations.register import register
from registrations.review import confirm
from shared.db import db, hold, transaction
from shared.errors import Refusal
from tests.conftest import settings_for
from tests.factories import accounts, campaigns, registrations
from tests.registrations.applications import application

CLIENTS, MOST, STAND_BY = 8, 3, 5
Act = Callable[[], Any]


@pytest.fixture
def crowded_app(fresh_database: Callable[[], str], tmp_path: Path) -> Any:
    """The product on a database of its own, where commits are real."""
    from app import create_app

    app = create_app(settings_for(fresh_database(), tmp_path))
    yield app
    with app.app_context():
        db.engine.dispose()


def rush(app: Flask, acts: list[Act]) -> Counter[str]:
    """All acts, CLIENTS at once, each by a client of its own; counts what they were told."""
    clients = min(CLIENTS, len(acts))
    together = Barrier(clients)

    def one(number: int, act: Act) -> str:
        with app.app_context():
            if number < clients:
                db.session.connection()
                together.wait(30)
            try:
                with transaction():
                    done = act()
            except Refusal as refusal:
                return refusal.code
            except Exception as error:
                return type(error).__name__
            finally:
                db.session.remove()
            return str(done.state) if isinstance(done, Registration) else "done"

    with ThreadPoolExecutor(clients) as pool:
        return Counter(pool.map(one, range(len(acts)), acts))


def meet_after(module: Any, name: str, number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever has done ``name`` waits until as many others have: all have read before anybody writes."""
    plain, meeting = getattr(module, name), Barrier(number)

    def and_wait(*what: Any, **more: Any) -> Any:
        found = plain(*what, **more)
        with suppress(BrokenBarrierError):
            meeting.wait(10)
        return found

    monkeypatch.setattr(module, name, and_wait)


def only_read(model: type[Any], row_id: int) -> Any:
    """``hold`` without the lock."""
    return db.session.get(model, row_id, populate_existing=True)


def values(app: Flask, statement: str) -> tuple[Any, ...]:
    """One row, read afresh."""
    with app.app_context():
        row = tuple(db.session.execute(text(statement)).one())
        db.session.remove()
    return row


def give_up_constraints(app: Flask, **constraints: str) -> None:
    """What the database sees to, it sees to no more."""
    with app.app_context():
        for table, name in constraints.items():
            db.session.execute(text(f"ALTER TABLE {table} DROP CONSTRAINT {name}"))
        db.session.commit()
        db.session.remove()


def masters_with_a_quota(app: Flask) -> tuple[int, int, list[int]]:
    """A stop with room for all and MOST places for masters; the stop, who decides, and who has applied."""
    with app.app_context():
        stop, staff = campaigns.stop(capacity=100), accounts.staff()
        with transaction():
            set_quota(stop.id, QuotaDimension.EDUCATION, "master", most=MOST, by=staff)
        applied = [
            registrations.registration(RegistrationState.APPLIED, at=stop, education=Education.MASTER).id
            for _ in range(MOST + STAND_BY)
        ]
        ids = stop.id, staff.id, applied
        db.session.remove()
    return ids


def confirmed_by(staff_id: int, registration_id: int) -> Act:
    """A colleague confirms one of them."""
    return lambda: confirm(registration_id, by=db.session.get_one(Staff, staff_id))


QUOTA = (
    "SELECT q.taken, (SELECT count(*) FROM registrations WHERE state = 'confirmed' AND education = 'master') "
    "FROM quotas q"
)


@pytest.mark.crowd
def test_however_many_are_confirmed_at_once_a_quota_is_not_gone_over(crowded_app: Flask) -> None:
    stop_id, staff_id, applied = masters_with_a_quota(crowded_app)
    newcomer: Act = lambda: register(  # noqa: E731
        application(education=Education.MASTER), stop_id=stop_id, submission_id=uuid4()
    )
    told = rush(crowded_app, [newcomer, *(confirmed_by(staff_id, one) for one in applied), newcomer])
    assert set(told) <= {"confirmed", "over_quota", "waiting"}, told
    assert told["confirmed"] == MOST
    assert values(crowded_app, QUOTA) == (MOST, MOST)


@pytest.mark.crowd
def test_without_holding_the_stop_the_constraint_and_without_it_nothing_keeps_the_quota(
    crowded_app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control, in two steps."""
    _stop_id, staff_id, applied = masters_with_a_quota(crowded_app)
    acts = [confirmed_by(staff_id, one) for one in applied]
    monkeypatch.setattr(offer_module, "hold", only_read)
    meet_after(review_module, "room_of", len(acts), monkeypatch)
    assert rush(crowded_app, acts)["confirmed"] <= MOST, "the database saw to it"
    with crowded_app.app_context():
        db.session.execute(text("UPDATE registrations SET state = 'applied', decided_at = NULL"))
        db.session.commit()
        db.session.remove()
    give_up_constraints(crowded_app, quotas="ck_quotas_never_over")
    meet_after(review_module, "room_of", len(acts), monkeypatch)
    rush(crowded_app, acts)
    taken, seated = values(crowded_app, QUOTA)
    assert taken == seated > MOST, "nobody was one too many: the crowd is not crowded enough"


def keeping_stop(app: Flask, *, capacity: int, invited: int, lent: int) -> tuple[int, int, int, list[int]]:
    """A stop, an invitation for many with ``invited`` seats, a delegation of five with ``lent``, and its members."""
    with app.app_context():
        stop, staff = campaigns.stop(capacity=capacity), accounts.staff(Role.ORGANISER)
        plan = InvitationPlan(
            badge_class=BadgeClass.GUEST, valid_until=stop.ends_at, quota=invited, keeps_seats=True
        )
        with transaction():
            invitation = invite(plan, stop_id=stop.id, by=staff)
        invitation.quota = 50  # so that it is the seats that run out
        with transaction():
            delegation = open_delegation(
                DelegationPlan("山西大学", "王芳", "+8613800009999", "wang@example.com", most=5),
                stop_id=stop.id,
            )
            members = name_members(
                delegation.id, [(f"李{one}", f"{n}@example.com") for n, one in enumerate("伟芳娜敏静")]
            )
            lend_seats(delegation.id, lent, by=staff)
        ids = stop.id, invitation.id, delegation.id, [member.id for member in members]
        db.session.remove()
    return ids


def coming(stop_id: int, terms: Callable[[], Admission]) -> Act:
    """Somebody registers on these terms."""
    return lambda: register(application(), stop_id=stop_id, submission_id=uuid4(), admission=terms())


def invited(invitation_id: int) -> Callable[[], Admission]:
    """By the invitation."""
    return lambda: invited_by(db.session.get_one(Invitation, invitation_id))


def member(member_id: int) -> Callable[[], Admission]:
    """As a member of the delegation."""
    return lambda: admission_of(db.session.get_one(DelegationMember, member_id))


BLOCKS = "SELECT array_agg(used ORDER BY id), array_agg(seats ORDER BY id) FROM seat_blocks"
SEATS = (
    "SELECT s.seats_taken, s.seats_held, (SELECT count(*) FROM registrations WHERE state = 'confirmed') "
    "FROM stops s"
)


@pytest.mark.crowd
def test_kept_seats_are_sat_on_once_each_whoever_comes_at_once(crowded_app: Flask) -> None:
    stop_id, invitation_id, delegation_id, members = keeping_stop(crowded_app, capacity=8, invited=3, lent=2)
    with crowded_app.app_context():
        block_id = db.session.get_one(Invitation, invitation_id).seat_block_id
        staff_id = accounts.staff(Role.ORGANISER).id
        db.session.commit()
        db.session.remove()

    def lend_more() -> Any:
        return lend_seats(delegation_id, 3, by=db.session.get_one(Staff, staff_id))

    def keep_one_fewer() -> Any:
        stop = hold(Stop, stop_id)
        assert stop is not None and block_id is not None
        return keep_more_or_fewer(stop, block_id, 2)

    by_it, with_it, openly = invited(invitation_id), [member(one) for one in members], (lambda: USUAL)
    terms = [terms for five in zip([by_it] * 5, with_it, [openly] * 5, strict=True) for terms in five]
    acts = [coming(stop_id, one) for one in terms]
    told = rush(crowded_app, [*acts[:4], lend_more, keep_one_fewer, *acts[4:]])
    assert set(told) <= {"confirmed", "waiting", "done", "not_so_many_seats", "block_is_used"}, told
    used, seats = values(crowded_app, BLOCKS)
    assert used == seats, "more came than seats are kept"
    assert values(crowded_app, SEATS) == (8, 0, 8)


@pytest.mark.crowd
def test_a_members_link_lets_in_one_however_many_use_it_at_once(crowded_app: Flask) -> None:
    stop_id, _invitation, _delegation, members = keeping_stop(crowded_app, capacity=50, invited=1, lent=5)
    told = rush(crowded_app, [coming(stop_id, member(members[0])) for _ in range(4)])
    assert told == {"confirmed": 1, "link_is_used": 3}
    assert values(crowded_app, BLOCKS)[0] == [0, 1]


@pytest.mark.crowd
@pytest.mark.parametrize("whose", ["invitation", "delegation"])
def test_without_holding_stop_and_block_kept_seats_are_oversold(
    crowded_app: Flask, monkeypatch: pytest.MonkeyPatch, whose: str
) -> None:
    """The negative control: the locks and the constraint are taken away."""
    stop_id, invitation_id, _delegation, members = keeping_stop(crowded_app, capacity=50, invited=1, lent=1)
    terms = [invited(invitation_id)] * 4 if whose == "invitation" else [member(one) for one in members[:4]]
    for module in (register_module, keep_seats_module):
        monkeypatch.setattr(module, "hold", only_read)
    monkeypatch.setattr(register_module, "refuse_unless_invited", lambda *_what, **_more: None)
    meet_after(register_module, "sit_on_kept_seat", 4, monkeypatch)
    give_up_constraints(crowded_app, seat_blocks="ck_seat_blocks_never_oversold")
    rush(crowded_app, [coming(stop_id, one) for one in terms])
    used, seats = values(crowded_app, BLOCKS)
    number = 0 if whose == "invitation" else 1
    assert used[number] > seats[number] == 1, "nobody was one too many: the crowd is not crowded enough"


def mailbox_named_and_seated(app: Flask) -> tuple[int, int, int]:
    """The stop, a member named at a mailbox, and a registration for another stop that is read in the same mailbox."""
    with app.app_context():
        stop = campaigns.stop(capacity=50)
        with transaction():
            delegation = open_delegation(
                DelegationPlan("山西大学", "王芳", "+8613800009999", "wang@example.com", most=5),
                stop_id=stop.id,
            )
            (named,) = name_members(delegation.id, [("李伟", "li.wei@example.com")])
        elsewhere = registrations.registration(at=campaigns.stop(), email="li.wei@example.com")
        ids = stop.id, named.id, elsewhere.id
        db.session.commit()
        db.session.remove()
    return ids


def erased(registration_id: int) -> Act:
    """The mailbox's owner has himself erased."""
    return lambda: erase([db.session.get_one(Registration, registration_id)])


MEMBER = (
    "SELECT m.registration_id IS NOT NULL, m.removed_at IS NOT NULL, m.full_name, d.members_named, "
    "(SELECT count(*) FROM registrations WHERE stop_id = d.stop_id) "
    "FROM delegation_members m JOIN delegations d ON d.id = m.delegation_id"
)
CAME = (True, False, "李伟", 1, 1)
WAS_ERASED = (False, True, "", 0, 0)


@pytest.mark.crowd
def test_a_member_confirms_or_is_erased_and_never_half_of_both(
    crowded_app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    stop_id, member_id, elsewhere_id = mailbox_named_and_seated(crowded_app)
    # Both have looked before either writes: the member stands there unregistered, the link is good.
    meet_after(gather_module, "admission_of", 2, monkeypatch)
    erasing = erased(elsewhere_id)

    def erasing_at_the_same_moment() -> Any:
        gather_module.admission_of(db.session.get_one(DelegationMember, member_id))
        return erasing()

    terms: Callable[[], Admission] = lambda: gather_module.admission_of(  # noqa: E731
        db.session.get_one(DelegationMember, member_id)
    )
    told = rush(crowded_app, [coming(stop_id, terms), erasing_at_the_same_moment])
    assert told in ({"confirmed": 1, "done": 1}, {"delegation_unknown": 1, "done": 1}), told
    stands = values(crowded_app, MEMBER)
    assert stands == (CAME if told["confirmed"] else WAS_ERASED)


@pytest.mark.crowd
def test_without_holding_the_member_the_constraint_and_without_it_nothing_keeps_the_erased_out(
    crowded_app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control, in two steps: the member is read without a lock, and then erased before it is written."""
    for constraint in (True, False):
        stop_id, member_id, elsewhere_id = mailbox_named_and_seated(crowded_app)
        if not constraint:
            give_up_constraints(
                crowded_app, delegation_members="ck_delegation_members_taken_off_is_not_registered"
            )
        monkeypatch.setattr(gather_module, "hold", read_before(crowded_app, erased(elsewhere_id)))
        told = rush(crowded_app, [coming(stop_id, member(member_id))])
        monkeypatch.undo()
        if constraint:
            assert told == {"IntegrityError": 1}, "the database saw to it"
    half = values(crowded_app, f"{MEMBER} WHERE m.id = {member_id}")
    assert half[:3] == (True, True, ""), "nobody was let in who had himself erased"


def read_before(app: Flask, erasing: Act) -> Callable[[type[Any], int], Any]:
    """``hold`` without the lock, and the erasure comes through between reading the member and writing it."""

    def read_only(model: type[Any], row_id: int) -> Any:
        found = only_read(model, row_id)
        if model is DelegationMember:
            assert rush(app, [erasing]) == {"done": 1}
        return found

    return read_only
