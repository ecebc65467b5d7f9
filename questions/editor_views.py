"""The organiser's form editor: one page, every act a small POST that answers with the page's parts anew."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import select

from accounts.access import requires
from accounts.models import Staff
from accounts.permissions import Permission, reach_of
from campaigns.lookups import campaign_for, stops_of
from campaigns.models import Campaign, Stop
from privacy.purposes import CARD
from questions import edit_pages, edit_questions, insert_ready
from questions.changes import earlier_than, fingerprint, times_answered
from questions.condition_rows import ROWS, ConditionRow, comparisons_for, rows_of, rows_typed
from questions.condition_words import act_in_words, in_words, limit_in_words
from questions.conditions import named_in
from questions.engine import Field
from questions.errors import FormChangedMeanwhile, NotYourPart, SaysFirst
from questions.form_in_hand import may_change_whole
from questions.forms import ACCEPTED, QuestionForm
from questions.library import DOCTORS_TOUR, LIBRARY, READY, Shelf
from questions.lookups import fields_of, form_of, pages_of, questions_of
from questions.models import (
    ALWAYS_RESTRICTED,
    ASKED_FOR,
    NEVER_LEFT_OUT,
    WITH_CHOICES,
    AskedWhen,
    Core,
    FormChange,
    Kind,
    Question,
    QuestionPage,
)
from questions.palette import PALETTE, look_of
from questions.papers import Paper
from questions.take_back import last_change
from questions.take_back import take_back as take_back_last
from shared.db import abandon, db, transaction
from shared.errors import NotFound, Refusal

bp = Blueprint("form_editor", __name__, url_prefix="/desk/campaigns/<int:campaign_id>/form")
PLAN = Permission.PLAN_CAMPAIGNS
HISTORY = 12


@dataclass(frozen=True)
class Selection:
    """What the side of the editor shows: a question, a page, or what may be added to a page."""

    question_id: int | None = None
    page_id: int | None = None
    add_to: int | None = None


@dataclass(frozen=True)
class Row:
    """One question in the outline."""

    question: Question
    field: Field
    condition: str
    answered: int
    stop: Stop | None
    may_change: bool


@bp.get("")
@requires(PLAN)
def editor(campaign_id: int) -> ResponseReturnValue:
    """The whole form on one page; ``?q=``, ``?page=`` or ``?add=`` says what the side shows."""
    campaign = campaign_for(g.staff, campaign_id, PLAN)
    selection = Selection(
        question_id=request.args.get("q", type=int),
        page_id=request.args.get("page", type=int),
        add_to=request.args.get("add", type=int),
    )
    if _is_fetch():
        return _parts(campaign, selection)
    return render_template("questions/editor.html", **_everything(campaign, selection))


@bp.get("/version")
@requires(PLAN)
def version(campaign_id: int) -> ResponseReturnValue:
    """The form's version, for a page that wants to know whether somebody else has changed it."""
    return {"version": form_of(campaign_for(g.staff, campaign_id, PLAN).id).version}


@bp.post("/questions/add")
@requires(PLAN)
def add_question(campaign_id: int) -> ResponseReturnValue:
    """A new question of a kind, or one out of the library."""
    campaign = campaign_for(g.staff, campaign_id, PLAN)
    place: dict[str, Any] = {
        "page_id": request.form.get("page_id", type=int),
        "after_id": request.form.get("after_id", type=int),
    }
    ready = READY.get(request.form.get("ready", ""))
    kind = request.form.get("kind", "")

    def add() -> Selection:
        if ready is not None:
            question = insert_ready.add_ready(
                campaign.id, ready, by=g.staff, reason=request.form.get("reason", ""), **place
            )
        elif kind in list(Kind):
            question = edit_questions.add_question(
                campaign.id, Kind(kind), by=g.staff, stop_id=_own_stop(campaign), **place
            )
        else:
            raise Refusal(_("Please choose one of these."))
        return Selection(question_id=question.id)

    return _do(campaign, add, said=_("The question is added."), otherwise=Selection(add_to=place["page_id"]))


