"""What registrations keep for each purpose, and how it goes when its time is over."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Select, and_, delete, exists, func, or_, select
from sqlalchemy.dialects.postgresql import ARRAY, TEXT
from sqlalchemy.sql.expression import cast, literal

from campaigns.models import Stop
from jobs.outbox import announce
from messages.erase import empty_messages, empty_these
from messages.models import Message
from people.erase import empty_person
from privacy.purposes import Purpose
from privacy.retention import purges
from questions.models import AskedWhen, Question
from registrations.erase import empty_invitations, empty_registrations
from registrations.facts import PersonErased
from registrations.models import FormDraft, Invitation, Registration
from registrations.sealed_answers import seal_answers, unsealed_answers
from shared.db import db


def campaigns_over(before: datetime) -> Select[int]:
    """The ids of the campaigns whose last stop ended before that moment."""
    return select(Stop.campaign_id).group_by(Stop.campaign_id).having(func.max(Stop.ends_at) < before)


def _over(before: datetime) -> Select[int]:
    """Registrations of those campaigns that still hold something."""
    return (
        select(Registration.id)
        .join(Stop, Stop.id == Registration.stop_id)
        .where(Stop.campaign_id.in_(campaigns_over(before)), Registration.erased_at.is_(None))
        .order_by(Registration.id)
    )


def _has_lead() -> ColumnElement[bool]:
    leads = Registration.metadata.tables["leads"]  # of a package above; asked by name
    return exists(select(leads.c.id).where(leads.c.registration_id == Registration.id))


def _ids(statement: Select[int], most: int | None) -> list[int]:
    return list(db.session.scalars(statement.limit(most) if most else statement))


def _holding() -> int:
    statement = select(func.count()).select_from(Registration).where(Registration.erased_at.is_(None))
    return db.session.scalar(statement) or 0


def empty_whole(ids: Sequence[int]) -> None:
    """Empty registrations whose time is over, their mails, and the people of whom no other is left."""
    person_ids = set(db.session.scalars(select(Registration.person_id).where(Registration.id.in_(ids))))
    empty_registrations(ids)
    empty_messages(ids)
    for person_id in sorted(person_ids):
        left = select(Registration.id).where(
            Registration.person_id == person_id, Registration.erased_at.is_(None)
        )
        if db.session.scalar(left.limit(1)) is None:
            empty_person(person_id)
        theirs = [
            *db.session.scalars(
                select(Registration.id).where(Registration.person_id == person_id, Registration.id.in_(ids))
            )
        ]
        announce(PersonErased(person_id=person_id, registration_ids=theirs))


@purges(Purpose.REGISTRATION)
class OverRegistrations:
    """Registrations of which no lead came; what was asked for matching goes with them."""

    def due(self, before: datetime, most: int | None = None) -> list[int]:
        """Those without a lead."""
        return _ids(_over(before).where(~_has_lead()), most)

    def total(self) -> int:
        """All that hold something."""
        return _holding()

    def empty(self, ids: Sequence[int]) -> None:
        """With mails and people."""
        empty_whole(ids)


@purges(Purpose.REGISTRATION)
class OverInvitations:
    """Invitations of one person: whoever was invited and never came has no registration that would go."""

    def due(self, before: datetime, most: int | None = None) -> list[int]:
        """Those that still name somebody."""
        statement = (
            select(Invitation.id)
            .join(Stop, Stop.id == Invitation.stop_id)
            .where(Stop.campaign_id.in_(campaigns_over(before)), self._names_somebody())
            .order_by(Invitation.id)
        )
        return _ids(statement, most)

    def total(self) -> int:
        """All that name somebody."""
        return (
            db.session.scalar(select(func.count()).select_from(Invitation).where(self._names_somebody())) or 0
        )

    def empty(self, ids: Sequence[int]) -> None:
        """Name, address and note."""
        empty_invitations(Invitation.id.in_(ids))

    def _names_somebody(self) -> ColumnElement[bool]:
        return func.coalesce(Invitation.full_name, "") != ""


@purges(Purpose.FOLLOW_UP)
class OverLeads:
    """Registrations of people who were followed up: they are kept as long as the talks."""

    def due(self, before: datetime, most: int | None = None) -> list[int]:
        """Those with a lead."""
        return _ids(_over(before).where(_has_lead()), most)

    def total(self) -> int:
        """All that hold something."""
        return _holding()

    def empty(self, ids: Sequence[int]) -> None:
        """With mails and people; recruiters' notes follow by the fact that is announced."""
        empty_whole(ids)


