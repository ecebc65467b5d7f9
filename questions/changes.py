"""What a change of a form is: what stood before and after it, what it does to answers given, and taking it back."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import Table, func, select, text

from privacy.purposes import CARD, Purpose
from questions.conditions import is_well_formed, named_in
from questions.errors import ConditionBroken
from questions.lookups import pages_of, questions_of
from questions.models import ALWAYS_RESTRICTED, AskedWhen, Core, Kind, Question, QuestionPage
from shared.db import Model, db

_PAGE = ("title_zh", "title_en", "position")
_QUESTION = (
    "stop_id", "page_id", "key", "kind", "label_zh", "label_en", "help_zh", "help_en", "required", "position",
    "asked_when", "options", "condition", "core", "purpose", "restricted", "archived_at",
)  # fmt: skip
_WHERE_IT_STANDS = {"page_id", "position"}

Snapshot = dict[str, dict[str, dict[str, Any]]]
"""``{"pages": {id: …}, "questions": {id: …}}``: the whole form as plain values."""


def snapshot(campaign_id: int) -> Snapshot:
    """The form as it is now."""
    return {
        "pages": {str(page.id): _plain(page, _PAGE) for page in pages_of(campaign_id)},
        "questions": {
            str(question.id): _plain(question, _QUESTION)
            for question in questions_of(campaign_id, archived=True)
        },
    }


def _plain(row: Model, columns: Iterable[str]) -> dict[str, Any]:
    values = {name: getattr(row, name) for name in columns}
    if values.get("archived_at") is not None:
        values["archived_at"] = values["archived_at"].isoformat()
    return json.loads(json.dumps(values))  # type: ignore[no-any-return]


def difference(before: Snapshot, after: Snapshot) -> tuple[dict[str, Any], dict[str, Any]]:
    """Only the rows that differ, on both sides; None where there is no such row."""
    olds: dict[str, Any] = {}
    news: dict[str, Any] = {}
    for table in ("pages", "questions"):
        ids = {*before[table], *after[table]}
        changed = [one for one in ids if before[table].get(one) != after[table].get(one)]
        if changed:
            olds[table] = {one: before[table].get(one) for one in changed}
            news[table] = {one: after[table].get(one) for one in changed}
    return olds, news


def fingerprint(row: Question | QuestionPage) -> str:
    """What an editor had before him: another one means that somebody changed the row since. Its place is left out."""
    columns = _QUESTION if isinstance(row, Question) else _PAGE
    values = {k: v for k, v in _plain(row, columns).items() if k not in _WHERE_IT_STANDS}
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()[:16]


# ---- answers given ---------------------------------------------------------------------------------------------


def _registrations() -> tuple[Table, Table]:
    """The answers lie in a package above; its table is asked by name."""
    tables = Model.metadata.tables
    return tables["registrations"], tables["stops"]


_CORE_GIVEN = {
    Core.FULL_NAME: "TRUE",
    Core.MOBILE: "TRUE",
    Core.EMAIL: "TRUE",
    Core.CONSENT: "TRUE",
    Core.UNIVERSITY: "university <> ''",
    Core.EDUCATION: "TRUE",
    Core.RESEARCH_FIELD: "research_field <> ''",
    Core.PREFERRED_CITIES: "preferred_city_ids <> '{}'",
}


def times_answered(campaign_id: int, questions: Iterable[Question]) -> dict[int, int]:
    """How many people have answered each question, in two queries. Of sealed answers: how many gave any."""
    registrations, stops = _registrations()
    here = registrations.c.stop_id.in_(select(stops.c.id).where(stops.c.campaign_id == campaign_id))
    everyone = db.session.execute(
        select(
            *(func.count().filter(text(given)).label(core.value) for core, given in _CORE_GIVEN.items()),
            func.count(registrations.c.sealed_answers).label("sealed"),
        )
        .select_from(registrations)
        .where(here)
    ).one()
    key = func.jsonb_object_keys(registrations.c.answers).table_valued("value", name="given").render_derived()
    by_key = {
        name: number
        for name, number in db.session.execute(
            select(key.c.value, func.count())
            .select_from(registrations)
            .join(key, text("TRUE"))
            .where(here)
            .group_by(key.c.value)
        )
    }
    counts: dict[int, int] = {}
    for question in questions:
        if question.core is not None:
            counts[question.id] = getattr(everyone, question.core.value)
        elif question.restricted or question.kind in ALWAYS_RESTRICTED:
            counts[question.id] = everyone.sealed
        else:
            counts[question.id] = by_key.get(question.key, 0)
    return counts


def times_chosen(question: Question) -> dict[str, int]:
    """How many people have chosen each choice. Of sealed answers nothing is known: every choice may have been."""
    registrations, stops = _registrations()
    of_campaign = select(stops.c.id).where(stops.c.campaign_id == question.campaign_id)
    if question.core is Core.EDUCATION:
        statement = select(registrations.c.education, func.count()).where(
            registrations.c.stop_id.in_(of_campaign)
        )
        return {
            str(key): number
            for key, number in db.session.execute(statement.group_by(registrations.c.education))
        }
    rows = db.session.execute(
        text(
            "SELECT chosen, count(*) FROM registrations, "
            "jsonb_array_elements_text(CASE jsonb_typeof(answers -> :key) WHEN 'array' THEN answers -> :key "
            "ELSE jsonb_build_array(answers -> :key) END) AS chosen "
            "WHERE answers ? :key AND stop_id IN (SELECT id FROM stops WHERE campaign_id = :campaign) GROUP BY chosen"
        ),
        {"key": question.key, "campaign": question.campaign_id},
    )
    return {str(choice): number for choice, number in rows}


# ---- what a change does ----------------------------------------------------------------------------------------


def consequences(
    before: Mapping[str, Any], after: Mapping[str, Any], *, answered: int, chosen: Mapping[str, int]
) -> list[str]:
    """What the change of one question does to answers already given, in sentences; none when nobody has answered."""
    if not answered:
        return []
    sentences: list[str] = []
    if before["archived_at"] is None and after["archived_at"] is not None:
        return [
            ngettext(
                "%(num)s person has answered this question. The answer is kept and stays visible; new applicants will not be asked.",
                "%(num)s people have answered this question. Their answers are kept and stay visible; new applicants will not be asked.",
                answered,
            )
        ]
    if before["kind"] != after["kind"]:
        sentences.append(
            ngettext(
                "%(num)s person has answered this question. The answer stays as it is; only new ones are of the new kind.",
                "%(num)s people have answered this question. Their answers stay as they are; only new ones are of the new kind.",
                answered,
            )
        )
    if after["required"] and not before["required"]:
        sentences.append(
            _("New applicants must answer it. Whoever registered without an answer keeps the registration.")
        )
    if before["asked_when"] != after["asked_when"]:
        sentences.append(
            ngettext(
                "%(num)s answer given on the other form is kept and stays visible.",
                "%(num)s answers given on the other form are kept and stay visible.",
                answered,
            )
        )
    if before["stop_id"] != after["stop_id"]:
        sentences.append(
            ngettext(
                "%(num)s answer given at other stops is kept and stays visible; there nobody will be asked any more.",
                "%(num)s answers given until now are kept and stay visible; elsewhere nobody will be asked any more.",
                answered,
            )
            if after["stop_id"] is not None
            else _("It will be asked at every stop. Whoever registered there already has not answered it.")
        )
    if before["purpose"] != after["purpose"] and before["purpose"] and after["purpose"]:
        sentences.append(
            ngettext(
                "The %(num)s answer given is kept for “%(purpose)s” from now on, and removed %(days)s days after the campaign's last stop.",
                "The %(num)s answers given are kept for “%(purpose)s” from now on, and removed %(days)s days after the campaign's last stop.",
                answered,
                purpose=Purpose(after["purpose"]).label,
                days=CARD[Purpose(after["purpose"])].kept_days,
            )
        )
    if before["stop_id"] == after["stop_id"] and before["condition"] != after["condition"]:
        sentences.append(
            ngettext(
                "Other people than before will be asked. The %(num)s answer given is kept and stays visible.",
                "Other people than before will be asked. The %(num)s answers given are kept and stay visible.",
                answered,
            )
        )
    for key, choice in _choices(before).items():
        gone = _choices(after).get(key, {"archived": True}).get("archived") and not choice.get("archived")
        if gone and chosen.get(key):
            sentences.append(
                ngettext(
                    "%(num)s person has chosen “%(choice)s”. It is offered to nobody any more; that answer stays.",
                    "%(num)s people have chosen “%(choice)s”. It is offered to nobody any more; their answers stay.",
                    chosen[key],
                    choice=choice["label_zh"],
                )
            )
    return [str(sentence) for sentence in sentences]


def _choices(question: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    return {str(choice["key"]): choice for choice in question["options"].get("choices", ())}


# ---- a whole form ----------------------------------------------------------------------------------------------


def earlier_than(question: Question, standing: Iterable[Question]) -> list[Question]:
    """The questions that ``question`` may depend on: those before it, and the first form's for the second.

    ``standing`` are the questions that are asked, in order. A question of the whole campaign looks at no stop's
    addition: at the other stops it would never be asked.
    """
    found: list[Question] = []
    passed = False
    for one in standing:
        if one.id == question.id:
            passed = True
            continue
        is_first_form = one.asked_when is AskedWhen.APPLICATION
        if passed and not (is_first_form and question.asked_when is AskedWhen.AFTER_APPROVAL):
            continue
        if not is_first_form and question.asked_when is AskedWhen.APPLICATION:
            continue
        if one.kind is not Kind.HEADING and one.stop_id in (None, question.stop_id):
            found.append(one)
    return found


def refuse_broken(campaign_id: int) -> None:
    """Raise ConditionBroken when a question depends on one that is gone, stands later or lost the choice."""
    standing = questions_of(campaign_id)
    for question in standing:
        if question.condition is None:
            continue
        earlier = {one.key: one for one in earlier_than(question, standing)}
        if not is_well_formed(question.condition, set(earlier)):
            named = [one for one in standing if one.key in named_in(question.condition) - set(earlier)]
            raise ConditionBroken(question.label, named[0].label if named else "")
        for key, value in _picked(question.condition):
            offered = {
                str(c["key"]) for c in earlier[key].options.get("choices", ()) if not c.get("archived")
            }
            if offered and value not in offered:
                raise ConditionBroken(question.label, earlier[key].label)


def _picked(condition: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    """(question, choice) of every comparison with a choice."""
    for word in ("all", "any"):
        for part in condition.get(word, ()):
            yield from _picked(part)
    if "not" in condition:
        yield from _picked(condition["not"])
    if condition.get("op") in ("is", "is_not", "in", "contains"):
        value = condition.get("value")
        for one in value if isinstance(value, list) else [value]:
            yield str(condition.get("question")), str(one)
