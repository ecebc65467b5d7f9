"""What this package tells in a person's copy: who one is, the registrations, their steps, mails, agreements, reads."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from accounts.models import Staff
from audit.lookups import moments_of
from campaigns.lookups import host_cities
from files.disk import path_of
from files.models import StoredFile
from messages.models import Message
from people.models import Person
from privacy.consent import consents_of
from privacy.copy import Entry, Scope, chapter, fact, files_of
from questions.engine import Field
from questions.lookups import fields_by_key
from questions.models import Core
from questions.sheet import in_words
from registrations.amend import values_of
from registrations.answers import FILES, answers_of
from registrations.field_names import ANSWERS, field_names
from registrations.links import address_for
from registrations.models import AnswerChange, AnswerFile, Registration, StateChange, TicketReissue
from registrations.own_page import READS
from registrations.sealed_answers import unsealed_answers
from shared.db import db


@chapter("person", _l("Who you are"))
def person(scope: Scope) -> list[Entry]:
    """Name and number, as far as they are the reader's."""
    row = db.session.get_one(Person, scope.person_id)
    return [
        [
            fact("full_name", _l("Full name"), row.full_name),
            fact("name_pinyin", _l("Pinyin, for searching"), row.name_pinyin),
            fact("mobile", _l("Mobile number"), row.mobile),
            fact("email", _l("E-mail address"), scope.email),
            fact("created_at", _l("Known since"), row.created_at),
        ]
    ]


@chapter("registrations", _l("Your registrations"))
def registrations(scope: Scope) -> list[Entry]:
    """Every registration with all its answers."""
    cities = {city.id: city.name for city in host_cities()}
    entries = []
    for row in _registrations(scope):
        entry = [
            fact("campaign", _l("Campaign"), row.stop.campaign.name),
            fact("stop", _l("Stop"), row.stop.city),
            fact("starts_at", _l("Begins"), row.stop.starts_at),
            fact("state", _l("State"), row.state.label),
            fact("code", _l("Code"), row.spaced_code),
            fact("address", _l("Link"), address_for(row)),
            fact("badge_class", _l("Comes as"), row.badge_class.label),
            fact("email", _l("E-mail address"), row.email),
            fact("university", _l("University or institute"), row.university),
            fact("education", _l("You are"), row.education.label),
            fact("research_field", _l("Research field"), row.research_field),
            fact(
                "preferred_cities",
                _l("Cities you could imagine working in"),
                [cities[one] for one in row.preferred_city_ids if one in cities],
            ),
            fact("honour", _l("Honour"), row.honour),
            fact("secretary", _l("Secretary"), row.secretary),
            fact("secretary_mobile", _l("Secretary's mobile number"), row.secretary_mobile),
            fact("gate_note", _l("Note for the gate"), row.gate_note),
            fact("language", _l("Language"), row.language),
            fact("channel", _l("Came through"), row.channel),
            fact("applied_at", _l("Registered"), row.applied_at),
            fact("decided_at", _l("Decided"), row.decided_at),
        ]
        said = {**row.answers, **unsealed_answers(row)}
        told = {one.key: one for one in answers_of(row, revealed=True)}
        for key in [*told, *sorted(set(said) - set(told))]:
            known = told.get(key)
            entry.append(
                fact(
                    f"answer.{key}", known.label if known else key, said[key], known.words if known else None
                )
            )
        entries.append(entry)
    return entries


@chapter("steps", _l("Decisions and changes of state"))
def steps(scope: Scope) -> list[Entry]:
    """Every step with its reason; staff are named by what they are, not by name."""
    rows = db.session.execute(
        select(StateChange, Staff.id)
        .outerjoin(Staff, Staff.id == StateChange.by_staff_id)
        .where(StateChange.registration_id.in_(scope.registration_ids))
        .order_by(StateChange.id)
    )
    return [
        [
            fact("registration_id", _l("Registration"), step.registration_id),
            fact("at", _l("When"), step.at),
            fact("after", _l("State"), step.after.label),
            fact("by", _l("By whom"), _l("the office") if staff_id else _l("you or the rules")),
            fact("reason", _l("Reason"), step.reason),
            fact("note", _l("Note of the office"), step.note),
        ]
        for step, staff_id in rows
    ]


@chapter("tickets", _l("Tickets issued anew"))
def tickets(scope: Scope) -> list[Entry]:
    """When and why a ticket was replaced by a newer one."""
    rows = db.session.scalars(
        select(TicketReissue)
        .where(TicketReissue.registration_id.in_(scope.registration_ids))
        .order_by(TicketReissue.id)
    )
    return [
        [
            fact("registration_id", _l("Registration"), row.registration_id),
            fact("at", _l("When"), row.at),
            fact("reason", _l("Reason"), row.reason),
        ]
        for row in rows
    ]


