"""Invitations and kept seats: better terms for whom they are meant, as often as they say and never more."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from threading import Barrier, Thread
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import text

from accounts.models import Role
from campaigns.models import Stop
from registrations import register as register_module
from registrations.admission import invited_by, refuse_unless_invited
from registrations.errors import (
    AlreadyInvited,
    BlockIsUsed,
    InvitationForAnother,
    InvitationNotValid,
    NotSoManySeats,
    RegistrationClosed,
    WrongTime,
)
from registrations.invite import InvitationPlan, give_up_kept_seats, invite, revoke, send_again
from registrations.keep_seats import keep_more_or_fewer, keep_seats, release_seats
from registrations.models import BadgeClass, Invitation, Registration, RegistrationState, SeatBlock, Way
from registrations.register import register, withdraw
from registrations.review import decline
from shared.clock import now
from shared.db import db, transaction
from tests.conftest import settings_for
from tests.factories import accounts, campaigns
from tests.registrations.applications import application


def plan(**changes: Any) -> InvitationPlan:
    """Leave for two guests by a code, for a week."""
    values: dict[str, Any] = {
        "badge_class": BadgeClass.GUEST,
        "valid_until": now() + timedelta(days=7),
        "quota": 2,
    }
    return InvitationPlan(**{**values, **changes})


def invitation_to(stop: Stop, **changes: Any) -> Invitation:
    """An invitation that a colleague has made."""
    with transaction():
        return invite(plan(**changes), stop_id=stop.id, by=accounts.staff(Role.ORGANISER))


def come_by(invitation: Invitation, **changes: Any) -> Registration:
    """Somebody registers by it."""
    with transaction():
        return register(
            application(**changes),
            stop_id=invitation.stop_id,
            submission_id=uuid4(),
            admission=invited_by(invitation),
        )


def fresh(invitation: Invitation) -> Invitation:
    """The row as it is now."""
    db.session.expire_all()
    return db.session.get_one(Invitation, invitation.id)


def seats(stop: Stop) -> tuple[int, int]:
    """How many are taken, and how many of these are kept with nobody on them."""
    db.session.expire_all()
    row = db.session.get_one(Stop, stop.id)
    return row.seats_taken, row.seats_held


@pytest.mark.usefixtures("app")
class TestInvitations:
    """The verbs, one after the other."""

    def test_a_code_lets_in_as_many_as_its_quota_as_what_it_says(self) -> None:
        invitation = invitation_to(campaigns.stop())
        first, _second = come_by(invitation), come_by(invitation)
        assert (first.badge_class, first.way) == (BadgeClass.GUEST, Way.INVITATION)
        assert fresh(invitation).used == 2
        with pytest.raises(InvitationNotValid):
            come_by(invitation)
        with transaction():
            withdraw(first.id, by="applicant")
        assert fresh(invitation).used == 1
        come_by(invitation)

    def test_whoever_was_declined_has_had_it(self) -> None:
        invitation = invitation_to(campaigns.stop(needs_approval=True), quota=1, skips_approval=True)
        guest = come_by(invitation)
        assert guest.state is RegistrationState.CONFIRMED
        with transaction():
            decline(guest.id, by=accounts.staff(), reason="错人")
        with pytest.raises(InvitationNotValid):
            come_by(invitation)

    def test_a_personal_one_is_for_that_person_once(self) -> None:
        stop = campaigns.stop()
        invitation = invitation_to(stop, full_name="王思远", email="Wang@example.com", quota=9)
        assert (invitation.quota, invitation.code) == (1, None)
        with pytest.raises(InvitationForAnother) as another:
            come_by(invitation, full_name="李文博", email="wang@example.com")
        assert another.value.field == "full_name"
        with pytest.raises(InvitationForAnother) as elsewhere:
            come_by(invitation, full_name="王思远", email="li@example.com")
        assert elsewhere.value.field == "email"
        come_by(invitation, full_name="王思远", email="wang@example.com")
        with pytest.raises(InvitationNotValid):
            come_by(invitation, full_name="王思远", email="wang@example.com", mobile="+8613912345678")
        with pytest.raises(AlreadyInvited):
            invitation_to(stop, full_name="王思远", email="wang@example.com")

    def test_it_may_open_what_is_closed_but_not_what_is_over(self) -> None:
        closed = campaigns.stop(registration_closes_at=now() - timedelta(hours=1))
        with pytest.raises(RegistrationClosed):
            come_by(invitation_to(closed))
        assert come_by(invitation_to(closed, opens_closed=True)).state is RegistrationState.CONFIRMED
        with pytest.raises(WrongTime):
            invitation_to(closed, valid_until=closed.ends_at + timedelta(days=1))

    def test_kept_seats_are_nobody_elses_and_come_free_with_the_invitation(self) -> None:
        stop = campaigns.stop(capacity=3)
        invitation = invitation_to(stop, quota=2, keeps_seats=True)
        assert invitation.skips_approval
        assert seats(stop) == (2, 2)
        for _ in range(2):
            with transaction():
                last = register(application(), stop_id=stop.id, submission_id=uuid4())
        assert last.state is RegistrationState.WAITING
        guest = come_by(invitation)
        assert guest.state is RegistrationState.CONFIRMED
        assert seats(stop) == (3, 1)
        with pytest.raises(NotSoManySeats):
            invitation_to(stop, quota=1, keeps_seats=True)
        with transaction():
            revoke(invitation.id, by=accounts.staff())
        assert seats(stop) == (3, 0)
        assert db.session.get_one(Registration, last.id).state is RegistrationState.CONFIRMED
        with pytest.raises(InvitationNotValid):
            come_by(invitation)

    def test_a_personal_one_is_sent_again_while_it_holds(self) -> None:
        invitation = invitation_to(campaigns.stop(), full_name="王思远", email="w@example.com")
        first = invitation.sent_at
        with transaction():
            send_again(invitation.id, by=accounts.staff())
        assert fresh(invitation).sent_at != first
        with transaction():
            revoke(invitation.id, by=accounts.staff())
        with pytest.raises(InvitationNotValid), transaction():
            send_again(invitation.id, by=accounts.staff())

    def test_a_kept_seat_that_is_given_back_is_kept_on_until_its_day_is_over(self) -> None:
        stop = campaigns.stop(capacity=2)
        invitation = invitation_to(stop, quota=1, keeps_seats=True)
        guest = come_by(invitation)
        assert seats(stop) == (1, 0)
        with transaction():
            withdraw(guest.id, by="applicant")
        assert seats(stop) == (1, 1)
        assert db.session.get_one(Registration, guest.id).seat_block_id is None
        fresh(invitation).valid_until = now() - timedelta(minutes=1)
        with transaction():
            give_up_kept_seats(invitation.id)
        assert seats(stop) == (0, 0)

    def test_a_block_grows_shrinks_and_is_released(self) -> None:
        stop = campaigns.stop(capacity=5)
        with transaction():
            block = keep_seats(stop, 3)
        for wanted, error in ((6, NotSoManySeats), (5, None), (1, None)):
            if error:
                with pytest.raises(error), transaction():
                    keep_more_or_fewer(stop, block.id, wanted)
            else:
                with transaction():
                    keep_more_or_fewer(stop, block.id, wanted)
                assert seats(stop) == (wanted, wanted)
        db.session.execute(text("UPDATE seat_blocks SET seats = 2"))
        db.session.commit()
        block = db.session.get_one(SeatBlock, block.id)
        invitation = invitation_to(stop, quota=5, skips_approval=True)
        invitation.seat_block_id = block.id
        db.session.commit()
        come_by(invitation)
        with pytest.raises(BlockIsUsed), transaction():
            keep_more_or_fewer(stop, block.id, 0)
        with transaction():
            release_seats(stop, block.id)
        assert seats(stop) == (1, 0)


@pytest.mark.usefixtures("app")
def test_the_database_refuses_more_than_a_block_has_to_raw_sql() -> None:
    stop = campaigns.stop(capacity=5)
    invitation = invitation_to(stop, quota=1, keeps_seats=True)
    guest = come_by(invitation)
    with pytest.raises(Exception, match="ck_seat_blocks_never_oversold"), db.session.begin_nested():
        db.session.execute(text("UPDATE seat_blocks SET seats = 0"))
    with pytest.raises(Exception, match="ck_invitations_never_overused"), db.session.begin_nested():
        db.session.execute(text("UPDATE invitations SET used = used + 1"))
    with pytest.raises(Exception, match="ck_stops_never_oversold"), db.session.begin_nested():
        db.session.execute(text("UPDATE seat_blocks SET seats = 6"))
    other = campaigns.stop()
    with pytest.raises(Exception, match="fk_registrations_seat_block"), db.session.begin_nested():
        db.session.execute(
            text("UPDATE registrations SET stop_id = :stop WHERE id = :id"),
            {"stop": other.id, "id": guest.id},
        )


def rush(app: Flask, invitation_id: int, clients: int) -> Counter[str]:
    """So many people come by one invitation at once."""
    told: Counter[str] = Counter()
    together = Barrier(clients)

    def one() -> None:
        with app.app_context():
            try:
                invitation = db.session.get_one(Invitation, invitation_id)
                stop_id, terms = invitation.stop_id, invited_by(invitation)
                db.session.rollback()
                together.wait(30)
                with transaction():
                    register(application(), stop_id=stop_id, submission_id=uuid4(), admission=terms)
                told["came"] += 1
            except Exception as error:
                told[type(error).__name__] += 1
            finally:
                db.session.remove()

    threads = [Thread(target=one) for _ in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return told


@pytest.mark.crowd
def test_a_quota_is_never_exceeded_however_many_come_at_once(
    fresh_database: Callable[[], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from app import create_app

    app = create_app(settings_for(fresh_database(), tmp_path))
    with app.app_context():
        stop = campaigns.stop(capacity=100)
        guarded = invitation_to(stop, quota=3).id
        without = invitation_to(stop, quota=1).id
        assert rush(app, guarded, 8) == {"came": 3, "InvitationNotValid": 5}
        assert fresh(db.session.get_one(Invitation, guarded)).used == 3

        # The negative control: without the held rows and without the constraint more come than may.
        all_have_asked = Barrier(4)

        def ask(*what: Any, **more: Any) -> None:
            refuse_unless_invited(*what, **more)
            all_have_asked.wait(10)

        def only_read(model: type[Any], row_id: int) -> Any:
            return db.session.get(model, row_id, populate_existing=True)

        monkeypatch.setattr("registrations.admission.hold", only_read)
        monkeypatch.setattr(register_module, "hold", only_read)
        monkeypatch.setattr(register_module, "refuse_unless_invited", ask)
        db.session.execute(text("ALTER TABLE invitations DROP CONSTRAINT ck_invitations_never_overused"))
        db.session.commit()
        assert rush(app, without, 4)["came"] > 1
        db.session.remove()
        db.engine.dispose()
