"""The page on which the list is ordered as a file."""

from __future__ import annotations

from urllib.parse import parse_qsl

from flask import Response, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from accounts.access import requires
from accounts.permissions import Permission, reach_of
from registrations.export_forms import ExportForm
from registrations.export_in_background import order_in_background
from registrations.exports import (
    AT_ONCE,
    MOST,
    Format,
    columns_like,
    file_of,
    ids_of,
    new_order,
    record_export,
    rows_of,
)
from registrations.queue import everybody_within, order_named
from registrations.queue_views import form_of, known_campaign, only_filters
from registrations.staff_views import bp
from shared.db import transaction


@bp.get("/export")
@requires(Permission.EXPORT_REGISTRATIONS)
def export() -> ResponseReturnValue:
    """What is to be in the file: the list as it is filtered now, with its columns chosen beforehand."""
    query = only_filters(request.query_string.decode("utf-8", errors="replace"))
    shown = MultiDict(parse_qsl(query)).getlist("column")
    preselected = sorted(columns_like(shown))
    form = ExportForm(
        may_have_contacts=_may_have_contacts(),
        campaign_id=_campaign_id(query),
        data={"columns": preselected, "answers": preselected},
    )
    return _page(form, query)


@bp.post("/export")
@requires(Permission.EXPORT_REGISTRATIONS)
def order_export() -> ResponseReturnValue:
    """The file, at once when it is short, else in the background."""
    query = only_filters(request.form.get("query", ""))
    campaign_id = _campaign_id(query)
    form = ExportForm(may_have_contacts=_may_have_contacts(), campaign_id=campaign_id)
    if not form.validate_on_submit():
        return _page(form, query), 422
    ids = _ids(query)
    order = new_order(
        form.chosen_columns,
        Format(form.format.data),
        contacts=bool("contacts" in form and form.contacts.data),
        reason=" ".join((form.reason.data or "").split()),
        by=g.staff,
        campaign_id=campaign_id,
    )
    if len(ids) > AT_ONCE:
        with transaction():
            work = order_in_background(order, ids, by=g.staff)
        return redirect(url_for("work.progress_page", work_id=work.id), 303)
    content = b"".join(file_of(order, rows_of(ids, order, by=g.staff)))
    with transaction():
        record_export(order, rows=len(ids), by=g.staff)
    return Response(
        content,
        mimetype=order.format.mimetype,
        headers={"Content-Disposition": f'attachment; filename="{order.file_name}"'},
    )


def _ids(query: str) -> list[int]:
    arguments = MultiDict(parse_qsl(query))
    wanted = form_of(arguments).wanted()
    everybody = everybody_within(reach_of(g.staff, Permission.EXPORT_REGISTRATIONS), wanted.text)
    _name, keys = order_named(arguments.get("sort", ""), wanted.text, broad=everybody.broad)
    return ids_of(everybody, wanted, keys)


def _campaign_id(query: str) -> int | None:
    """The campaign to which the list is narrowed, of those within reach: its own questions may be columns."""
    return known_campaign(MultiDict(parse_qsl(query)))


def _page(form: ExportForm, query: str) -> str:
    count = len(_ids(query))
    return render_template(
        "registrations/export.html",
        form=form,
        query=query,
        count=count,
        in_background=count > AT_ONCE,
        is_cut=count >= MOST,
        back=url_for(".registration_list") + (f"?{query}" if query else ""),
        may_have_contacts=_may_have_contacts(),
        has_campaign=_campaign_id(query) is not None,
        title=_("Export"),
    )


def _may_have_contacts() -> bool:
    return bool(reach_of(g.staff, Permission.EXPORT_CONTACTS))
