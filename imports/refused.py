"""The refused rows as a sheet, with the reasons beside, to be corrected and uploaded again."""

from __future__ import annotations

import io

from flask_babel import gettext as _

from imports.models import ImportRow
from imports.read_sheet import BROKEN, FORMULA, LONG, ROUNDED


def refused_sheet(columns: list[str], rows: list[ImportRow]) -> bytes:
    """An XLSX with the sheet's own columns, the row's number and what is wrong; every cell is text."""
    from xlsxwriter import Workbook

    written = io.BytesIO()
    with Workbook(
        written, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    ) as book:
        sheet = book.add_worksheet(str(_("Refused rows")))
        bold = book.add_format({"bold": True})
        wrong = book.add_format({"font_color": "#9c2f2f", "text_wrap": True})
        text = book.add_format({"num_format": "@"})
        for number, name in enumerate([*columns, str(_("What is wrong")), str(_("Row"))]):
            sheet.write_string(0, number, name, bold)
        for line, row in enumerate(rows, start=1):
            for number, cell in enumerate(row.cells or []):
                shown = "" if cell in (BROKEN, FORMULA, ROUNDED, LONG) else cell
                sheet.write_string(line, number, shown, text)
            sheet.write_string(line, len(columns), "\n".join(row.problems), wrong)
            sheet.write_number(line, len(columns) + 1, row.number)
        sheet.freeze_panes(1, 0)
        sheet.set_column(0, max(0, len(columns) - 1), 18)
        sheet.set_column(len(columns), len(columns), 60)
    return written.getvalue()
