"""Nothing on a badge stands on something else or off the card, and what is on it can be read."""

from itertools import combinations

import pytest

from badges.layout import CLASS_BANDS, LAYOUTS, WHITE, BadgeClass, BadgeLayout, Box

EACH_LAYOUT = pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)


@EACH_LAYOUT
def test_every_place_is_on_the_card_and_clear_of_what_a_printer_cannot_reach(layout: BadgeLayout) -> None:
    card = layout.card
    printable = Box(5, 5, card.width - 10, card.height - 10)
    for place in (card.campaign, card.stop_line, card.name, card.name_alone, card.latin_name, card.unit):
        assert printable.holds(place.box), place
    assert printable.holds(card.scenery)
    assert printable.holds(card.band)
    for place in (card.class_chinese, card.class_english):
        assert card.band.holds(place.box), place
    for place in (card.campaign, card.stop_line):
        assert card.scenery.holds(place.box), place


@EACH_LAYOUT
def test_no_two_places_touch(layout: BadgeLayout) -> None:
    card = layout.card
    always = [card.campaign, card.stop_line, card.unit, card.class_chinese, card.class_english]
    for names in ([card.name_alone], [card.name, card.latin_name]):
        boxes = [place.box for place in always + names] + [card.code_ground]
        for one, other in combinations(boxes, 2):
            assert not one.touches(other), (one, other)
        for box in boxes[2:3] + [place.box for place in names]:
            assert not box.touches(card.band)
            assert not box.touches(card.scenery)


@EACH_LAYOUT
def test_the_code_is_25_mm_or_more_with_its_quiet_zone_around_it(layout: BadgeLayout) -> None:
    code, ground = layout.card.code, layout.card.code_ground
    assert code.width == code.height >= 25
    quiet = 4 * code.width / 37
    assert ground.holds(Box(code.x - quiet, code.y - quiet, code.width + 2 * quiet, code.height + 2 * quiet))


@EACH_LAYOUT
def test_the_cards_lie_on_the_paper_side_by_side_and_no_mark_crosses_their_print(layout: BadgeLayout) -> None:
    card = layout.card
    places = [Box(x, y, card.width, card.height) for x, y in layout.corners]
    for place in places:
        assert Box(0, 0, layout.width, layout.height).holds(place)
    for one, other in combinations(places, 2):
        assert not one.touches(other)
    for x1, y1, x2, y2 in layout.cuts:
        mark = Box(min(x1, x2) - 0.1, min(y1, y2) - 0.1, abs(x1 - x2) + 0.2, abs(y1 - y2) + 0.2)
        for x, y in layout.corners:
            assert not mark.touches(Box(x + 5, y + 5, card.width - 10, card.height - 10))


@pytest.mark.parametrize("badge_class", BadgeClass)
def test_white_letters_on_a_band_can_be_read(badge_class: BadgeClass) -> None:
    band = CLASS_BANDS[badge_class]
    assert (WHITE.luminance + 0.05) / (band.colour.luminance + 0.05) >= 4.5


def test_no_two_classes_share_a_colour_or_a_word() -> None:
    assert set(CLASS_BANDS) == set(BadgeClass)
    assert len({band.colour for band in CLASS_BANDS.values()}) == len(BadgeClass)
    assert len({band.chinese for band in CLASS_BANDS.values()}) == len(BadgeClass)
