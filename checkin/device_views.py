"""The organiser's pages about a stop's devices: let them join, see them, revoke them; and what did not agree."""

from __future__ import annotations

from base64 import b64encode
from io import BytesIO
from uuid import UUID

from flask import Blueprint, current_app, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from qrcode.constants import ERROR_CORRECT_M
from qrcode.image.pil import PilImage
from qrcode.main import QRCode

from accounts.access import requires
from accounts.permissions import Permission
from campaigns.lookups import stop_for
from campaigns.models import Stop
from checkin.device_forms import OpenCodeForm, PinsForm
from checkin.device_lists import (
    Clash,
    clashes_count,
    clashes_of,
    devices_of,
    in_few_words,
    invites_of,
    mark_seen,
    open_checkpoints_of,
    set_aside_of,
    volunteers_of,
)
from checkin.devices import Issued, end_invite, issue_pins, joins_until, open_code, revoke_device
from checkin.models import DeviceRole, InviteKind
from shared.clock import now
from shared.codes import spaced
from shared.db import db, transaction
from shared.errors import Refusal

bp = Blueprint("devices", __name__, url_prefix="/gate/<int:stop_id>")

PLAN = Permission.PLAN_CAMPAIGNS
APP = "/gate/app"
"""Where the scanning app is; a code is handed to it behind #, so that it stands in no log."""
STATION = "/gate/station"
"""Where a computer with a printer becomes a printing station (printing/station_views.py)."""
CLASHES_ON_A_PAGE = 50


@bp.get("/devices")
@requires(PLAN)
def devices(stop_id: int) -> ResponseReturnValue:
    """Every device of a stop, when it was last seen and what it has not uploaded yet; codes and PINs to join."""
    return _page(stop_for(g.staff, stop_id, PLAN))


@bp.post("/devices/code")
@requires(PLAN)
def open_join_code(stop_id: int) -> ResponseReturnValue:
    """Make a code to join with; it is shown this once."""
    stop = stop_for(g.staff, stop_id, PLAN)
    form = OpenCodeForm(open_checkpoints_of(stop), prefix="code-")
    if not form.validate_on_submit():
        return _page(stop, code_form=form), 422
    try:
        with transaction():
            issued = open_code(
                stop,
                name=form.name.data or "",
                role=form.as_role,
                checkpoint_ids=form.checkpoints.data or [],
                most_uses=form.most_uses.data or 1,
                lasts=form.how_long,
                by=g.staff,
            )
    except Refusal as refusal:
        form.form_errors.append(refusal.message)
        return _page(stop_for(g.staff, stop_id, PLAN), code_form=form), refusal.status
    return _page(stop_for(g.staff, stop_id, PLAN), issued=issued)


@bp.post("/devices/pins")
@requires(PLAN)
def issue(stop_id: int) -> ResponseReturnValue:
    """A PIN for each volunteer, on a sheet to print; it is shown this once."""
    stop = stop_for(g.staff, stop_id, PLAN)
    form = PinsForm(open_checkpoints_of(stop), prefix="pins-")
    if not form.validate_on_submit():
        return _page(stop, pins_form=form), 422
    try:
        with transaction():
            pins = issue_pins(
                stop,
                names=form.volunteers,
                role=form.as_role,
                checkpoint_ids=form.checkpoints.data or [],
                by=g.staff,
            )
    except Refusal as refusal:
        form.form_errors.append(refusal.message)
        return _page(stop_for(g.staff, stop_id, PLAN), pins_form=form), refusal.status
    return render_template(
        "checkin/pins.html",
        stop=stop_for(g.staff, stop_id, PLAN),
        pins=[(one, f"{one.code[:3]} {one.code[3:]}", join_picture(one)) for one in pins],
        address=join_address(form.as_role),
        ends_at=joins_until(stop),
    )


