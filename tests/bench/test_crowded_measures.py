"""What the measures of search, list and export ask about their own results."""

from __future__ import annotations

from bench.measure_export import _lines
from bench.measure_list import _ids
from registrations.exports import csv_lines, xlsx_pieces


def test_an_export_that_lacks_a_line_is_noticed() -> None:
    rows = [["a", "x\ny"], ["b", "c"]]
    assert _lines(b"".join(csv_lines([["1", "2"], *rows], encoding="utf-8"))) == 3
    assert _lines(b"".join(csv_lines([["1", "2"], *rows[:1]], encoding="utf-8"))) == 2


def test_the_rows_of_a_page_are_counted_by_their_registrations() -> None:
    assert _ids('<tr data-row data-id="7" x><tr data-row data-id="7"><tr data-row data-id="8">') == {"7", "8"}


def test_a_workbook_is_counted_by_its_rows(app: object) -> None:
    assert _lines(b"".join(xlsx_pieces(["a"], [["1"], ["2"]], number="GS1"))) == 3
