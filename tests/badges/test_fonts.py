"""Which characters a badge can show, and what is said of those it can't."""

from pathlib import Path

import pytest

from badges.fonts import SYSTEM_FONTS, FontsMissing, Typefaces, find_typefaces, tidy

BABELSTONE = SYSTEM_FONTS / "truetype/babelstone/BabelStoneHan.ttf"


@pytest.fixture(scope="module")
def noto_alone() -> Typefaces:
    return find_typefaces(system=Path("/nonexistent"))


@pytest.mark.parametrize("character", "王㛃䶮𬱖鿍𫖯𬭚𰻝𣲘䲤㐂·•é9A（")
def test_noto_sans_sc_alone_shows_the_rare_characters_of_todays_names(
    noto_alone: Typefaces, character: str
) -> None:
    for face in (noto_alone.regular, noto_alone.bold):
        assert face.font_for(character) is face.main


def test_every_character_of_gb_2312_is_shown(noto_alone: Typefaces) -> None:
    """All 6,763 are in the national standard table but a handful; none may print as a box."""
    rows = range(0xB0, 0xF8)
    characters = "".join(
        bytes([row, cell]).decode("gb2312", "ignore") for row in rows for cell in range(0xA1, 0xFF)
    )
    assert len(characters) == 6763
    assert noto_alone.bold.missing(characters) == []


@pytest.mark.skipif(not BABELSTONE.is_file(), reason="LOUD: fonts-babelstone-han is not installed")
def test_a_character_noto_lacks_comes_from_the_next_font_and_is_thickened_among_bold_ones() -> None:
    faces = find_typefaces()
    thin, thick = faces.regular.runs("王𠮷"), faces.bold.runs("王𠮷")
    assert [(run.text, run.thicken) for run in thin] == [("王", False), ("𠮷", False)]
    assert [(run.text, run.thicken) for run in thick] == [("王", False), ("𠮷", True)]
    assert thick[1].font is not None
    assert thick[1].font.fontName == "BabelStoneHan"


def test_a_character_nobody_has_stands_alone_in_its_run(noto_alone: Typefaces) -> None:
    runs = noto_alone.bold.runs("王𠮷\U0002ffff芳")
    assert [run.text for run in runs] == ["王", "𠮷", "\U0002ffff", "芳"]
    assert [run.font is None for run in runs] == [False, True, True, False]
    assert noto_alone.bold.missing("王𠮷芳𠮷") == ["𠮷"]


@pytest.mark.parametrize(
    ("character", "why"),
    [
        ("\ue863", "private use: each font means something else by it"),
        ("\u0628", "Arabic needs shaping and runs from right to left"),
        ("\u0ba4", "Tamil needs shaping"),
        ("\u0301", "a mark on its own would stand beside its letter"),
        ("\U000e0100", "a variant that would be lost"),
    ],
)
def test_what_would_be_drawn_wrongly_is_not_drawn(character: str, why: str) -> None:
    assert find_typefaces().bold.missing(character) == [character], why


def test_the_width_is_the_sum_of_the_advances(noto_alone: Typefaces) -> None:
    assert noto_alone.regular.width("王芳") == pytest.approx(2.0)
    assert noto_alone.regular.width("\U0002ffff") == pytest.approx(1.0)
    assert 0.4 < noto_alone.regular.width("a") < 0.7


def test_missing_fonts_say_how_they_come(tmp_path: Path) -> None:
    with pytest.raises(FontsMissing, match="npm ci"):
        find_typefaces(noto=tmp_path)


@pytest.mark.parametrize(
    ("typed", "drawn"),
    [
        ("  张\u3000三\n", "张 三"),
        ("Jose\u0301", "José"),
        ("王\u200b芳\ufeff", "王芳"),
        ("a\tb", "a b"),
        ("a\x00b", "a b"),
        ("\u202e王芳", "王芳"),
        ("\ufa11", "\ufa11"),
        ("金\uf90a", "金\uf90a"),
        ("𬱖㛃䶮", "𬱖㛃䶮"),
        ("", ""),
    ],
)
def test_a_text_is_tidied_without_exchanging_its_characters(typed: str, drawn: str) -> None:
    assert tidy(typed) == drawn
