"""Read an uploaded list: CSV in the encodings of this part of the world, or XLSX; every cell as text without loss."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from dataclasses import dataclass
from datetime import date, datetime, time

from flask_babel import gettext as _

from imports.errors import NotASheet

MOST_ROWS = 50_000
MOST_COLUMNS = 100
LONGEST_CELL = 1_000
MOST_UNPACKED = 200 * 1024 * 1024
LARGEST_EXACT = 10**15
"""Beyond it a number cell of a spreadsheet no longer holds every digit."""

BROKEN, FORMULA, ROUNDED, LONG = "\x01", "\x02", "\x03", "\x04"
"""What stands in a cell that cannot be taken as it is; ``complaint`` says it in words."""

UNTAKEN = frozenset({BROKEN, FORMULA, ROUNDED, LONG})

FORMULA_CELL = re.compile(rb'<c r="([A-Z]{1,3})(\d+)"[^>]*>\s*<f[ >/]')
TEXT_AS_FORMULA = re.compile(r'="(.*)"')
_HEADS = (
    "姓名",
    "手机",
    "電話",
    "手機",
    "邮箱",
    "郵箱",
    "电话",
    "學校",
    "学校",
    "單位",
    "单位",
    "大學",
    "大学",
)


@dataclass(frozen=True)
class Sheet:
    """The columns' names, and the rows with the line of the file each stands in (the first line is 1)."""

    columns: list[str]
    rows: list[tuple[int, list[str]]]
    read_as: str


def complaint(cell: str) -> str | None:
    """What is wrong with a cell as such, in a sentence; None when nothing is."""
    if cell not in UNTAKEN:
        return None
    sentences = {
        FORMULA: _("a formula, not a value. Copy the column and paste it as values."),
        ROUNDED: _(
            "a number so long that the spreadsheet has rounded it. Format the column as text and type it again."
        ),
        LONG: _("more than %(number)s characters.", number=LONGEST_CELL),
        BROKEN: _("signs that cannot be read or stored."),
    }
    return str(sentences[cell])


def read_sheet(content: bytes, file_name: str) -> Sheet:
    """Read a CSV or XLSX file by what is in it, whatever it is called. Raises NotASheet with a sentence."""
    if not content.strip():
        raise NotASheet(_("The file is empty."))
    if content[:4] == b"PK\x03\x04":
        rows, read_as = _read_xlsx(content), "XLSX"
    elif content[:8] == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1":
        raise NotASheet(
            _("This is a file of an old Excel (.xls) or one with a password. Save it as .xlsx or CSV.")
        )
    elif content[:5] in (b"%PDF-",) or content[:3] == b"\xff\xd8\xff" or content[:4] == b"\x89PNG":
        raise NotASheet(_("“%(name)s” is a document or a picture, not a list.", name=file_name[:80]))
    else:
        text, read_as = _decoded(content)
        rows = _read_csv(text)
    filled = [(number, row) for number, row in rows if any(cell.strip() for cell in row)]
    if not filled:
        raise NotASheet(_("There is nothing in the file."))
    columns = [cell.strip() for cell in filled[0][1]]
    while columns and not columns[-1]:
        columns.pop()
    if len(filled) < 2:
        raise NotASheet(
            _("There is only one line in the file: the names of the columns, and nobody beneath.")
        )
    if len(columns) > MOST_COLUMNS or any(len(name) > 200 for name in columns):
        raise NotASheet(_("The first line does not look like the names of columns."))
    if len(filled) - 1 > MOST_ROWS:
        raise NotASheet(
            _(
                "The file has more than %(most)s rows. Cut it in several and import one after the other.",
                most=MOST_ROWS,
            )
        )
    width = len(columns)
    return Sheet(columns, [(n, (row + [""] * width)[:width]) for n, row in filled[1:]], read_as)