@bp.post("/questions/<int:question_id>")
@requires(PLAN)
def save_question(campaign_id: int, question_id: int) -> ResponseReturnValue:
    """Change a question."""
    campaign = campaign_for(g.staff, campaign_id, PLAN)
    question = _question_of(campaign, question_id)
    standing = questions_of(campaign.id) if "plain_question" in request.form else []
    earlier = [_without_archived(one) for one in fields_of(earlier_than(question, standing))]
    form = QuestionForm(request.form, question, {one.key: one for one in earlier})
    plan = form.plan()
    here = Selection(question_id=question.id)
    if plan is None:
        return _not_saved(campaign, here, form.errors, shown=form.shown())

    def save() -> Selection:
        edit_questions.save_question(
            question_id, plan, seen=request.form.get("seen", ""), by=g.staff, agreed="agreed" in request.form
        )
        return here

    return _do(campaign, save, said=_("Saved."), otherwise=here)


@bp.post("/questions/<int:question_id>/move")
@requires(PLAN)
def move_question(campaign_id: int, question_id: int) -> ResponseReturnValue:
    """One place up or down (``to``), or before another question of a page (``page_id``, ``before_id``)."""
    campaign = campaign_for(g.staff, campaign_id, PLAN)
    question = _question_of(campaign, question_id)
    to, page_id = request.form.get("to"), request.form.get("page_id", type=int)

    def move() -> Selection:
        if page_id is not None and to is None:
            edit_questions.move_question(
                question_id, by=g.staff, page_id=page_id, before_id=request.form.get("before_id", type=int)
            )
        else:
            edit_questions.step_question(question_id, up=to == "up", by=g.staff)
        return _kept_selection()

    def where() -> str:
        standing = [one for one in questions_of(campaign.id) if one.page_id == question.page_id]
        place = next((i for i, one in enumerate(standing, start=1) if one.id == question_id), 0)
        return str(
            _(
                "“%(question)s” is now number %(place)s of %(number)s on its page.",
                question=question.label,
                place=place,
                number=len(standing),
            )
        )

    return _do(campaign, move, said=where, otherwise=_kept_selection())


@bp.post("/questions/<int:question_id>/duplicate")
@requires(PLAN)
def duplicate_question(campaign_id: int, question_id: int) -> ResponseReturnValue:
    """The same question once more."""
    campaign = campaign_for(g.staff, campaign_id, PLAN)
    _question_of(campaign, question_id)
    return _do(
        campaign,
        lambda: Selection(question_id=edit_questions.duplicate_question(question_id, by=g.staff).id),
        said=_("The question is doubled."),
        otherwise=Selection(question_id=question_id),
    )


@bp.post("/questions/<int:question_id>/archive")
@requires(PLAN)
def archive_question(campaign_id: int, question_id: int) -> ResponseReturnValue:
    """Ask it of nobody any more."""
    campaign = campaign_for(g.staff, campaign_id, PLAN)
    _question_of(campaign, question_id)

    def archive() -> Selection:
        edit_questions.archive_question(question_id, by=g.staff, agreed="agreed" in request.form)
        return Selection()

    return _do(
        campaign,
        archive,
        said=_("Archived. You can take it back."),
        otherwise=Selection(question_id=question_id),
    )


@bp.post("/questions/<int:question_id>/restore")
@requires(PLAN)
def restore_question(campaign_id: int, question_id: int) -> ResponseReturnValue:
    """Ask an archived question again."""
    campaign = campaign_for(g.staff, campaign_id, PLAN)
    _question_of(campaign, question_id)

    def restore() -> Selection:
        edit_questions.restore_question(question_id, by=g.staff)
        return Selection(question_id=question_id)

    return _do(campaign, restore, said=_("The question is asked again."), otherwise=Selection())


@bp.post("/pages/add")
@requires(PLAN)
def add_page(campaign_id: int) -> ResponseReturnValue:
    """A page at the end."""
    campaign = campaign_for(g.staff, campaign_id, PLAN)
    return _do(
        campaign,
        lambda: Selection(page_id=edit_pages.add_page(campaign.id, by=g.staff).id),
        said=_("The page is added."),
        otherwise=Selection(),
    )


