"""The forms of a person that are compared and searched, kept beside what was typed: the one place that writes them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, event, inspect, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapper

from people.folding import folded, folded_email, folded_university
from people.models import Person
from people.search_keys import search_keys, university_keys
from people.spelling import spelled
from shared.db import db
from shared.reseal import Done, rehashes, sealed_column
from shared.sealing import Unopened, keyed_hash, unseal_text

MOBILE_USE, EMAIL_USE, ID_NUMBER_USE = "people.mobile", "people.email", "people.id_number"
sealed_column("people", "id_number_sealed", use=ID_NUMBER_USE)
sealed_column("person_merges", "moved", use="person_merges.moved")


def kept_forms(
    *,
    full_name: str,
    mobile: str | None,
    email: str,
    universities: Iterable[str] = (),
    emails: Iterable[str] = (),
) -> dict[str, Any]:
    """The columns of ``people`` that follow from what was typed. ``mobile`` is E.164, None for a guest. Needs an application context."""
    pinyin, initials = spelled(full_name)
    return {
        "name_pinyin": pinyin,
        "name_initials": initials,
        "name_folded": folded(full_name),
        "mobile_hash": keyed_hash(mobile, use=MOBILE_USE) if mobile else None,
        "email_hash": keyed_hash(folded_email(email), use=EMAIL_USE) if email else None,
        "search_keys": search_keys(
            full_name=full_name, mobile=mobile, email=email, universities=universities, emails=emails
        ),
    }


def note_university(person: Person, university: str, education: str | None) -> None:
    """Remember where ``person`` studies or works now, and let him be found by it. The caller holds the person."""
    whole = folded_university(university)
    if whole and whole != person.university_folded:
        person.university_folded = whole
        person.search_keys = sorted({*person.search_keys, *university_keys(university)})
    if education and education != person.education:
        person.education = education


def refresh(person: Person) -> None:
    """Write the forms anew out of what the person and his registrations say now. The caller holds the transaction."""
    for column, value in _forms_now(db.session.connection(), person).items():
        setattr(person, column, value)


def _forms_now(connection: Connection, person: Person) -> dict[str, Any]:
    # Registrations belong to a package above; their table is asked by name. Those of whoever was merged into this
    # person have been moved here, but he may still be looked for under his earlier name and number.
    registrations = Person.metadata.tables["registrations"]
    given = connection.execute(
        select(registrations.c.university, registrations.c.email)
        .where(registrations.c.person_id == person.id)
        .order_by(registrations.c.id)
    ).all()
    forms = kept_forms(
        full_name=person.full_name,
        mobile=person.mobile,
        email=person.email,
        universities={university for university, _email in given},
        emails={email for _university, email in given},
    )
    people = Person.metadata.tables["people"].c
    pointing = [person.id]
    while pointing:
        earlier = connection.execute(
            select(people.id, people.full_name, people.mobile, people.email).where(
                people.merged_into_id.in_(pointing)
            )
        ).all()
        for _id, full_name, mobile, email in earlier:
            also = search_keys(full_name=full_name, mobile=mobile, email=email)
            forms["search_keys"] = sorted({*forms["search_keys"], *also})
        pointing = [row[0] for row in earlier]
    return forms


@rehashes("people")
def rehash_some(after_id: int, most: int) -> Done:
    """Write the keyed hashes of the next people anew where the newest key gives others.

    Two who turn out to be one under the newest key are left as they are and named. The caller holds the transaction.
    """
    columns = Person.__table__.c
    ids = db.session.scalars(
        select(columns.id)
        .where(columns.id > after_id, columns.erased_at.is_(None))
        .order_by(columns.id)
        .limit(most)
    ).all()
    rows = db.session.execute(
        select(
            columns.id,
            columns.mobile,
            columns.email,
            columns.id_number_sealed,
            columns.mobile_hash,
            columns.email_hash,
            columns.id_number_hash,
        )
        .where(columns.id.in_(ids))
        .with_for_update(key_share=True, skip_locked=True)
    ).all()
    done = Done(ids[-1] if ids else None, held=len(ids) - len(rows))
    for row in rows:
        try:
            wanted = {
                "mobile_hash": keyed_hash(row.mobile, use=MOBILE_USE) if row.mobile else None,
                "email_hash": keyed_hash(folded_email(row.email), use=EMAIL_USE) if row.email else None,
                "id_number_hash": _id_number_hash(row.id, row.id_number_sealed),
            }
            changed = {column: value for column, value in wanted.items() if value != getattr(row, column)}
            if changed:
                with db.session.begin_nested():
                    db.session.execute(
                        update(Person)
                        .where(Person.id == row.id)
                        .values(changed)
                        .execution_options(synchronize_session=False)
                    )
                done.changed += 1
        except (IntegrityError, Unopened):
            done.unopened.append(row.id)
    return done


def _id_number_hash(person_id: int, sealed: bytes | None) -> bytes | None:
    if sealed is None:
        return None
    return keyed_hash(unseal_text(sealed, context=f"{ID_NUMBER_USE}:{person_id}"), use=ID_NUMBER_USE)


@event.listens_for(Person, "before_update")
def _typed_anew(_mapper: Mapper[Person], connection: Connection, person: Person) -> None:
    """Whoever changes the name, the mobile or the address need not think of the forms."""
    attributes = inspect(person).attrs
    if any(attributes[typed].history.has_changes() for typed in ("full_name", "mobile", "email")):
        for column, value in _forms_now(connection, person).items():
            setattr(person, column, value)
