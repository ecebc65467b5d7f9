"""What somebody comes to: the applicant's page to choose it, and the roll of an item for the desk."""

from __future__ import annotations

from flask import Blueprint, Response, flash, g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from accounts.access import open_to_everyone, requires
from accounts.permissions import Permission, reach_of
from audit.record import APPLICANT
from campaigns.lookups import programme_item_of, stop_for
from registrations.choose_programme import choose_exactly
from registrations.exports import Format, file_of, new_order, record_export, rows_of
from registrations.forms import ProgrammeChoiceForm
from registrations.links import registration_on_link
from registrations.lookups import may_choose_programme, programme_chosen, who_chose
from registrations.views import keep_private
from shared.db import transaction
from shared.errors import Refusal

bp = Blueprint("registrations_programme", __name__)
bp.after_request(keep_private)


@bp.route("/r/<link>/programme", methods=["GET", "POST"])
@open_to_everyone
def own_programme(link: str) -> ResponseReturnValue:
    """Choose of the programme what one comes to, until the stop begins."""
    registration = registration_on_link(link)
    own_page = url_for("registrations.own_page", link=link)
    if not may_choose_programme(registration):
        flash(_("The programme can no longer be chosen here."), "info")
        return redirect(own_page, 303)
    form = ProgrammeChoiceForm(
        programme=registration.stop.programme,
        chosen=[item.id for item in programme_chosen(registration) if not item.is_cancelled],
    )
    status = 200
    if form.is_submitted():
        status = 422
        if form.validate():
            try:
                with transaction():
                    choose_exactly(registration.id, form.programme.data, by=APPLICANT)
            except Refusal as refusal:
                form.programme.errors = [refusal.message]
                status = refusal.status
            else:
                flash(_("Your choice is kept."), "success")
                return redirect(own_page, 303)
    page = render_template(
        "registrations/own_programme.html",
        registration=registration,
        stop=registration.stop,
        form=form,
        link=link,
    )
    return page, status


@bp.get("/desk/registrations/programme/<int:stop_id>/<int:item_id>")
@requires(Permission.SEE_REGISTRATIONS)
def roll(stop_id: int, item_id: int) -> ResponseReturnValue:
    """Everybody who has chosen one item: the roll of its hall or its coach, to read or to print."""
    stop = stop_for(g.staff, stop_id, Permission.SEE_REGISTRATIONS)
    item = programme_item_of(stop, item_id)
    may_export = reach_of(g.staff, Permission.EXPORT_REGISTRATIONS).covers(
        host_city_id=stop.host_city_id, campaign_id=stop.campaign_id, stop_id=stop.id
    )
    return render_template(
        "registrations/roll.html", stop=stop, item=item, people=who_chose(item), may_export=may_export
    )


ROLL_COLUMNS = ("name", "code", "state", "university", "education", "field", "arrived")


@bp.post("/desk/registrations/programme/<int:stop_id>/<int:item_id>/export")
@requires(Permission.EXPORT_REGISTRATIONS)
def export_roll(stop_id: int, item_id: int) -> ResponseReturnValue:
    """The roll as a workbook, without mobiles and addresses; the record says who took it out."""
    stop = stop_for(g.staff, stop_id, Permission.EXPORT_REGISTRATIONS)
    item = programme_item_of(stop, item_id)
    ids = [one.id for one in who_chose(item)]
    reason = _("Roll of “%(title)s”", title=item.title)
    order = new_order(ROLL_COLUMNS, Format.XLSX, contacts=False, reason=reason, by=g.staff)
    content = b"".join(file_of(order, rows_of(ids, order, by=g.staff)))
    with transaction():
        record_export(order, rows=len(ids), by=g.staff)
    return Response(
        content,
        mimetype=order.format.mimetype,
        headers={"Content-Disposition": f'attachment; filename="{order.file_name}"'},
    )
