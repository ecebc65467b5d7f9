"""The office's pages about people: one person over the years, and whether two are the same."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_wtf import FlaskForm

from accounts.access import requires
from accounts.permissions import Permission, reach_of
from campaigns.lookups import stops_within
from people.belongings import Clash, clashes_between
from people.merge import CHOSEN
from people.merge import merge as merge_verb
from people.merge import undo as undo_verb
from people.models import PairState, Person, PersonPair, Reason
from people.pairs import ask_again as ask_again_verb
from people.pairs import say_different as say_different_verb
from registrations.errors import NotYoursToSettle
from registrations.marked import marked
from registrations.models import Registration
from registrations.people_lookups import (
    arrivals_of,
    merge_for,
    merges_to_undo,
    open_pairs,
    pair_for,
    pairs_elsewhere,
    pairs_waiting_of,
    person_for,
    way_of,
)
from shared.db import db, transaction
from shared.display import masked_email
from shared.errors import Refusal
from shared.pages import page_of

bp = Blueprint("people", __name__, url_prefix="/desk/people")


@bp.app_context_processor
def _for_registrations() -> dict[str, object]:
    """What the pages of registrations ask about people."""
    return {"marked": marked, "way_with": _way_with}


def _way_with(registration: Registration) -> dict[str, Any]:
    within, elsewhere = way_of([registration.person_id], reach_of(g.staff, Permission.SEE_REGISTRATIONS))
    mine = within[registration.person_id]
    merging = reach_of(g.staff, Permission.MERGE_PEOPLE)
    return {
        "registrations": mine,
        "elsewhere": elsewhere.get(registration.person_id, 0),
        "arrived": arrivals_of(mine),
        "pair": pairs_waiting_of(registration.person_id, merging) if merging else None,
    }


@bp.get("/<int:person_id>")
@requires(Permission.SEE_REGISTRATIONS)
def person(person_id: int) -> ResponseReturnValue:
    """One person with everything within reach, over all campaigns and years."""
    found = person_for(g.staff, person_id, Permission.SEE_REGISTRATIONS)
    if found.id != person_id:
        return redirect(url_for(".person", person_id=found.id), 302)
    reach = reach_of(g.staff, Permission.SEE_REGISTRATIONS)
    within, elsewhere = way_of([found.id], reach)
    return render_template(
        "people/person.html",
        person=found,
        registrations=within[found.id],
        elsewhere=elsewhere.get(found.id, 0),
        arrived=arrivals_of(within[found.id]),
        pair=pairs_waiting_of(found.id, reach_of(g.staff, Permission.MERGE_PEOPLE))
        if reach_of(g.staff, Permission.MERGE_PEOPLE)
        else None,
    )


@bp.get("/pairs")
@requires(Permission.MERGE_PEOPLE)
def pairs() -> ResponseReturnValue:
    """Who may be the same person, the likeliest first, and what can still be taken back."""
    reach = reach_of(g.staff, Permission.MERGE_PEOPLE)
    page = page_of(open_pairs(reach), request.args.get("page", 1, type=int))
    people = {person_id for pair in page.rows for person_id in (pair.one_id, pair.other_id)}
    within, _elsewhere = way_of(people, reach)
    return render_template(
        "people/pairs.html",
        page=page,
        within=within,
        elsewhere=pairs_elsewhere(reach),
        merges=merges_to_undo(reach),
        reasons=Reason,
    )


@bp.get("/pairs/<int:pair_id>")
@requires(Permission.MERGE_PEOPLE)
def pair(pair_id: int) -> ResponseReturnValue:
    """Two people side by side."""
    return _pair_page(pair_for(g.staff, pair_id, Permission.MERGE_PEOPLE))


@bp.post("/pairs/<int:pair_id>/merge")
@requires(Permission.MERGE_PEOPLE)
def merge(pair_id: int) -> ResponseReturnValue:
    """They are the same person."""
    found = pair_for(g.staff, pair_id, Permission.MERGE_PEOPLE)
    if not FlaskForm().validate_on_submit():
        return _pair_page(found), 422
    two = {found.one_id, found.other_id}
    choices = {field: chosen for field in CHOSEN if (chosen := _number(field)) in two}
    try:
        with transaction():
            clashes = clashes_between(found.one_id, found.other_id)
            _refuse_what_is_not_ours(clashes)
            kept = {
                clash.field: chosen
                for clash in clashes
                if (chosen := _number(clash.field)) in {row_id for row_id, _words in clash.rows}
            }
            done = merge_verb(found.one_id, found.other_id, by=g.staff, choices=choices, kept=kept)
    except Refusal as refusal:
        return _pair_page(found, refused=refusal.message), refusal.status
    flash(
        _("The two are one person now. For thirty days this can be taken back under “Same person?”."),
        "success",
    )
    return redirect(url_for(".person", person_id=done.survivor_id), 303)


@bp.post("/pairs/<int:pair_id>/different")
@requires(Permission.MERGE_PEOPLE)
def say_different(pair_id: int) -> ResponseReturnValue:
    """They are two people."""
    found = pair_for(g.staff, pair_id, Permission.MERGE_PEOPLE)
    with transaction():
        say_different_verb(found.id, by=g.staff)
    flash(_("Noted: these are two people. You will not be asked again."), "success")
    return redirect(url_for(".pairs"), 303)


@bp.post("/pairs/<int:pair_id>/again")
@requires(Permission.MERGE_PEOPLE)
def ask_again(pair_id: int) -> ResponseReturnValue:
    """That they are two people was a mistake."""
    found = pair_for(g.staff, pair_id, Permission.MERGE_PEOPLE)
    with transaction():
        ask_again_verb(found.id, by=g.staff)
    return redirect(url_for(".pair", pair_id=found.id), 303)


@bp.post("/merges/<int:merge_id>/undo")
@requires(Permission.MERGE_PEOPLE)
def undo(merge_id: int) -> ResponseReturnValue:
    """That they are one was a mistake."""
    found = merge_for(g.staff, merge_id, Permission.MERGE_PEOPLE)
    _do(lambda: undo_verb(found.id, by=g.staff), _("Taken back: they are two people again."))
    return redirect(url_for(".pairs"), 303)


def _do(act: Callable[[], object], done: str) -> None:
    try:
        with transaction():
            act()
    except Refusal as refusal:
        flash(refusal.message, "error")
    else:
        flash(done, "success")


def _number(field: str) -> int | None:
    return request.form.get(field, type=int)


def _refuse_what_is_not_ours(clashes: list[Clash]) -> None:
    ours = stops_within(reach_of(g.staff, Permission.MERGE_PEOPLE))
    ids = {stop.id for stop in db.session.scalars(ours)} if clashes else set()
    if any(clash.stop_id not in ids for clash in clashes):
        raise NotYoursToSettle


def _pair_page(found: PersonPair, *, refused: str | None = None) -> str:
    reach = reach_of(g.staff, Permission.MERGE_PEOPLE)
    within, elsewhere = way_of((found.one_id, found.other_id), reach)
    clashes: list[Clash] = []
    unsolved = False
    if found.state is PairState.OPEN:
        try:
            clashes = clashes_between(found.one_id, found.other_id)
            _refuse_what_is_not_ours(clashes)
        except Refusal as refusal:
            refused, unsolved = refused or refusal.message, True
    return render_template(
        "people/pair.html",
        pair=found,
        reasons=[Reason(reason).label for reason in found.reasons],
        rows=_rows(found.one, found.other),
        sides=[
            {
                "person": one,
                "registrations": within[one.id],
                "elsewhere": elsewhere.get(one.id, 0),
            }
            for one in (found.one, found.other)
        ],
        arrived=arrivals_of([*within[found.one_id], *within[found.other_id]]),
        clashes=clashes,
        refused=refused,
        may_merge=refused is None or not unsolved,
        is_open=found.state is PairState.OPEN
        and found.one.merged_into_id is None
        and found.other.merged_into_id is None,
    )


def _rows(one: Person, other: Person) -> list[dict[str, Any]]:
    """What is chosen between: a label, the field, both values as they are shown, and whether they differ."""
    shown: tuple[tuple[str, str, Callable[[Person], str]], ...] = (
        (_("Name"), "full_name", lambda person: person.full_name),
        (_("Mobile"), "mobile", lambda person: person.masked_mobile),
        (_("E-mail address"), "email", lambda person: masked_email(person.email) if person.email else ""),
    )
    return [
        {
            "label": label,
            "field": field,
            "values": (value(one), value(other)),
            "differs": getattr(one, field) != getattr(other, field),
        }
        for label, field, value in shown
    ]