@bp.post("/pages/<int:page_id>")
@requires(PLAN)
def rename_page(campaign_id: int, page_id: int) -> ResponseReturnValue:
    """Call a page something else."""
    campaign = campaign_for(g.staff, campaign_id, PLAN)
    page = _page_of(campaign, page_id)
    here = Selection(page_id=page_id)
    title_zh, title_en = (" ".join(request.form.get(f"title_{x}", "").split())[:100] for x in ("zh", "en"))
    if (page.title_zh, title_en) == edit_pages.FIRST_TITLE and title_zh != page.title_zh:
        title_en = ""  # no translation of what it is called now
    if not title_zh:
        return _not_saved(campaign, here, {"title_zh": _("Please give the page a title.")})

    def rename() -> Selection:
        edit_pages.rename_page(
            page_id, title_zh=title_zh, title_en=title_en, seen=request.form.get("seen", ""), by=g.staff
        )
        return here

    return _do(campaign, rename, said=_("Saved."), otherwise=here)


@bp.post("/pages/<int:page_id>/move")
@requires(PLAN)
def move_page(campaign_id: int, page_id: int) -> ResponseReturnValue:
    """One page up or down."""
    campaign = campaign_for(g.staff, campaign_id, PLAN)
    page = _page_of(campaign, page_id)

    def move() -> Selection:
        edit_pages.step_page(page_id, up=request.form.get("to") == "up", by=g.staff)
        return _kept_selection()

    def where() -> str:
        pages = [one.id for one in pages_of(campaign.id)]
        return str(
            _(
                "“%(page)s” is now page %(place)s of %(number)s.",
                page=page.title,
                place=pages.index(page_id) + 1,
                number=len(pages),
            )
        )

    return _do(campaign, move, said=where, otherwise=_kept_selection())


@bp.post("/pages/<int:page_id>/remove")
@requires(PLAN)
def remove_page(campaign_id: int, page_id: int) -> ResponseReturnValue:
    """Take a page away; its questions stay."""
    campaign = campaign_for(g.staff, campaign_id, PLAN)
    _page_of(campaign, page_id)

    def remove() -> Selection:
        edit_pages.remove_page(page_id, by=g.staff)
        return Selection()

    return _do(
        campaign,
        remove,
        said=_("The page is gone; its questions stand on the page before."),
        otherwise=Selection(page_id=page_id),
    )


@bp.post("/ready")
@requires(PLAN)
def insert_ready_form(campaign_id: int) -> ResponseReturnValue:
    """The usual questions of a Doctors' Tour, on pages of their own."""
    campaign = campaign_for(g.staff, campaign_id, PLAN)

    def insert() -> Selection:
        insert_ready.insert_ready_form(campaign.id, DOCTORS_TOUR, by=g.staff)
        return Selection()

    return _do(campaign, insert, said=_("The questions of a Doctors' Tour are added."), otherwise=Selection())


@bp.post("/undo")
@requires(PLAN)
def take_back(campaign_id: int) -> ResponseReturnValue:
    """Take one's own last change back."""
    campaign = campaign_for(g.staff, campaign_id, PLAN)

    def undo() -> Selection:
        take_back_last(campaign.id, by=g.staff)
        kept = _kept_selection()
        gone = kept.question_id is not None and db.session.get(Question, kept.question_id) is None
        return Selection() if gone else kept

    return _do(campaign, undo, said=_("Taken back."), otherwise=_kept_selection())


# ---- answering -------------------------------------------------------------------------------------------------


def _is_fetch() -> bool:
    return request.headers.get("X-Requested-With") == "fetch"


def _do(
    campaign: Campaign,
    act: Callable[[], Selection],
    *,
    said: str | Callable[[], str],
    otherwise: Selection,
) -> ResponseReturnValue:
    """Do it in a transaction; answer with the parts anew, or go back to the page where no script runs."""
    try:
        with transaction():
            selection = act()
    except SaysFirst as first:
        if _is_fetch():
            return {"ask": first.sentences}, 409
        return render_template(
            "questions/says_first.html",
            campaign=campaign,
            sentences=first.sentences,
            back=_address(campaign, otherwise),
        ), 409
    except Refusal as refusal:
        return _refused(campaign, otherwise, refusal)
    words = said() if callable(said) else said
    if _is_fetch():
        return _parts(campaign, selection, said=words)
    flash(words, "success")
    return redirect(_address(campaign, selection), 303)


