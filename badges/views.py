"""The pages from which badges are printed, and the PDFs.

A PDF is asked for by POST: it leaves a line in the record, and a GET changes nothing.
"""

from __future__ import annotations

from io import SEEK_END, BytesIO
from typing import BinaryIO

from flask import Blueprint, flash, g, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_babel import force_locale

from accounts.access import requires
from accounts.permissions import Permission
from badges.batch import ToLookAt, called, holder_of, holders_at, pdf_of, to_look_at
from badges.check_in_poster import A3, A4, CheckInPoster, draw_check_in_poster
from badges.errors import FontsAreMissing
from badges.fonts import FontsMissing
from badges.forms import PaperForm
from badges.poster import Poster, draw_poster
from campaigns.lookups import campaign_for, channel_of, stop_for, stops_for
from campaigns.models import Stop
from campaigns.poster import campaign_address, poster_address
from checkin.lookups import checkpoint_at
from checkin.posters import address_of, poster_at
from registrations.lookups import confirmed_for_badges, registration_for
from shared.clock import in_china, today
from shared.db import transaction
from shared.display import span
from shared.errors import NotFound, Refusal
from shared.pages import PAGE_SIZE, Page

bp = Blueprint("badges", __name__, url_prefix="/desk/badges")


@bp.get("")
@requires(Permission.PRINT_BADGES)
def stops() -> ResponseReturnValue:
    """The stops that badges are printed for: those to come, then those that are over."""
    all_stops = [stop for stop in stops_for(g.staff, Permission.PRINT_BADGES) if stop.cancelled_at is None]
    day = today()
    return render_template(
        "badges/stops.html",
        coming=[stop for stop in all_stops if in_china(stop.ends_at).date() >= day],
        over=[stop for stop in reversed(all_stops) if in_china(stop.ends_at).date() < day],
    )


@bp.get("/stops/<int:stop_id>")
@requires(Permission.PRINT_BADGES)
def stop(stop_id: int) -> ResponseReturnValue:
    """One stop's badges: what needs a look, the PDFs, and every person's own badge."""
    one = stop_for(g.staff, stop_id, Permission.PRINT_BADGES)
    confirmed = confirmed_for_badges(one)
    wanted = request.args.get("name", "").strip()[:100]
    found = called(wanted, confirmed) if wanted else confirmed
    number = max(1, request.args.get("page", 1, type=int))
    looks: list[ToLookAt] = []
    refusal: Refusal | None = None
    try:
        looks = to_look_at(confirmed, one)
    except Refusal as missing:
        refusal = missing
    page = render_template(
        "badges/stop.html",
        stop=one,
        form=PaperForm(formdata=None),
        page=Page(found[(number - 1) * PAGE_SIZE : number * PAGE_SIZE], number, len(found)),
        confirmed_count=len(confirmed),
        wanted=wanted,
        looks=looks,
        refusal=refusal,
    )
    return page, refusal.status if refusal else 200


@bp.post("/stops/<int:stop_id>.pdf")
@requires(Permission.PRINT_BADGES)
def stop_pdf(stop_id: int) -> ResponseReturnValue:
    """The badges of everybody confirmed for a stop, as a PDF."""
    one = stop_for(g.staff, stop_id, Permission.PRINT_BADGES)
    form = PaperForm()
    if not form.validate_on_submit():
        return redirect(url_for(".stop", stop_id=one.id))
    try:
        with transaction():
            holders = holders_at(one, by=g.staff, layout=form.paper)
        # Thousands of badges take seconds: they are drawn when the transaction is over.
        pdf = pdf_of(holders, form.paper, title=_title(one))
    except Refusal as refusal:
        flash(refusal.message, "error")
        return redirect(url_for(".stop", stop_id=one.id))
    return _as_download(pdf, f"{_title(one)}-{len(holders)}人-{form.layout.data.upper()}.pdf")


