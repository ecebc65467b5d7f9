"""The list as a file: CSV or XLSX, with the columns somebody chose, in flat memory, and nothing in it that a program runs."""

from __future__ import annotations

import csv
import io
import re
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

import xlsxwriter
from flask_babel import LazyString
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.orm import joinedload, lazyload

from accounts.models import Staff
from accounts.permissions import Permission, reach_of
from audit.record import record
from campaigns.lookups import host_cities
from campaigns.models import Stop
from questions.engine import Field
from questions.lookups import fields_by_key
from questions.sheet import in_words
from registrations.answers import FILES, answer_in_words, exportable, file_names_in
from registrations.lookups import registrations_within
from registrations.models import Registration
from registrations.people_lookups import arrivals_of
from registrations.queue import Everybody, Wanted, queue_of
from registrations.sealed_answers import unsealed_answers
from shared.clock import in_china
from shared.codes import new_code
from shared.db import db
from shared.display import masked_email
from shared.pages import SortKey

AT_ONCE = 1_000
"""So many rows are written while the page waits; more are written in the background."""
MOST = 100_000
PIECE = 500


class Format(StrEnum):
    """What kind of file."""

    XLSX = "xlsx"
    CSV = "csv"
    CSV_GB18030 = "csv_gb18030"

    @property
    def label(self) -> str:
        """The format in the reader's language."""
        return str(_FORMAT_LABELS[self])

    @property
    def suffix(self) -> str:
        """How the file's name ends."""
        return ".xlsx" if self is Format.XLSX else ".csv"

    @property
    def mimetype(self) -> str:
        """What the browser is told that it is."""
        if self is Format.XLSX:
            return "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
        return "text/csv; charset=" + ("gb18030" if self is Format.CSV_GB18030 else "utf-8")


_FORMAT_LABELS = {
    Format.XLSX: _l("Excel workbook (XLSX)"),
    Format.CSV: _l("CSV, UTF-8"),
    Format.CSV_GB18030: _l("CSV, GB18030 (for older Chinese programs)"),
}


@dataclass(frozen=True)
class Cells:
    """What a row is made of besides itself: names of cities, who has arrived, whether contacts are shown in full,
    whether they may be (``full``: notes too), the names of files by id, and the row's restricted answers, as far as the reader may have them.
    """

    cities: dict[int, str]
    arrived: set[int]
    contacts: bool
    full: bool = False
    files: Mapping[str, str] = field(default_factory=dict)
    sealed: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class ExportColumn:
    """One column that may be chosen; the queue's column of the same ``name`` preselects it."""

    name: str
    label: LazyString | str
    value: Callable[[Registration, Cells], str]
    usual: bool = False
    is_contact: bool = False
    is_restricted: bool = False


def _moment(at: Any) -> str:
    return f"{in_china(at):%Y-%m-%d %H:%M}" if at else ""


COLUMNS: tuple[ExportColumn, ...] = (
    ExportColumn("name", _l("Name"), lambda row, _cells: row.person.full_name, usual=True),
    ExportColumn("code", _l("Code"), lambda row, _cells: row.spaced_code, usual=True),
    ExportColumn("campaign", _l("Campaign"), lambda row, _cells: row.stop.campaign.name),
    ExportColumn(
        "stop",
        _l("Stop"),
        lambda row, _cells: f"{row.stop.city} {in_china(row.stop.starts_at):%Y-%m-%d}",
        usual=True,
    ),
    ExportColumn("state", _l("State"), lambda row, _cells: row.state.label, usual=True),
    ExportColumn("university", _l("University"), lambda row, _cells: row.university, usual=True),
    ExportColumn("education", _l("Education"), lambda row, _cells: row.education.label, usual=True),
    ExportColumn("field", _l("Research field"), lambda row, _cells: row.research_field, usual=True),
    ExportColumn(
        "cities",
        _l("Cities wished for"),
        lambda row, cells: ", ".join(cells.cities.get(city_id, "") for city_id in row.preferred_city_ids),
    ),
    ExportColumn(
        "mobile",
        _l("Mobile"),
        lambda row, cells: (row.person.mobile or "") if cells.contacts else row.person.masked_mobile,
        is_contact=True,
    ),
    ExportColumn(
        "email",
        _l("E-mail address"),
        lambda row, cells: row.email if cells.contacts or not row.email else masked_email(row.email),
        is_contact=True,
    ),
    ExportColumn(
        "gate_note",
        _l("Note for the gate"),
        lambda row, cells: (row.gate_note or "") if cells.full else "",
        is_contact=True,
    ),
    ExportColumn("badge", _l("Comes as"), lambda row, _cells: row.badge_class.label),
    ExportColumn("channel", _l("Came by"), lambda row, _cells: row.channel or ""),
    ExportColumn("way", _l("Way in"), lambda row, _cells: row.way.label),
    ExportColumn("priority", _l("Priority"), lambda row, _cells: str(row.priority)),
    ExportColumn(
        "score", _l("Score"), lambda row, _cells: "" if row.score is None else f"{row.score / 100:.2f}"
    ),
    ExportColumn("arrived", _l("Arrived"), lambda row, cells: _("yes") if row.id in cells.arrived else ""),
    ExportColumn("applied", _l("Registered at"), lambda row, _cells: _moment(row.applied_at), usual=True),
    ExportColumn("decided", _l("Decided at"), lambda row, _cells: _moment(row.decided_at)),
    ExportColumn("second_form", _l("Second form"), lambda row, _cells: _moment(row.second_form_at)),
)
_BY_NAME = {column.name: column for column in COLUMNS}
ANSWER = "answer."
"""How the name of a column begins that holds the answers to one of the campaign's own questions."""


