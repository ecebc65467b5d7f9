"""A badge as somebody holds it: its name is right, its code scans, nothing sticks out."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields, replace
from datetime import date
from io import BytesIO
from itertools import combinations, pairwise

import pypdfium2
import pytest
import zxingcpp
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from badges.draw import BadgeHolder, DrawReport, MissingGlyph, draw_badges
from badges.fit import POINTS_PER_MM, fit
from badges.fonts import find_typefaces, tidy
from badges.layout import A4_FOUR, A6_CARD, A6_SINGLE, BadgeClass, BadgeLayout, TextPlace
from registrations.ticket_code import TicketBody, sign

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PLACES = {
    part: getattr(A6_CARD, part)
    for part in (
        *("campaign", "stop_line", "name", "name_alone", "latin_name", "unit"),
        *("class_chinese", "class_english"),
    )
}
NAMES = [
    "王芳",
    "张晓明",
    "欧阳若澜",
    "古丽米热·阿布都热依木",
    "𬱖㛃䶮",
    "𬱖㛃",
    "司马𬭚",
    "买买提·吐尔逊",
    "Alexandra-Maria Konstantinopoulou",
]


def code(number: int) -> str:
    return sign(TicketBody(1, 7, number, date(2026, 12, 5)), KEY)


def holder(name: str = "王芳", **changes: object) -> BadgeHolder:
    usual = BadgeHolder(
        full_name=name,
        unit="太原理工大学煤科学与技术教育部重点实验室",
        badge_class=BadgeClass.DOCTOR,
        campaign="2026年山西省人才宣介活动·博士三晋行",
        stop_line="太原 · 2026年12月5日 · 山西大剧院",
        ticket_code=code(1),
    )
    return replace(usual, **changes)  # type: ignore[arg-type]


def drawn(*holders: BadgeHolder, layout: BadgeLayout = A6_SINGLE) -> tuple[DrawReport, pypdfium2.PdfDocument]:
    out = BytesIO()
    report = draw_badges(holders, layout=layout, out=out)
    return report, pypdfium2.PdfDocument(out.getvalue())


def lines(page: pypdfium2.PdfPage) -> list[str]:
    text: str = page.get_textpage().get_text_bounded()
    return text.split("\r\n")


def codes(page: pypdfium2.PdfPage, dpi: int) -> set[str]:
    image = page.render(scale=dpi / 72).to_pil()
    return {found.text for found in zxingcpp.read_barcodes(image.convert("L"))}


@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_copied_and_searched_as_it_was_typed(name: str) -> None:
    report, pdf = drawn(holder(name))
    assert name in lines(pdf[0])
    assert report.missing == []


def test_unit_campaign_stop_latin_name_and_class_stand_on_the_badge() -> None:
    person = holder(latin_name="Wang Fang", badge_class=BadgeClass.EMPLOYER)
    _, pdf = drawn(person)
    assert set(lines(pdf[0])) == {
        *(person.full_name, person.unit, person.campaign, person.stop_line, "Wang Fang"),
        *("用人单位", "Employer"),
    }


@pytest.mark.parametrize("dpi", [100, 150, 300])
@pytest.mark.parametrize("badge_class", [BadgeClass.DOCTOR, BadgeClass.VOLUNTEER])
def test_the_code_on_a_printed_badge_scans(dpi: int, badge_class: BadgeClass) -> None:
    _, pdf = drawn(holder(badge_class=badge_class, ticket_code=code(4711)))
    assert codes(pdf[0], dpi) == {code(4711)}


def test_four_badges_lie_on_a_sheet_in_their_order_and_all_scan() -> None:
    people = [holder(name, ticket_code=code(number)) for number, name in enumerate(NAMES[:6])]
    report, pdf = drawn(*people, layout=A4_FOUR)
    assert (report.badges, report.pages, len(pdf)) == (6, 2, 2)
    assert [codes(page, 150) for page in pdf] == [{code(n) for n in range(4)}, {code(4), code(5)}]
    assert [line for page in pdf for line in lines(page) if line in NAMES] == NAMES[:6]


def test_somebody_without_a_ticket_gets_a_badge_without_a_code() -> None:
    _, pdf = drawn(holder("李记者", badge_class=BadgeClass.MEDIA, ticket_code=None))
    assert "李记者" in lines(pdf[0])
    assert codes(pdf[0], 150) == set()


def test_a_character_no_font_has_is_a_box_with_its_number_and_is_reported() -> None:
    report, pdf = drawn(holder(), holder("李\U0002ffff", unit="山西\ue863大学"))
    assert report.missing == [
        MissingGlyph(2, "李\U0002ffff", "full_name", "\U0002ffff"),
        MissingGlyph(2, "李\U0002ffff", "unit", "\ue863"),
    ]
    shown = pdf[1].render(scale=4).to_pil().convert("L")
    blank = drawn(holder("李", unit="山西大学"))[1][0].render(scale=4).to_pil().convert("L")
    name = tuple(int(4 * POINTS_PER_MM * edge) for edge in (8, 148 - 97, 97, 148 - 66.5))
    dark, less_dark = (sum(picture.crop(name).histogram()[:100]) for picture in (shown, blank))
    assert dark > less_dark * 1.1


def test_a_badge_has_no_room_for_what_must_not_be_printed() -> None:
    assert {field.name for field in fields(BadgeHolder)} == {
        *("full_name", "unit", "badge_class", "campaign", "stop_line", "ticket_code", "latin_name")
    }


def test_an_endless_text_is_cut_and_reported_and_covers_nothing() -> None:
    report, pdf = drawn(
        holder("王" * 500, unit="太原理工大学" * 100, latin_name="Wang " * 100, campaign="山西" * 500)
    )
    assert {shortened.part for shortened in report.shortened} == {
        *("full_name", "unit", "latin_name", "campaign")
    }
    assert codes(pdf[0], 150) == {code(1)}


def test_markup_is_printed_as_it_was_typed() -> None:
    name = '<b>&amp;</b> (a) \\ %s <img src="x">'
    _, pdf = drawn(holder(name))
    assert name in lines(pdf[0])


def test_the_same_badges_give_the_same_file() -> None:
    first, second = BytesIO(), BytesIO()
    for out in (first, second):
        draw_badges([holder(name) for name in NAMES], layout=A4_FOUR, out=out)
    assert first.getvalue() == second.getvalue()


def test_several_may_be_drawn_at_once() -> None:
    def one(turn: int) -> bytes:
        out = BytesIO()
        draw_badges([holder(name, ticket_code=code(turn)) for name in NAMES * 3], out=out)
        return out.getvalue()

    alone = [one(turn) for turn in range(4)]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(one, range(4))) == alone


def test_pages_leave_while_further_holders_are_still_awaited() -> None:
    out = BytesIO()
    written: list[int] = []

    def people() -> Iterator[BadgeHolder]:
        for number in range(6):
            written.append(out.tell())
            yield holder(ticket_code=code(number))

    draw_badges(people(), out=out)
    gained = [after - before for before, after in pairwise(written)]
    assert all(gain > 500 for gain in gained), gained


def test_progress_is_told_every_fifty_badges_and_at_the_end() -> None:
    told: list[int] = []
    draw_badges((holder() for _ in range(120)), out=BytesIO(), progress=told.append)
    assert told == [50, 100, 120]


def test_what_progress_raises_stops_the_drawing() -> None:
    class Stopped(Exception):
        pass

    asked = 0

    def people() -> Iterator[BadgeHolder]:
        nonlocal asked
        while True:
            asked += 1
            yield holder()

    def stop(done: int) -> None:
        raise Stopped

    with pytest.raises(Stopped):
        draw_badges(people(), out=BytesIO(), progress=stop)
    assert asked == 50


def test_nobody_gives_one_empty_page() -> None:
    report, pdf = drawn()
    assert (report.badges, report.pages, len(pdf)) == (0, 1, 1)


def test_a_code_that_is_no_ticket_code_is_refused() -> None:
    with pytest.raises(ValueError, match="do not fit"):
        drawn(holder(ticket_code="A" * 200))


def within(place: TextPlace, text: str) -> None:
    faces = find_typefaces()
    face = faces.bold if place.bold else faces.regular
    fitted = fit(text, place, face)
    assert place.smallest <= fitted.size <= place.largest
    assert 1 <= len(fitted.lines) <= place.lines
    for line in fitted.lines:
        width = (face.width(line) + fitted.spread * (len(line) - 1)) * fitted.size
        assert width <= place.box.width * POINTS_PER_MM + 0.01, (fitted, line)
    height = (1 + (len(fitted.lines) - 1) * place.leading) * fitted.size
    assert height <= place.box.height * POINTS_PER_MM + 0.01, fitted
    together = "".join("".join(fitted.lines).split())
    if fitted.is_whole:
        assert together == "".join(text.split())
    else:
        assert together.endswith("…")


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(sorted(PLACES)),
    st.one_of(
        st.text("王李芳晓明欧阳古丽热依木𬱖㛃", min_size=1, max_size=60),
        st.text("王李Ww .·-（）《》，iñ1", min_size=1, max_size=120),
        st.text(min_size=1, max_size=40),
        st.text("ab ", min_size=1, max_size=500),
    ),
)
def test_no_text_leaves_its_place(part: str, text: str) -> None:
    if tidy(text):
        within(PLACES[part], tidy(text))


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("王芳", ("王芳",)),
        ("欧阳若澜", ("欧阳若澜",)),
        ("古丽米热·阿布都热依木", ("古丽米热·", "阿布都热依木")),
        ("阿不都热合曼·艾尼瓦尔", ("阿不都热合曼·", "艾尼瓦尔")),
        ("Maria Konstantinopoulou", ("Maria", "Konstantinopoulou")),
    ],
)
def test_a_name_breaks_where_its_bearer_would_break_it(name: str, shown: tuple[str, ...]) -> None:
    fitted = fit(name, A6_CARD.name_alone, find_typefaces().bold)
    assert fitted.lines == shown


def test_a_name_of_two_to_four_characters_is_huge_and_a_shorter_one_is_spread_wider() -> None:
    two, three, four = (
        fit(name, A6_CARD.name_alone, find_typefaces().bold) for name in ("王芳", "张晓明", "欧阳若澜")
    )
    assert two.size >= three.size >= four.size >= 55
    assert two.spread > three.spread > four.spread > 0


def test_a_line_does_not_begin_with_a_closing_sign() -> None:
    unit = "太原理工大学（煤科学与技术教育部重点实验室），山西省太原市万柏林区迎泽西大街"
    for line in fit(unit, A6_CARD.unit, find_typefaces().regular).lines:
        assert line[0] not in "），·"
        assert line[-1] not in "（"


@pytest.mark.parametrize("name", [*NAMES, "王" * 40, "W" * 60, "a b " * 40, "·" * 50])
def test_nothing_drawn_leaves_its_place_on_the_page(name: str) -> None:
    """Every glyph's own rectangle, as PDFium sees it, is on the card and clear of the code."""
    _, pdf = drawn(holder(name, latin_name=name, unit=name * 3, campaign=name * 2, stop_line=name))
    text = pdf[0].get_textpage()
    boxes = [
        text.get_charbox(number)
        for number in range(text.count_chars())
        if text.get_text_range(number, 1).strip()
    ]
    assert boxes
    ground = A6_CARD.code_ground
    for left, bottom, right, top in boxes:
        assert left >= 5 * POINTS_PER_MM
        assert right <= 100 * POINTS_PER_MM
        assert bottom >= 5 * POINTS_PER_MM
        assert top <= 143 * POINTS_PER_MM
        assert right <= ground.x * POINTS_PER_MM or bottom >= ground.top * POINTS_PER_MM


def test_pictures_of_all_classes_differ_in_colour() -> None:
    _, pdf = drawn(*(holder(badge_class=badge_class) for badge_class in BadgeClass))
    corner = (int(7 * POINTS_PER_MM), int((148 - 7) * POINTS_PER_MM))
    seen = [page.render().to_pil().convert("RGB").getpixel(corner) for page in pdf]
    for one, other in combinations(seen, 2):
        assert one != other