@bp.post("/devices/<int:device_id>/revoke")
@requires(PLAN)
def revoke(stop_id: int, device_id: int) -> ResponseReturnValue:
    """From now on the device may not scan."""
    stop = stop_for(g.staff, stop_id, PLAN)
    with transaction():
        device = revoke_device(device_id, stop=stop, by=g.staff)
    flash(_("%(name)s may not scan any more.", name=device.name), "success")
    return redirect(url_for(".devices", stop_id=stop_id))


@bp.post("/devices/invites/<int:invite_id>/end")
@requires(PLAN)
def end(stop_id: int, invite_id: int) -> ResponseReturnValue:
    """Nobody joins with this code or PIN any more."""
    stop = stop_for(g.staff, stop_id, PLAN)
    with transaction():
        end_invite(invite_id, stop=stop, by=g.staff)
    flash(_("Nobody joins with it any more. Devices that have joined go on."), "success")
    return redirect(url_for(".devices", stop_id=stop_id))


@bp.get("/conflicts")
@requires(PLAN)
def conflicts(stop_id: int) -> ResponseReturnValue:
    """Who was let in twice or against the rules by devices that could not ask, and uploads nobody understood."""
    stop = stop_for(g.staff, stop_id, PLAN)
    number = max(1, min(request.args.get("page", 1, type=int), 10_000))
    rows = db.session.execute(
        clashes_of(stop).limit(CLASHES_ON_A_PAGE + 1).offset((number - 1) * CLASHES_ON_A_PAGE)
    ).all()
    return render_template(
        "checkin/conflicts.html",
        stop=stop,
        clashes=[Clash(*row) for row in rows[:CLASHES_ON_A_PAGE]],
        number=number,
        has_more=len(rows) > CLASHES_ON_A_PAGE,
        aside=set_aside_of(stop),
        count=clashes_count(stop),
        in_few_words=in_few_words,
    )


@bp.post("/conflicts/<uuid:aside_id>/seen")
@requires(PLAN)
def seen(stop_id: int, aside_id: UUID) -> ResponseReturnValue:
    """An upload that was not understood has been looked at."""
    stop = stop_for(g.staff, stop_id, PLAN)
    with transaction():
        mark_seen(aside_id, stop=stop, by=g.staff)
    return redirect(url_for(".conflicts", stop_id=stop_id))


def _page(
    stop: Stop,
    *,
    code_form: OpenCodeForm | None = None,
    pins_form: PinsForm | None = None,
    issued: Issued | None = None,
) -> str:
    points = open_checkpoints_of(stop)
    over = stop.cancelled_at is not None or joins_until(stop) <= now()
    return render_template(
        "checkin/devices.html",
        stop=stop,
        lines=devices_of(stop),
        invites=invites_of(stop),
        pin=InviteKind.PIN,
        is_over=over,
        code_form=code_form or OpenCodeForm(points, prefix="code-", formdata=None),
        pins_form=pins_form
        or PinsForm(points, prefix="pins-", formdata=None, names="\n".join(volunteers_of(stop))),
        issued=issued,
        code=spaced(issued.code) if issued else None,
        picture=join_picture(issued) if issued else None,
        address=join_address(issued.invite.role) if issued else None,
        conflict_count=clashes_count(stop),
        moment_now=now(),
    )


def join_address(role: DeviceRole) -> str:
    """Where a device of this role is joined."""
    page = STATION if role is DeviceRole.STATION else APP
    return f"{current_app.config['SETTINGS'].public_url.rstrip('/')}{page}"


def join_picture(issued: Issued) -> str:
    """The code as a QR symbol that a camera opens the right page with; a data address for <img>."""
    drawing: QRCode[PilImage] = QRCode(
        error_correction=ERROR_CORRECT_M, box_size=6, border=4, image_factory=PilImage
    )
    drawing.add_data(f"{join_address(issued.invite.role)}#join={issued.code}")
    drawing.make(fit=True)
    out = BytesIO()
    drawing.make_image().save(out)
    return f"data:image/png;base64,{b64encode(out.getvalue()).decode()}"