@purges(Purpose.MESSAGES)
class OverMails:
    """The mails about registrations of campaigns that are over; ``ids`` are registrations."""

    def due(self, before: datetime, most: int | None = None) -> list[int]:
        """Registrations of which a mail still has its text."""
        mails = exists().where(Message.registration_id == Registration.id, Message.body_text != "")
        statement = (
            select(Registration.id)
            .join(Stop, Stop.id == Registration.stop_id)
            .where(Stop.campaign_id.in_(campaigns_over(before)), mails)
            .order_by(Registration.id)
        )
        return _ids(statement, most)

    def total(self) -> int:
        """Registrations that were written to and whose mails have their text."""
        statement = select(func.count(Message.registration_id.distinct())).where(Message.body_text != "")
        return db.session.scalar(statement) or 0

    def empty(self, ids: Sequence[int]) -> None:
        """Address, subject and text."""
        empty_messages(ids)


@purges(Purpose.MESSAGES)
class OverOtherMails:
    """Mails about no registration: to a delegation's contact and members, to whoever is invited, sought or reminded."""

    def due(self, before: datetime, most: int | None = None) -> list[int]:
        """Those to a stop of a campaign that is over, and those to none that were written before."""
        over = or_(
            Message.stop_id.in_(select(Stop.id).where(Stop.campaign_id.in_(campaigns_over(before)))),
            and_(Message.stop_id.is_(None), Message.written_at < before),
        )
        return _ids(select(Message.id).where(self._holds(), over).order_by(Message.id), most)

    def total(self) -> int:
        """All that have their text."""
        return db.session.scalar(select(func.count()).select_from(Message).where(self._holds())) or 0

    def empty(self, ids: Sequence[int]) -> None:
        """Address, subject and text."""
        empty_these(Message.id.in_(ids))

    def _holds(self) -> ColumnElement[bool]:
        return and_(Message.registration_id.is_(None), Message.body_text != "")


@purges(Purpose.TRAVEL)
class OverTravel:
    """What was asked after approval, or for the purpose of travel: lodging, meals, access, emergency contact."""

    def due(self, before: datetime, most: int | None = None) -> list[int]:
        """Registrations that still hold such an answer, or a second form begun."""
        over = campaigns_over(before)
        keys = list(self._keys(over))
        holds = [
            Registration.second_form_at.is_not(None),
            exists().where(FormDraft.registration_id == Registration.id),
        ]
        if keys:
            holds.append(Registration.answers.has_any(cast(literal(keys, ARRAY(TEXT)), ARRAY(TEXT))))
        return _ids(_over(before).where(or_(*holds)), most)

    def total(self) -> int:
        """Registrations with a second form."""
        statement = (
            select(func.count()).select_from(Registration).where(Registration.second_form_at.is_not(None))
        )
        return db.session.scalar(statement) or 0

    def empty(self, ids: Sequence[int]) -> None:
        """These answers, open and sealed, and the drafts of the second form."""
        rows = db.session.scalars(
            select(Registration).where(Registration.id.in_(ids)).order_by(Registration.id)
        ).all()
        keys = self._keys(select(Stop.campaign_id).where(Stop.id.in_({row.stop_id for row in rows})))
        for row in rows:
            row.answers = {key: value for key, value in row.answers.items() if key not in keys}
            if row.sealed_answers is not None:
                seal_answers(row, {k: v for k, v in unsealed_answers(row).items() if k not in keys})
            row.second_form_at = None
        db.session.flush()
        db.session.execute(
            delete(FormDraft)
            .where(FormDraft.registration_id.in_(ids))
            .execution_options(synchronize_session=False)
        )

    def _keys(self, campaign_ids: Select[int]) -> set[str]:
        return set(
            db.session.scalars(
                select(Question.key).where(
                    and_(
                        Question.campaign_id.in_(campaign_ids),
                        or_(
                            Question.asked_when == AskedWhen.AFTER_APPROVAL,
                            Question.purpose == Purpose.TRAVEL.value,
                        ),
                        Question.core.is_(None),
                    )
                )
            )
        )