@bp.post("/registrations/<int:registration_id>.pdf")
@requires(Permission.PRINT_BADGES)
def registration_pdf(registration_id: int) -> ResponseReturnValue:
    """One person's badge: printed late, or printed again."""
    registration = registration_for(g.staff, registration_id, Permission.PRINT_BADGES)
    form = PaperForm()
    if not form.validate_on_submit():
        return redirect(url_for(".stop", stop_id=registration.stop_id))
    try:
        with transaction():
            holder = holder_of(registration, by=g.staff, layout=form.paper)
        pdf = pdf_of([holder], form.paper, title=_title(registration.stop))
    except Refusal as refusal:
        flash(refusal.message, "error")
        return redirect(url_for(".stop", stop_id=registration.stop_id))
    return _as_download(pdf, f"{_title(registration.stop)}-{registration.code}.pdf")


def _title(stop: Stop) -> str:
    """``胸牌-太原-20260528``: printed matter is named in Chinese, whoever prints it."""
    return f"胸牌-{stop.city_zh or stop.city_en}-{in_china(stop.starts_at):%Y%m%d}"


def _as_download(pdf: BinaryIO, name: str) -> ResponseReturnValue:
    answer = send_file(
        pdf,
        mimetype="application/pdf",
        as_attachment=True,
        download_name=name.replace("/", "-"),
    )
    answer.content_length = pdf.seek(0, SEEK_END)
    pdf.seek(0)
    return answer


@bp.get("/posters/<int:campaign_id>/<int:channel_id>.pdf")
@requires(Permission.SEE_CAMPAIGNS)
def poster_pdf(campaign_id: int, channel_id: int) -> ResponseReturnValue:
    """A poster of A4 with the code of one channel; ``?stop=`` makes it one stop's."""
    campaign = campaign_for(g.staff, campaign_id, Permission.SEE_CAMPAIGNS)
    channel = channel_of(campaign, channel_id)
    stop_id = request.args.get("stop", type=int)
    stops = [one for one in campaign.stops if one.cancelled_at is None and stop_id in (None, one.id)]
    if stop_id is not None and not stops:
        raise NotFound
    address = poster_address(stops[0], channel.word) if stop_id else campaign_address(campaign, channel.word)
    with force_locale("zh_Hans"):
        pdf = draw_poster(
            Poster(
                family=f"{campaign.family.label} · {campaign.host_city.name_zh if campaign.host_city else '山西省'}",
                title=campaign.name_zh,
                summary=campaign.summary_zh,
                line=campaign.poster_line,
                stops=[(one.city_zh, span(one.starts_at, one.ends_at), one.venue_zh) for one in stops],
                address=address,
                channel=channel.name,
            )
        )
    name = f"{campaign.slug}-{channel.word}{f'-{stop_id}' if stop_id else ''}.pdf"
    return send_file(BytesIO(pdf), mimetype="application/pdf", download_name=name)


@bp.get("/check-in-posters/<int:stop_id>/<int:checkpoint_id>.pdf")
@requires(Permission.PLAN_CAMPAIGNS)
def check_in_poster_pdf(stop_id: int, checkpoint_id: int) -> ResponseReturnValue:
    """The poster by which guests check in at a checkpoint; ``?paper=a3``. One on a screen is not printed."""
    stop = stop_for(g.staff, stop_id, Permission.PLAN_CAMPAIGNS)
    checkpoint = checkpoint_at(stop, checkpoint_id)
    poster = poster_at(checkpoint)
    if poster is None or poster.is_screen:
        raise NotFound
    paper = A3 if request.args.get("paper") == "a3" else A4
    with force_locale("en"):
        english = checkpoint.name_en or checkpoint.kind.label
    with force_locale("zh_Hans"):
        what = CheckInPoster(
            campaign=stop.campaign.name_zh or stop.campaign.name_en,
            where=f"{stop.city_zh or stop.city_en} · {stop.venue_zh or stop.venue_en}",
            checkpoint=" ".join(dict.fromkeys((checkpoint.name, english))),
            when=span(poster.opens_at, poster.closes_at),
            address=address_of(poster),
            asks_word=bool(poster.place_word),
        )
    try:
        pdf = draw_check_in_poster(what, paper)
    except FontsMissing:
        raise FontsAreMissing from None
    name = f"签到海报-{stop.city_zh or stop.city_en}-{checkpoint.id}-{paper.name}.pdf"
    return send_file(BytesIO(pdf), mimetype="application/pdf", download_name=name)