@chapter("changes", _l("Changes of your answers"))
def changes(scope: Scope) -> list[Entry]:
    """What was changed, from what to what."""
    rows = db.session.scalars(
        select(AnswerChange)
        .where(AnswerChange.registration_id.in_(scope.registration_ids))
        .order_by(AnswerChange.id)
    )
    campaigns = {row.id: row.stop.campaign_id for row in _registrations(scope)}
    fields = {campaign_id: fields_by_key(campaign_id) for campaign_id in set(campaigns.values())}
    files = _file_names(scope)
    entries = []
    for change in rows:
        campaign_id = campaigns[change.registration_id]
        entry = [
            fact("at", _l("When"), change.at),
            fact("fields", _l("Fields"), field_names(change.fields, campaign_id=campaign_id)),
        ]
        for name, (before, after) in sorted(values_of(change).items()):
            label = field_names([name], campaign_id=campaign_id)[0]
            words = [_changed(name, value, fields[campaign_id], files) for value in (before, after)]
            entry.append(fact(name, label, [str(before), "→", str(after)], " → ".join(words)))
        entries.append(entry)
    return entries


def _changed(name: str, value: Any, fields: Mapping[str, Field], files: Mapping[str, str]) -> str:
    """One side of a change as the form would say it: choices by their labels, files by their names."""
    if value in (None, "", [], {}):
        return "–"
    if name.startswith(ANSWERS):
        one = fields.get(name.removeprefix(ANSWERS))
    else:
        one = next(
            (one for one in fields.values() if one.core is not None and _COLUMNS[one.core] == name), None
        )
    if one is None:
        return str(value)
    if one.kind in FILES:
        return files.get(str(value), str(_("a file that was removed")))
    return in_words(one, value, files)


_COLUMNS = {core: core.value for core in Core} | {Core.PREFERRED_CITIES: "preferred_city_ids"}
"""In which column an answer to a question with one of its own lies."""


def _file_names(scope: Scope) -> dict[str, str]:
    statement = (
        select(StoredFile.id, StoredFile.label)
        .join(AnswerFile, AnswerFile.file_id == StoredFile.id)
        .where(AnswerFile.registration_id.in_(scope.registration_ids), StoredFile.removed_at.is_(None))
    )
    return {str(file_id): label for file_id, label in db.session.execute(statement)}


@chapter("consents", _l("Agreements"))
def consents(scope: Scope) -> list[Entry]:
    """What was agreed to, in which version, and what was taken back."""
    return [
        [
            fact("registration_id", _l("Registration"), consent.registration_id),
            fact("purpose", _l("Purpose"), consent.purpose.label),
            fact("text_version", _l("Version of the text"), consent.text_version),
            fact("text_digest", _l("Fingerprint of the text"), consent.text_digest),
            fact("given_at", _l("Agreed"), consent.given_at),
            fact("withdrawn_at", _l("Taken back"), consent.withdrawn_at),
        ]
        for consent in consents_of(list(scope.registration_ids))
    ]


@chapter("messages", _l("Mails"))
def messages(scope: Scope) -> list[Entry]:
    """Every mail about these registrations that went to this address, with its text."""
    rows = db.session.scalars(
        select(Message)
        .where(Message.registration_id.in_(scope.registration_ids), Message.kind != "own_code")
        .order_by(Message.id)
    )
    return [
        [
            fact("written_at", _l("When"), mail.written_at),
            fact("recipient", _l("To"), mail.recipient),
            fact("state", _l("State"), mail.state.label),
            fact("subject", _l("Subject"), mail.subject),
            fact("text", _l("Text"), mail.body_text),
        ]
        for mail in rows
    ]


@chapter("reads", _l("Who looked at your number and address"))
def reads(scope: Scope) -> list[Entry]:
    """How often, and when, colleagues of the office had mobile number and address shown to them."""
    moments = moments_of(READS, subject_kind="Registration", subject_ids=scope.registration_ids)
    return [[fact("times", _l("How often"), len(moments)), fact("at", _l("When"), moments)]]


def _registrations(scope: Scope) -> list[Registration]:
    return list(
        db.session.scalars(
            select(Registration).where(Registration.id.in_(scope.registration_ids)).order_by(Registration.id)
        )
    )


@files_of
def files(scope: Scope) -> list[tuple[str, Path]]:
    """The files that answer questions, as they were handed in."""
    rows = db.session.scalars(
        select(StoredFile)
        .join(AnswerFile, AnswerFile.file_id == StoredFile.id)
        .where(AnswerFile.registration_id.in_(scope.registration_ids), StoredFile.removed_at.is_(None))
        .order_by(StoredFile.id)
    )
    return [(f"{stored.id}-{stored.download_name}", path_of(stored.place)) for stored in rows]
