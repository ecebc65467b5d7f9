"""What registrations keep for each purpose, and how it goes when its time is over."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Select, and_, any_, delete, exists, func, literal, or_, select

from audit.record import SYSTEM
from campaigns.models import Stop
from files.keep import remove_file
from jobs.outbox import announce
from messages.erase import empty_messages, empty_these
from messages.models import Message
from people.erase import empty_person
from privacy.consent import has_consented
from privacy.purposes import Purpose
from privacy.retention import purges
from questions.models import ChoicePlaces, Kind, Question
from registrations.amend import forget_values
from registrations.erase import empty_invitations, empty_registrations
from registrations.facts import PersonErased
from registrations.field_names import ANSWERS
from registrations.models import AnswerFile, FormDraft, Invitation, Registration, TakenChoice
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


class _OverAnswers:
    """Answers to the campaign's own questions that were asked for one purpose, in the open and sealed, with their files."""

    purpose: Purpose

    def due(self, before: datetime, most: int | None = None) -> list[int]:
        """Registrations that still hold such an answer."""
        return _ids(_over(before).where(self._holds()), most)

    def total(self) -> int:
        """All registrations that hold such an answer."""
        statement = (
            select(func.count())
            .select_from(Registration)
            .join(Stop, Stop.id == Registration.stop_id)
            .where(Registration.erased_at.is_(None), self._holds())
        )
        return db.session.scalar(statement) or 0

    def empty(self, ids: Sequence[int]) -> None:
        """The answers, what they replaced, their files and the scarce choices they took."""
        rows = db.session.scalars(
            select(Registration)
            .where(Registration.id.in_(ids))
            .order_by(Registration.stop_id, Registration.id)
            .with_for_update(of=Registration)
            .execution_options(populate_existing=True)
        ).all()
        campaigns = dict(
            db.session.execute(
                select(Stop.id, Stop.campaign_id).where(Stop.id.in_({row.stop_id for row in rows}))
            ).all()
        )
        asked = self._keys(
            set(campaigns.values())
        )  # in another campaign the same key may be asked for something else
        for row in rows:
            self._empty_row(row, asked.get(campaigns[row.stop_id], {}))
        self._give_choices_back(ids)

    def _empty_row(self, row: Registration, keys: Mapping[str, Kind]) -> None:
        sealed = unsealed_answers(row)
        given = {**row.answers, **sealed}
        gone_for = {*row.answers_gone_for, self.purpose.value}
        file_ids = {
            int(str(given[key]))
            for key, kind in keys.items()
            if kind in (Kind.FILE, Kind.PICTURE) and str(given.get(key)).isdigit()
        }
        row.answers = {key: value for key, value in row.answers.items() if key not in keys}
        if sealed.keys() & keys.keys():
            seal_answers(row, {key: value for key, value in sealed.items() if key not in keys})
        row.answers_gone_for = sorted(gone_for)
        self._empty_columns(row)
        db.session.flush()
        forget_values(row.id, self._columns | {f"{ANSWERS}{key}" for key in keys})
        if not file_ids:
            return
        handed_in = select(AnswerFile.file_id).where(
            AnswerFile.file_id.in_(file_ids), AnswerFile.registration_id == row.id
        )
        for file_id in sorted(db.session.scalars(handed_in)):
            remove_file(file_id, by=SYSTEM)
            db.session.execute(delete(AnswerFile).where(AnswerFile.file_id == file_id))

    _columns: frozenset[str] = frozenset()

    def _empty_columns(self, row: Registration) -> None:
        """What of this purpose has a column of its own."""

    def _asked_for(self) -> ColumnElement[bool]:
        return and_(Question.purpose == self.purpose, Question.core.is_(None))

    def _holds(self) -> ColumnElement[bool]:
        # Of what is sealed nothing can be seen from outside: it is opened once, and the row says so.
        is_left = ~(literal(self.purpose.value) == any_(Registration.answers_gone_for))
        return exists().where(
            Question.campaign_id == Stop.campaign_id,
            self._asked_for(),
            or_(
                Registration.answers.has_key(Question.key),
                and_(Question.restricted, Registration.sealed_answers.is_not(None), is_left),
            ),
        )

    def _keys(self, campaign_ids: set[int]) -> dict[int, dict[str, Kind]]:
        found: dict[int, dict[str, Kind]] = {}
        statement = select(Question.campaign_id, Question.key, Question.kind).where(
            Question.campaign_id.in_(campaign_ids), self._asked_for()
        )
        for campaign_id, key, kind in db.session.execute(statement):
            found.setdefault(campaign_id, {})[key] = kind
        return found

    def _give_choices_back(self, ids: Sequence[int]) -> None:
        places = (
            select(ChoicePlaces.id)
            .join(Question, Question.id == ChoicePlaces.question_id)
            .where(self._asked_for())
        )
        db.session.execute(
            delete(TakenChoice)
            .where(TakenChoice.registration_id.in_(ids), TakenChoice.places_id.in_(places))
            .execution_options(synchronize_session=False)
        )


@purges(Purpose.TRAVEL)
class OverTravel(_OverAnswers):
    """What was asked for travel: lodging, meals, access, emergency contact; and second forms begun."""

    purpose = Purpose.TRAVEL

    def empty(self, ids: Sequence[int]) -> None:
        """These answers, when they were given, and the drafts of the second form."""
        super().empty(ids)
        db.session.execute(
            delete(FormDraft)
            .where(FormDraft.registration_id.in_(ids))
            .execution_options(synchronize_session=False)
        )

    def _empty_columns(self, row: Registration) -> None:
        row.second_form_at = None

    def _holds(self) -> ColumnElement[bool]:
        begun = exists().where(FormDraft.registration_id == Registration.id)
        return or_(super()._holds(), Registration.second_form_at.is_not(None), begun)


@purges(Purpose.REGISTRATION)
class OverRegistrationAnswers(_OverAnswers):
    """What somebody who is followed up was asked for the registration; the others go whole at that time."""

    purpose = Purpose.REGISTRATION

    def _holds(self) -> ColumnElement[bool]:
        return and_(_has_lead(), super()._holds())


@purges(Purpose.MATCHING)
class OverMatching(_OverAnswers):
    """What somebody who is followed up said of field and wishes; the others go whole as soon as that.

    The research field stays with whoever agreed to show it to employers, as long as that agreement stands.
    """

    purpose = Purpose.MATCHING
    _columns = frozenset({"research_field", "preferred_city_ids"})

    def _empty_columns(self, row: Registration) -> None:
        row.preferred_city_ids = []
        if not db.session.scalar(select(has_consented(literal(row.id), Purpose.EMPLOYERS))):
            row.research_field = ""

    def _holds(self) -> ColumnElement[bool]:
        return and_(
            _has_lead(),
            or_(
                super()._holds(),
                func.cardinality(Registration.preferred_city_ids) > 0,
                and_(Registration.research_field != "", ~has_consented(Registration.id, Purpose.EMPLOYERS)),
            ),
        )
