"""What the measures of search, list and export ask about their own results."""

from __future__ import annotations

from bench.measure_export import _lines
from bench.measure_list import _ids
from bench.plans import differences, kept_plans, kind_of, reached_by
from registrations.exports import csv_lines, xlsx_pieces


def test_an_export_that_lacks_a_line_is_noticed() -> None:
    rows = [["a", "x\ny"], ["b", "c"]]
    assert _lines(b"".join(csv_lines([["1", "2"], *rows], encoding="utf-8"))) == 3
    assert _lines(b"".join(csv_lines([["1", "2"], *rows[:1]], encoding="utf-8"))) == 2


def test_the_rows_of_a_page_are_counted_by_their_registrations() -> None:
    assert _ids('<tr data-row data-id="7" x><tr data-row data-id="7"><tr data-row data-id="8">') == {"7", "8"}


def test_a_workbook_is_counted_by_its_rows(app: object) -> None:
    assert _lines(b"".join(xlsx_pieces(["a"], [["1"], ["2"]], number="GS1"))) == 3


def test_a_plan_that_leaves_its_index_is_noticed_at_any_size() -> None:
    scan = {"Node Type": "Bitmap Index Scan", "Index Name": "ix_people_search_keys"}
    heap = {"Node Type": "Bitmap Heap Scan", "Relation Name": "people", "Plans": [scan]}
    stops = {"Node Type": "Seq Scan", "Relation Name": "stops"}
    plan = {"Node Type": "Nested Loop", "Plans": [heap, stops]}
    assert list(reached_by(plan)) == ["people by ix_people_search_keys"]
    whole = {"Node Type": "Limit", "Plans": [{"Node Type": "Seq Scan", "Relation Name": "registrations"}]}
    assert list(reached_by(whole)) == ["all of registrations"]
    kept = {"SELECT … FROM people": ["people by ix_people_search_keys"]}
    assert differences(kept, kept) == []
    assert differences(kept, {"SELECT … FROM people": ["people by pk_people"]})
    assert differences(kept, {"SELECT … FROM registrations": ["all of registrations"]})
    assert not [way for ways in kept_plans().values() for way in ways if way.startswith("all of")]


def test_a_statement_is_one_kind_whomever_it_looks_for() -> None:
    one, other = (
        f"SELECT a,\n b FROM people WHERE keys && ARRAY[{keys}] AND id IN (%(a_1)s::INTEGER, %(a_2)s::INTEGER) LIMIT %(p)s"
        for keys in ("-5, 7", "8")
    )
    assert (
        kind_of(one) == kind_of(other) == "SELECT … FROM people WHERE keys && ARRAY[…] AND id IN (…) LIMIT ?"
    )