def _decoded(content: bytes) -> tuple[str, str]:
    if content.startswith(b"\xef\xbb\xbf"):
        return content[3:].decode("utf-8", "replace"), "UTF-8"
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", "replace"), "UTF-16"
    head = content[:4000]
    if head and (head[1::2].count(0) > len(head) // 8 or head[0::2].count(0) > len(head) // 8):
        little = head[1::2].count(0) >= head[0::2].count(0)
        return content.decode("utf-16-le" if little else "utf-16-be", "replace"), "UTF-16"
    try:
        return content.decode("utf-8"), "UTF-8"
    except UnicodeDecodeError:
        loose = content.decode("utf-8", "replace")
    # A few broken places in what is UTF-8 for the rest: those cells are named, the others are read.
    sound = sum(1 for sign in loose if ord(sign) > 0x7F and sign != "\ufffd")
    if sound > 20 * loose.count("\ufffd"):
        return loose, "UTF-8"
    candidates = [("gb18030", "GB18030", 0xB0, 0xD7), ("big5", "Big5", 0xA4, 0xC6)]
    scored = []
    for codec, label, first, last in candidates:
        text = content.decode(codec, "replace")
        common = _share_of_common(content, first, last)
        heads = sum(word in text[:500] for word in _HEADS)
        scored.append((heads, -text.count("\ufffd"), common, label, text))
    _heads, _broken, _common, label, text = max(scored, key=lambda one: one[:3])
    return text, label


def _share_of_common(content: bytes, first: int, last: int) -> float:
    """How many of the double bytes begin like a frequent character of the encoding."""
    double = common = position = 0
    sample = content[:20_000]
    while position < len(sample) - 1:
        if sample[position] < 0x80:
            position += 1
            continue
        double += 1
        common += first <= sample[position] <= last
        position += 2
    return common / double if double else 0.0


def _read_csv(text: str) -> list[tuple[int, list[str]]]:
    csv.field_size_limit(20_000_000)
    first_line = text.lstrip("\r\n").split("\n", 1)[0]
    separator = max(",\t;，|", key=first_line.count)
    rows: list[tuple[int, list[str]]] = []
    # NUL is no sign of a text: the reader would stop at it, and PostgreSQL would refuse it.
    reader = csv.reader(io.StringIO(text.replace("\0", BROKEN), newline=""), delimiter=separator)
    before = 0
    try:
        for row in reader:
            rows.append((before + 1, [_as_text(cell) for cell in row]))
            before = reader.line_num
            if len(rows) > MOST_ROWS + 1:
                break
    except csv.Error:
        raise NotASheet(
            _(
                "Line %(line)s cannot be read: a quotation mark is opened and not closed, it seems.",
                line=before + 1,
            )
        ) from None
    return rows


def _as_text(cell: str) -> str:
    if len(cell) > LONGEST_CELL:
        return LONG
    if wrapped := TEXT_AS_FORMULA.fullmatch(cell.strip()):
        return wrapped[1]  # ="00123": how spreadsheets are told to keep zeros
    stripped = cell.strip()
    if stripped[:1] == "=" and len(stripped) > 1:
        return FORMULA
    if "\ufffd" in cell or BROKEN in cell or any(0xD800 <= ord(sign) <= 0xDFFF for sign in cell):
        return BROKEN
    return stripped


def _read_xlsx(content: bytes) -> list[tuple[int, list[str]]]:
    from python_calamine import CalamineWorkbook

    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            if sum(part.file_size for part in packed.infolist()) > MOST_UNPACKED:
                raise NotASheet(_("Unpacked, this file is far too large for a list of people."))
            names = sorted(
                name for name in packed.namelist() if re.fullmatch(r"xl/worksheets/sheet\d+\.xml", name)
            )
            formulas = {
                (int(row), _column_number(column.decode()))
                for column, row in FORMULA_CELL.findall(packed.read(names[0]) if names else b"")
            }
        book = CalamineWorkbook.from_filelike(io.BytesIO(content))
        sheet = book.get_sheet_by_index(0)
        first_row = (sheet.start or (0, 0))[0]
        first_column = (sheet.start or (0, 0))[1]
        table = sheet.to_python(skip_empty_area=True)
    except NotASheet:
        raise
    except Exception:
        raise NotASheet from None  # the libraries raise what they like at a file that is none
    rows = []
    for index, values in enumerate(table):
        number = first_row + index + 1
        rows.append(
            (
                number,
                [
                    FORMULA if (number, first_column + column + 1) in formulas else _value_as_text(value)
                    for column, value in enumerate(values)
                ],
            )
        )
    return rows


def _column_number(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number


def _value_as_text(value: object) -> str:
    """A cell's value as somebody would have typed it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, int | float):
        if abs(value) >= LARGEST_EXACT:
            return ROUNDED
        return str(int(value)) if value == int(value) else repr(value)
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(" ", "minutes")
    if isinstance(value, date | time):
        return value.isoformat()
    return _as_text(str(value).replace("\0", BROKEN))