def answer_columns(campaign_id: int | None, *, restricted: bool) -> list[ExportColumn]:
    """The columns of a campaign's own questions, in the order of the form: the restricted ones, or the open ones."""
    if campaign_id is None:
        return []
    return [
        _answer_column(campaign_id, one)
        for one in exportable(fields_by_key(campaign_id), restricted=restricted).values()
    ]


def _answer_column(campaign_id: int, one: Field) -> ExportColumn:
    def value(row: Registration, cells: Cells) -> str:
        if row.stop.campaign_id != campaign_id:
            return ""  # the same key may be another question elsewhere
        if not one.is_sealed:
            return answer_in_words(one, row, cells.files)
        return in_words(one, cells.sealed.get(one.key))  # none for whoever may not

    return ExportColumn(ANSWER + one.key, one.label, value, is_restricted=one.is_sealed)


@dataclass(frozen=True)
class Order:
    """What was ordered: which columns, in which format, with contacts in full or not, why; and the file's number.

    ``campaign_id``: whose own questions are among the columns.
    """

    columns: tuple[str, ...]
    format: Format
    contacts: bool
    reason: str
    number: str
    campaign_id: int | None = None

    def as_arguments(self) -> dict[str, Any]:
        """Plain values, for long work."""
        return {**asdict(self), "columns": list(self.columns), "format": self.format.value}

    @classmethod
    def of(cls, arguments: dict[str, Any]) -> Order:
        """What ``as_arguments`` made."""
        return cls(
            columns=tuple(arguments["columns"]),
            format=Format(arguments["format"]),
            contacts=bool(arguments["contacts"]),
            reason=str(arguments["reason"]),
            number=str(arguments["number"]),
            campaign_id=arguments.get("campaign_id"),
        )

    @property
    def file_name(self) -> str:
        """What the file is called."""
        return f"registrations-{self.number}{self.format.suffix}"

    @property
    def questions(self) -> list[str]:
        """The keys of the own questions among the columns."""
        return [name.removeprefix(ANSWER) for name in self.columns if name.startswith(ANSWER)]

    def chosen(self) -> list[ExportColumn]:
        """The columns: the usual ones in the order of COLUMNS, then the own questions in the order of the form."""
        plain = [column for column in COLUMNS if column.name in self.columns]
        if not self.questions:
            return plain
        own = [one for kept in (False, True) for one in answer_columns(self.campaign_id, restricted=kept)]
        return plain + [column for column in own if column.name in self.columns]


def columns_like(names: Sequence[str]) -> set[str]:
    """What is preselected: name and code, and what the list shows; the usual ones when it shows the usual."""
    shown = {name for name in names if name in _BY_NAME or name.startswith(ANSWER)}
    return {"name", "code"} | (shown or {column.name for column in COLUMNS if column.usual})


def new_order(
    columns: Iterable[str],
    format_: Format,
    *,
    contacts: bool,
    reason: str,
    by: Staff,
    campaign_id: int | None = None,
) -> Order:
    """An order with a number of its own; contacts in full and restricted answers only for whoever may."""
    may_have_contacts = bool(reach_of(by, Permission.EXPORT_CONTACTS))
    known = set(_BY_NAME) | {one.name for one in answer_columns(campaign_id, restricted=False)}
    if may_have_contacts:
        known |= {one.name for one in answer_columns(campaign_id, restricted=True)}
    return Order(
        columns=tuple(name for name in columns if name in known),
        format=format_,
        contacts=contacts and may_have_contacts,
        reason=reason,
        number=f"GS{new_code()}",
        campaign_id=campaign_id,
    )


def record_export(order: Order, *, rows: int, by: Staff) -> None:
    """Write down who took what out, why, and how many. The caller holds the transaction."""
    record(
        "export_registrations",
        "export",
        by=by,
        number=order.number,
        rows=rows,
        columns=list(order.columns),
        format=order.format.value,
        contacts=order.contacts,
        restricted=[column.name.removeprefix(ANSWER) for column in order.chosen() if column.is_restricted],
        reason=order.reason,
    )


def ids_of(everybody: Everybody, wanted: Wanted, keys: Sequence[SortKey]) -> list[int]:
    """The registrations on the screen, in its order, at most MOST."""
    order = [key.by.desc() if key.descending else key.by.asc() for key in keys]
    statement = queue_of(everybody, wanted).with_only_columns(Registration.id).order_by(*order).limit(MOST)
    return list(db.session.scalars(statement))


