"""The figures of a stop's arrivals as a file: a workbook of some sheets, or one table of lines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from io import BytesIO

import xlsxwriter
from flask_babel import gettext as _

from arrivals.afterwards import Course, Day
from checkin.models import Verdict
from registrations.exports import Format, csv_lines
from shared.clock import in_china

Cell = str | int
Sheet = tuple[str, list[Sequence[Cell]]]


def sheets_of(day: Day) -> list[Sheet]:
    """(name, lines) of each sheet; the first line holds the headings."""
    total, told = day.course.counted, meanings()
    return [
        (
            _("Figures"),
            [
                (_("What"), _("Figure"), _("What it counts")),
                (_("Expected"), total.expected, told["expected"]),
                (_("Arrived"), total.arrived, told["arrived"]),
                (_("Expected who arrived"), total.came, _("Expected persons with an arrival.")),
                (_("No-shows"), total.awaited, told["awaited"]),
                (_("Not expected"), total.beyond, told["beyond"]),
                (_("Conflicts"), day.trouble.conflicts, told["conflicts"]),
                (_("Scans set aside"), day.trouble.set_aside, told["aside"]),
                (_("Scans decided with the server"), day.asked, ""),
                (_("Scans decided by a device alone"), day.alone, ""),
                *((verdict.label, day.verdicts[verdict], _("Scans")) for verdict in Verdict),
            ],
        ),
        (
            _("Stops"),
            [
                (
                    _("Stop"), _("Day"), _("Expected"), _("Arrived"), _("No-shows"), _("Most in a minute"),
                    _("Most in fifteen minutes"), _("First"), _("Half were in"), _("Last"),
                ),
                *(_stop_line(course) for course in (day.course, *day.earlier)),
            ],
        ),
        (
            _("Minutes"),
            [
                (_("Minute"), _("Arrived"), _("Arrived so far")),
                *_minute_lines(day.course),
            ],
        ),
        (
            _("Classes"),
            [
                (_("Class"), _("Expected"), _("Arrived"), _("No-shows")),
                *(
                    (one.class_label, one.counted.expected, one.counted.arrived, one.counted.awaited)
                    for one in day.figures.classes
                ),
            ],
        ),
        (
            _("Checkpoints"),
            [
                (_("Checkpoint"), _("Rule"), _("Entries"), _("Persons"), _("Refused scans"), _("Last scan")),
                *(
                    (
                        point.name,
                        point.often.label,
                        point.passes.entries,
                        point.passes.persons,
                        point.passes.refused,
                        f"{in_china(point.passes.last_at):%Y-%m-%d %H:%M}" if point.passes.last_at else "",
                    )
                    for point in day.points
                ),
            ],
        ),
        (_("Refused"), [(_("Why"), _("Scans")), *day.refused]),
    ]  # fmt: skip


def meanings() -> dict[str, str]:
    """What each figure counts, in the reader's language; the page and the workbook say the same."""
    return {
        "expected": _("Persons with a confirmed registration of this stop."),
        "arrived": _(
            "Persons with a scan at the entrance that stands; one who was let in twice counts once."
        ),
        "awaited": _("Expected persons without an arrival; no-shows once the stop is over."),
        "beyond": _("Arrived persons whose registration is not confirmed (any more)."),
        "conflicts": _("Scans by which devices let somebody in twice or against the rules."),
        "aside": _("Uploads of devices that were not understood and that nobody has looked at yet."),
        "half": _("The minute by which half of all who arrived were in."),
        "not_measured": _(
            "How long people stood in line is not measured: a scan tells when somebody came in, not since when he waited."
        ),
    }


def _stop_line(course: Course) -> Sequence[Cell]:
    counted = course.counted
    return (
        course.stop.city,
        f"{in_china(course.stop.starts_at):%Y-%m-%d}",
        counted.expected,
        counted.arrived,
        counted.awaited,
        course.peak,
        course.busiest,
        *(
            f"{in_china(at):%Y-%m-%d %H:%M}" if at else ""
            for at in (course.first_at, course.half_in_at, course.last_at)
        ),
    )


def _minute_lines(course: Course) -> Iterator[Sequence[Cell]]:
    so_far = 0
    for at, count in course.minutes:
        so_far += count
        yield (f"{in_china(at):%Y-%m-%d %H:%M}", count, so_far)


def file_of_day(day: Day, format_: Format) -> bytes:
    """The whole file. A CSV holds one sheet beneath the other, with the sheet's name before each line."""
    if format_ is Format.XLSX:
        return _workbook(sheets_of(day))
    lines = ([name, *(str(cell) for cell in line)] for name, sheet in sheets_of(day) for line in sheet)
    return b"".join(csv_lines(lines, encoding="utf-8" if format_ is Format.CSV else "gb18030"))


def _workbook(sheets: Sequence[Sheet]) -> bytes:
    file = BytesIO()
    book = xlsxwriter.Workbook(
        file, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    )
    book.set_properties({"title": "Good Scenery 好风光"})
    bold = book.add_format({"bold": True, "bottom": 1})
    for name, lines in sheets:
        sheet = book.add_worksheet(name[:31])
        for place, line in enumerate(lines):
            for column, cell in enumerate(line):
                if isinstance(cell, int):
                    sheet.write_number(place, column, cell)
                else:
                    sheet.write_string(place, column, cell, None if place else bold)
        for column, cell in enumerate(lines[0]):
            sheet.set_column(column, column, max(12, min(48, 2 * len(str(cell)) + 8)))
        sheet.freeze_panes(1, 0)
    book.close()
    return file.getvalue()
