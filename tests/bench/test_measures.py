"""The measures against the served product, small; and that their checks see a row that somebody changed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from uuid import UUID

import pytest

from bench import measure_bundle, measure_flash, measure_glance, measure_scan
from bench.gate import hall
from bench.served import Ground, House


@pytest.fixture(scope="module")
def house() -> Iterator[House]:
    """The product as it is served, in a database of its own."""
    with Ground(durable=False) as ground, ground.house(ground.fresh_database()) as house:
        house.tell(f"ALTER SEQUENCE people_id_seq RESTART WITH {measure_flash.FIRST_PERSON}")
        yield house


def test_a_small_scan_is_consistent_until_an_arrival_is_taken_out(house: House) -> None:
    figures = measure_scan.figures_of(
        house, ((2, 12),), kinds=("first", "mixed"), people=30, rounds=1, most_seconds=1
    )
    assert [figure.case for figure in figures] == ["first, 2 connections", "mixed, 2 connections"]
    assert all(figure.errors == 0 and figure.consistent for figure in figures)
    assert all(figure.value > 0 < figure.reference for figure in figures)
    assert figures[0].more["statements"] <= 4

    gate = hall(house, 12, 2)
    tickets = measure_scan.Tickets(gate.tickets)
    planned = [*tickets.scans("first", 12), *tickets.scans("again", 4), *tickets.scans("unknown", 3)]
    samples = measure_scan.scan(house, gate, planned, 2, most_seconds=30)
    assert Counter(sample.outcome for sample in samples) == {
        "let in": 12, "already_checked_in": 4, "unknown_code": 3,
    }  # fmt: skip
    assert measure_scan.is_consistent(house, gate, planned, samples)
    assert not measure_scan.is_consistent(house, gate, planned, samples[:-1])
    house.tell(
        "UPDATE check_ins SET voided_at = now() WHERE registration_id = "
        f"(SELECT min(registration_id) FROM check_ins WHERE stop_id = {gate.stop_id})"
    )
    assert not measure_scan.is_consistent(house, gate, planned, samples)


def test_a_small_list_and_small_batches_are_whole(house: House) -> None:
    figures = measure_bundle.figures_of(house, people=40, turns=2, batches=3, at_once=10)
    assert [figure.case for figure in figures] == ["whole, 40 people", "unchanged, 40 people", "batch of 10"]
    assert all(figure.errors == 0 and figure.consistent for figure in figures)
    gate = hall(house, 3, 1)
    held = {"people": [{"i": ticket.registration_id} for ticket in gate.tickets]}
    assert measure_bundle.list_is_whole(house, gate, held)
    assert not measure_bundle.list_is_whole(house, gate, {"people": held["people"][1:]})
    assert not measure_bundle.batches_are_kept(house, gate, [(UUID(int=1), gate.tickets[0].registration_id)])


@pytest.mark.browser
def test_a_few_codes_are_answered_with_and_without_the_network(house: House) -> None:
    figures = measure_glance.figures_of(house, people=12, scans=3)
    assert [figure.case.split(",")[0] for figure in figures] == ["online", "offline"]
    assert all(figure.consistent and figure.value > 0 < figure.reference for figure in figures)


def test_a_small_flash_is_consistent_until_a_seat_is_given_away(house: House) -> None:
    (figure,) = measure_flash.figures_of(house, connections=4, visits=16, seats=5, rounds=1)
    assert figure.errors == 0
    assert figure.consistent
    assert figure.value > 0 < figure.reference

    stop_id, path = measure_flash.open_stop(house, 3)
    samples = measure_flash.visit(house, path, range(900, 908), 4)
    assert sorted(sample.outcome for sample in samples) == ["confirmed"] * 3 + ["waiting"] * 5
    assert house.wait_until_promises_are_kept()
    assert measure_flash.is_consistent(house, stop_id, 3, samples)
    house.tell(f"UPDATE stops SET capacity = 4 WHERE id = {stop_id}")
    house.tell(
        "UPDATE registrations SET state = 'confirmed', waiting_since = NULL WHERE id = "
        f"(SELECT max(id) FROM registrations WHERE stop_id = {stop_id})"
    )
    assert not measure_flash.is_consistent(house, stop_id, 3, samples)
