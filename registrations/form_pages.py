"""The applicant's form as a page: which stop, which draft this browser is at, and what the page needs."""

from __future__ import annotations

from flask import render_template, session
from sqlalchemy import select
from sqlalchemy.orm import contains_eager, joinedload

from campaigns.models import Campaign, Stop
from privacy.purposes import Purpose
from privacy.texts import current
from questions.models import Core
from questions.sheet import Sheet
from registrations.by_invitation import InHand, invitation_in_hand
from registrations.drafts import address_of_draft, draft_on_token, new_token
from registrations.filling_in import blank_sheet
from registrations.forms import RegisterForm
from registrations.models import FormDraft, Invitation
from shared.db import db
from shared.errors import NotFound

MOST_DRAFTS = 5


def published_stop(slug: str, stop_id: int) -> Stop:
    """The stop of a published campaign, with its programme, in one statement. Raises NotFound."""
    statement = (
        select(Stop)
        .join(Stop.campaign)
        .where(Stop.id == stop_id, Campaign.slug == slug, Campaign.published_at.is_not(None))
        .options(
            contains_eager(Stop.campaign).joinedload(Campaign.host_city),
            joinedload(Stop.programme),
        )
    )
    stop = db.session.scalars(statement).unique().one_or_none()
    if stop is None:
        raise NotFound
    return stop


def draft_here(stop_id: int) -> tuple[str, FormDraft | None]:
    """The token under which this browser's session keeps what is typed for the stop, and the draft if there is one."""
    is_new = str(stop_id) not in session.get("drafts", {})
    token = token_here(stop_id)
    return token, None if is_new else draft_on_token(token, stop_id=stop_id)


def token_here(stop_id: int) -> str:
    """The token alone, asking the database nothing.

    A new one is given with the first page and only remembered in the session: nothing is written before somebody types.
    """
    tokens: dict[str, str] = session.get("drafts", {})
    token = tokens.get(str(stop_id))
    if token is None:
        token = new_token()
        remember_here(stop_id, token)
    return token


def remember_here(stop_id: int, token: str) -> None:
    """Let this browser go on with the draft of this token."""
    tokens = {key: value for key, value in session.get("drafts", {}).items() if key != str(stop_id)}
    latest = [*tokens.items(), (str(stop_id), token)][-MOST_DRAFTS:]
    session["drafts"] = dict(latest)


def forget_here(stop_id: int) -> None:
    """This browser has nothing typed for the stop any more."""
    session["drafts"] = {
        key: value for key, value in session.get("drafts", {}).items() if key != str(stop_id)
    }


def invited_as(sheet: Sheet, invitation: Invitation | InHand | None) -> dict[str, list[str]]:
    """Name and address of whoever is invited in person, as if typed."""
    if invitation is None or not invitation.is_personal:
        return {}
    known = {Core.FULL_NAME: invitation.full_name, Core.EMAIL: invitation.email}
    questions = ((sheet.questionnaire.core(core), value) for core, value in known.items())
    return {one.key: [value or ""] for one, value in questions if one is not None}


def full_again(stop: Stop, sheet: Sheet) -> Sheet:
    """The same sheet with what is left of scarce choices now."""
    fresh = blank_sheet(stop)
    fresh.typed, fresh.errors, fresh.files = sheet.typed, sheet.errors, sheet.files
    return fresh


def form_page(stop: Stop, form: RegisterForm, sheet: Sheet, token: str, draft: FormDraft | None) -> str:
    """The page of the form."""
    return render_template(
        "registrations/register.html",
        stop=stop,
        form=form,
        sheet=sheet,
        token=token,
        invitation=invitation_in_hand(stop),
        draft=draft,
        draft_address=address_of_draft(token),
        agreement_sentence=current(Purpose.REGISTRATION).sentence,
    )