def heading(order: Order) -> list[str]:
    """The first line: the columns' names, and the number's at the end."""
    return [*(str(column.label) for column in order.chosen()), _("Export number")]


def rows_of(ids: Sequence[int], order: Order, *, by: Staff) -> Iterator[list[str]]:
    """The lines of ``ids`` in their order, read PIECE at a time; whoever is no longer within reach is left out.

    The session holds rows weakly, so those of the piece before are forgotten and memory stays flat.
    """
    cities = {city.id: city.name for city in host_cities()}
    contacts_within = reach_of(by, Permission.EXPORT_CONTACTS)
    within = registrations_within(reach_of(by, Permission.EXPORT_REGISTRATIONS))
    chosen = order.chosen()
    takes_restricted = any(column.is_restricted for column in chosen)
    asked = set(order.questions)
    with_files = [
        one
        for one in (fields_by_key(order.campaign_id).values() if asked and order.campaign_id else ())
        if one.key in asked and one.kind in FILES
    ]
    for start in range(0, len(ids), PIECE):
        some = ids[start : start + PIECE]
        found = {
            row.id: row
            for row in db.session.scalars(
                within.where(Registration.id.in_(some)).options(
                    lazyload("*"),
                    joinedload(Registration.person),
                    joinedload(Registration.stop).joinedload(Stop.campaign),
                )
            ).unique()
        }
        arrived = arrivals_of(found.values()) if "arrived" in order.columns else set()
        files = file_names_in(found.values(), with_files) if with_files else {}
        for registration_id in some:
            row = found.get(registration_id)
            if row is None:
                continue
            stop = row.stop
            may_be_full = contacts_within.covers(
                host_city_id=stop.host_city_id, campaign_id=stop.campaign_id, stop_id=stop.id
            )
            sealed = unsealed_answers(row) if takes_restricted and may_be_full else {}
            cells = Cells(cities, arrived, order.contacts and may_be_full, may_be_full, files, sealed)
            yield [*(column.value(row, cells) for column in chosen), order.number]


# Writing

# Numbers, telephones and lone dashes run nothing in any program and stay as they are: +8613800000000, -, 0351-1234567.
_HARMLESS = re.compile(r"[+-]?[\d\s().-]*")
_RUNS = tuple("=+-@\t\r\n＝＋－＠")


def as_text(value: str) -> str:
    """A CSV cell that no spreadsheet takes for a formula: an apostrophe before what begins like one."""
    if value.startswith(_RUNS) and not _HARMLESS.fullmatch(value):
        return "'" + value
    return value.replace("\0", "")


def csv_lines(rows: Iterable[Sequence[str]], *, encoding: str, first: bool = True) -> Iterator[bytes]:
    """RFC 4180 lines; UTF-8 begins with the mark by which Excel knows it. What an encoding lacks becomes ``?``."""
    if first and encoding == "utf-8":
        yield "\ufeff".encode()
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    for row in rows:
        writer.writerow([as_text(value) for value in row])
        yield buffer.getvalue().encode(encoding, errors="replace")
        buffer.seek(0)
        buffer.truncate()


def xlsx_pieces(head: Sequence[str], rows: Iterable[Sequence[str]], *, number: str) -> Iterator[bytes]:
    """A workbook of one sheet, every cell text; written row by row to a file that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="gs-export-") as directory:
        path = f"{directory}/export.xlsx"
        book = xlsxwriter.Workbook(
            path,
            {
                "constant_memory": True,
                "tmpdir": directory,
                "strings_to_formulas": False,
                "strings_to_urls": False,
                "strings_to_numbers": False,
            },
        )
        book.set_properties({"title": "Good Scenery 好风光", "comments": number})
        sheet = book.add_worksheet(_("Registrations"))
        bold, text = book.add_format({"bold": True, "bottom": 1}), book.add_format({"num_format": "@"})
        for column, label in enumerate(head):
            sheet.set_column(column, column, max(12, min(40, 2 * len(label) + 8)), text)
            sheet.write_string(0, column, label, bold)
        sheet.freeze_panes(1, 1)
        sheet.set_footer(f"&L{number}&R&P / &N")
        for place, row in enumerate(rows, 1):
            for column, value in enumerate(row):
                sheet.write_string(place, column, value.replace("\0", "")[:32_000], text)
        book.close()
        with open(path, "rb") as file:  # noqa: PTH123 - a plain name in a directory of our own
            while piece := file.read(1 << 16):
                yield piece


def file_of(order: Order, rows: Iterable[Sequence[str]]) -> Iterator[bytes]:
    """The whole file, piece by piece."""
    head = heading(order)
    if order.format is Format.XLSX:
        yield from xlsx_pieces(head, rows, number=order.number)
        return
    encoding = "utf-8" if order.format is Format.CSV else "gb18030"
    yield from csv_lines([head], encoding=encoding)
    yield from csv_lines(rows, encoding=encoding, first=False)


def staff_of(staff_id: int) -> Staff | None:
    """Who ordered it, as he is now."""
    return db.session.scalar(select(Staff).where(Staff.id == staff_id, Staff.is_active))
