"""Sheets as they come: every encoding of this part of the world, every digit kept, and a sentence for the rest."""

from __future__ import annotations

import io
from datetime import date
from typing import Any

import pytest
from flask import Flask

from imports.errors import NotASheet
from imports.read_sheet import BROKEN, FORMULA, LONG, ROUNDED, complaint, read_sheet

SIMPLE = "姓名,手机号码,毕业院校\n李文博,13800001111,太原理工大学\n欧阳·娜娜,+44 7700 900123,爱丁堡大学\n"
TRADITIONAL = "姓名,手機,學校\n陳國華,13800001111,臺灣大學\n"


def xlsx(rows: list[list[Any]]) -> bytes:
    """A workbook as Excel would save it."""
    from openpyxl import Workbook

    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for row in rows:
        sheet.append(row)
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


@pytest.mark.usefixtures("app")
@pytest.mark.parametrize(
    ("content", "read_as"),
    [
        (SIMPLE.encode(), "UTF-8"),
        (SIMPLE.encode("utf-8-sig"), "UTF-8"),
        (SIMPLE.encode("gb18030"), "GB18030"),
        (SIMPLE.encode("utf-16"), "UTF-16"),
        (SIMPLE.encode("utf-16-le"), "UTF-16"),
        (SIMPLE.replace(",", ";").encode("gbk"), "GB18030"),
        (SIMPLE.replace(",", "\t").replace("\n", "\r\n").encode(), "UTF-8"),
    ],
)
def test_csv_is_read_in_its_encoding(content: bytes, read_as: str) -> None:
    sheet = read_sheet(content, "名单.csv")
    assert sheet.read_as == read_as
    assert sheet.columns == ["姓名", "手机号码", "毕业院校"]
    assert sheet.rows == [
        (2, ["李文博", "13800001111", "太原理工大学"]),
        (3, ["欧阳·娜娜", "+44 7700 900123", "爱丁堡大学"]),
    ]


@pytest.mark.usefixtures("app")
def test_big5_is_told_from_gbk() -> None:
    sheet = read_sheet(TRADITIONAL.encode("big5"), "名單.csv")
    assert sheet.read_as == "Big5"
    assert sheet.rows[0][1] == ["陳國華", "13800001111", "臺灣大學"]
    assert read_sheet(TRADITIONAL.encode("gbk"), "名單.csv").rows[0][1][0] == "陳國華"


@pytest.mark.usefixtures("app")
def test_cells_keep_every_digit_or_say_that_they_lost_one() -> None:
    content = xlsx(
        [
            ["姓名", "手机", "学号", "证件", "日期", "公式", "比例"],
            ["李文博", 13800001111, "00123", 140105199001010010, date(2026, 5, 28), "=1+1", 0.5],
        ]
    )
    (line, cells), *_none = read_sheet(content, "x.xlsx").rows
    assert line == 2
    assert cells == ["李文博", "13800001111", "00123", ROUNDED, "2026-05-28", FORMULA, "0.5"]
    csv = 'a,b,c,d,e\n="00123",=cmd|calc,"x\0y",' + "长" * 1_000_000 + ",-5\n"
    ((_line, cells),) = read_sheet(csv.encode(), "x.csv").rows
    assert cells == ["00123", FORMULA, BROKEN, LONG, "-5"]
    assert all(complaint(cell) for cell in (ROUNDED, FORMULA, BROKEN, LONG))
    assert complaint("李文博") is None


@pytest.mark.usefixtures("app")
def test_a_broken_place_spoils_its_cell_only() -> None:
    content = (SIMPLE * 3).encode().replace("爱丁堡".encode(), b"\xed\xa0\x80\xff", 1)
    sheet = read_sheet(content, "x.csv")
    assert sheet.read_as == "UTF-8"
    assert [cells[2] for _line, cells in sheet.rows[:2]] == ["太原理工大学", BROKEN]


@pytest.mark.usefixtures("app")
@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"  \n \n",
        "姓名,手机\n".encode(),
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1....",
        b"PK\x03\x04 not really",
        b"%PDF-1.7 ...",
        b'a,b\n"never closed,1\n' + b"x" * 21_000_000,
        ("a,b\n" + "1,2\n" * 50_001).encode(),
    ],
    ids=["empty", "blank", "heads only", "xls", "no zip", "pdf", "quote", "too many"],
)
def test_what_is_no_list_is_refused_with_a_sentence(content: bytes) -> None:
    with pytest.raises(NotASheet) as refusal:
        read_sheet(content, "x.csv")
    assert len(refusal.value.message) > 10 or refusal.value.message == "文件是空的。"


def test_lines_are_counted_as_the_file_counts_them(app: Flask) -> None:
    sheet = read_sheet('姓名,备注\n\n李文博,"两\n行"\n王思远,好\n'.encode(), "x.csv")
    assert [line for line, _cells in sheet.rows] == [3, 5]