def _refused(campaign: Campaign, selection: Selection, refusal: Refusal) -> ResponseReturnValue:
    abandon()
    if _is_fetch():
        answer: dict[str, Any] = {"refused": refusal.message, "field": refusal.field}
        if isinstance(refusal, FormChangedMeanwhile):
            # The outline as it is now; what was typed stays in the side until the organiser decides.
            answer |= _fragments(campaign_for(g.staff, campaign.id, PLAN), selection)
        return answer, refusal.status
    flash(refusal.message, "error")
    return redirect(_address(campaign, selection), 303)


def _not_saved(
    campaign: Campaign, selection: Selection, errors: dict[str, str], *, shown: SimpleNamespace | None = None
) -> ResponseReturnValue:
    if _is_fetch():
        return {"errors": errors}, 422
    context = _everything(campaign, selection)
    context |= {"errors": errors, "typed": request.form, "shown": shown}
    if "plain_question" in request.form:
        context |= {"rows": rows_typed(request.form), "rows_how": request.form.get("plain_how", "all")}
    return render_template("questions/editor.html", **context), 422


def _parts(campaign: Campaign, selection: Selection, *, said: str = "") -> ResponseReturnValue:
    return {**_fragments(campaign, selection), "said": said, "address": _address(campaign, selection)}


def _fragments(campaign: Campaign, selection: Selection) -> dict[str, Any]:
    context = _everything(campaign, selection)
    return {
        "outline": render_template("questions/_outline.html", **context),
        "side": render_template("questions/_side.html", **context),
        "bar": render_template("questions/_bar.html", **context),
        "version": context["form"].version,
    }


def _address(campaign: Campaign, selection: Selection) -> str:
    return url_for(
        ".editor",
        campaign_id=campaign.id,
        q=selection.question_id,
        page=selection.page_id,
        add=selection.add_to,
    )


def _kept_selection() -> Selection:
    """What the side showed when this was sent, so that moving does not close it."""
    return Selection(
        question_id=request.form.get("selected_q", type=int),
        page_id=request.form.get("selected_page", type=int),
        add_to=request.form.get("selected_add", type=int),
    )


# ---- rows ------------------------------------------------------------------------------------------------------


def _question_of(campaign: Campaign, question_id: int) -> Question:
    question = db.session.get(Question, question_id)
    if question is None or question.campaign_id != campaign.id:
        raise NotFound
    return question


def _page_of(campaign: Campaign, page_id: int) -> QuestionPage:
    page = db.session.get(QuestionPage, page_id)
    if page is None or page.campaign_id != campaign.id:
        raise NotFound
    return page


def _own_stop(campaign: Campaign) -> int | None:
    """Whose addition a new question is: the whole campaign's for whoever reaches it, else the first stop of one's own."""
    if may_change_whole(g.staff, campaign):
        return None
    stops = stops_of([campaign], reach_of(g.staff, PLAN))[campaign.id]
    if not stops:
        raise NotYourPart
    return stops[0].id


