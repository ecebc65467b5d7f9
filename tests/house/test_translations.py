"""Chinese is the first language: every sentence of the pages has it, with the same placeholders."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

ROOT = Path(__file__).parent.parent.parent
CHINESE = ROOT / "translations" / "zh_Hans" / "LC_MESSAGES" / "messages.po"
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]")


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    """What the pages and the code say now, in English."""
    file = tmp_path_factory.mktemp("babel") / "messages.pot"
    subprocess.run(
        [sys.executable, "-m", "babel.messages.frontend", "--quiet", "extract", "-F", "babel.cfg",
         "-k", "lazy_gettext", "-k", "_l", "--no-location", "-o", str(file), "."],
        check=True,
        cwd=ROOT,
    )  # fmt: skip
    with file.open("rb") as pot:
        return read_po(pot)


@pytest.fixture(scope="module")
def chinese() -> Catalog:
    """What stands in Chinese."""
    with CHINESE.open("rb") as po:
        return read_po(po, locale="zh_Hans")


def test_every_sentence_has_its_chinese(said: Catalog, chinese: Catalog) -> None:
    missing = []
    for message in said:
        if not message.id:
            continue
        found = chinese.get(message.id[0] if isinstance(message.id, tuple | list) else message.id)
        strings = found.string if found is not None else ""
        if (
            found is None
            or found.fuzzy
            or not (all(strings) if isinstance(strings, tuple | list) else strings)
        ):
            missing.append(message.id)
    assert missing == []


def test_no_chinese_is_left_over_from_a_sentence_that_is_gone(said: Catalog, chinese: Catalog) -> None:
    gone = [
        message.id
        for message in chinese
        if message.id
        and said.get(message.id[0] if isinstance(message.id, tuple | list) else message.id) is None
    ]
    assert gone == []


def test_the_chinese_fills_in_the_same_values(chinese: Catalog) -> None:
    different = []
    for message in chinese:
        ids = message.id if isinstance(message.id, tuple | list) else (message.id,)
        strings = message.string if isinstance(message.string, tuple | list) else (message.string,)
        for string in strings:
            # Of a plural the Chinese may keep the number of either form.
            if message.id and set(PLACEHOLDER.findall(string or "")) not in [
                set(PLACEHOLDER.findall(i)) for i in ids
            ]:
                different.append((ids[0], string))
    assert different == []