def _everything(campaign: Campaign, selection: Selection) -> dict[str, Any]:
    """Whatever the editor's templates need, in as many queries for one question as for fifty."""
    everything = questions_of(campaign.id, archived=True)
    fields = fields_of(everything)
    by_key = {field.key: field for field in fields}
    pages = pages_of(campaign.id)
    counts = times_answered(campaign.id, everything)
    whole = may_change_whole(g.staff, campaign)
    own_stops = stops_of([campaign], reach_of(g.staff, PLAN))[campaign.id]
    all_stops = {
        stop.id: stop for stop in db.session.scalars(select(Stop).where(Stop.campaign_id == campaign.id))
    }
    own_ids = {stop.id for stop in own_stops}
    rows = [
        Row(
            question=question,
            field=field,
            condition=in_words(question.condition, by_key),
            answered=counts[question.id],
            stop=all_stops.get(question.stop_id or 0),
            may_change=whole or question.stop_id in own_ids,
        )
        for question, field in zip(everything, fields, strict=True)
        if whole or question.stop_id is None or question.stop_id in own_ids
    ]
    standing = [row for row in rows if row.question.archived_at is None]
    chosen = next((row for row in rows if row.question.id == selection.question_id), None)
    page = next((one for one in pages if one.id == selection.page_id), None)
    last = last_change(campaign.id, g.staff)
    return {
        "campaign": campaign,
        "form": form_of(campaign.id),
        "pages": [(one, [row for row in standing if row.question.page_id == one.id]) for one in pages],
        "archived": [row for row in rows if row.question.archived_at is not None],
        "number": sum(1 for row in standing if row.question.kind is not Kind.HEADING),
        "selection": selection,
        "row": chosen,
        "is_unnamed": edit_questions.is_unnamed,
        "first_choices": edit_questions.FIRST_CHOICES,
        "first_title": edit_pages.FIRST_TITLE,
        "page": page,
        "page_seen": fingerprint(page) if page is not None else "",
        "whole": whole,
        "own_stops": own_stops,
        "palette": PALETTE,
        "look_of": look_of,
        "shelves": [(shelf, [one for one in LIBRARY if one.shelf is shelf]) for shelf in Shelf],
        "present": {row.question.key for row in standing},
        "last": last,
        "history": _history(campaign),
        "errors": {},
        "typed": None,
        "act_in_words": act_in_words,
        "limit_in_words": limit_in_words,
        **(_about(chosen, standing, counts) if chosen is not None else {}),
    }


def _about(row: Row, standing: list[Row], counts: dict[int, int]) -> dict[str, Any]:
    """What the side needs to know of the question it shows."""
    question = row.question
    earlier = {one.id for one in earlier_than(question, [other.question for other in standing])}
    fields = [_without_archived(other.field) for other in standing if other.question.id in earlier]
    plain = rows_of(question.condition)
    kinds = (
        [question.kind, *edit_questions.SURVIVES.get(question.kind, ())]
        if counts[question.id]
        else list(Kind)
    )
    return {
        "seen": fingerprint(question),
        "kinds": [question.kind] if question.core is not None else [kind for kind in Kind if kind in kinds],
        "purposes": [CARD[purpose] for purpose in ASKED_FOR],
        "kept": CARD[question.purpose] if question.purpose is not None else None,
        "times": list(AskedWhen),
        "papers": list(Paper),
        "accepted": ACCEPTED,
        "always_restricted": question.kind in ALWAYS_RESTRICTED,
        "with_choices": question.kind in WITH_CHOICES,
        "choices_fixed": question.core is Core.EDUCATION,
        "never_left_out": question.core in NEVER_LEFT_OUT,
        "earlier": json.dumps([_for_builder(field) for field in fields], ensure_ascii=False),
        "condition": json.dumps(question.condition, ensure_ascii=False) if question.condition else "",
        "earlier_fields": fields,
        "rows": plain[1] + [ConditionRow()] * (ROWS - len(plain[1])) if plain else [ConditionRow()] * ROWS,
        "rows_how": plain[0] if plain else "all",
        "rows_hold_it": plain is not None,
        "needed_by": [other for other in standing if question.key in named_in(other.question.condition)],
    }


def _for_builder(field: Field) -> dict[str, Any]:
    """A question as the condition builder offers it."""
    return {
        "key": field.key,
        "kind": field.kind.value,
        "label": field.label,
        "ops": list(comparisons_for(field.kind)),
        "choices": [[choice.key, choice.label] for choice in field.choices],
    }


def _without_archived(field: Field) -> Field:
    """With the choices that are offered and no others."""
    archived = {str(c["key"]) for c in field.options.get("choices", ()) if c.get("archived")}
    return replace(field, choices=tuple(one for one in field.choices if one.key not in archived))


def _history(campaign: Campaign) -> list[tuple[FormChange, str]]:
    """The last changes with who made them."""
    statement = (
        select(FormChange, Staff.full_name)
        .join(Staff, Staff.id == FormChange.by_staff_id)
        .where(FormChange.campaign_id == campaign.id)
        .order_by(FormChange.id.desc())
        .limit(HISTORY)
    )
    return [(change, name) for change, name in db.session.execute(statement)]
