"""What the front end promises: nothing inline, nothing from outside, every picture there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from accounts.navigation import SECTIONS

ROOT = Path(__file__).parent.parent.parent
TEMPLATES = sorted(
    path for path in (ROOT / "templates").rglob("*.html") if path.relative_to(ROOT).parts[1] != "messages"
)
ICONS = {path.stem for path in (ROOT / "static" / "img" / "icons").glob("*.svg")}
COMMENT = re.compile(r"\{#.*?#\}", re.DOTALL)
FORBIDDEN = {
    "an inline style": re.compile(r"\sstyle\s*="),
    "a style block": re.compile(r"<style\b"),
    "an inline script": re.compile(r"<script(?![^>]*\bsrc=)"),
    "an inline handler": re.compile(r"\son[a-z]+\s*="),
    "an address outside": re.compile(r"""(?:src|href|action)\s*=\s*["'](?:https?:)?//"""),
}


def _source(path: Path) -> str:
    return COMMENT.sub("", path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("what", FORBIDDEN)
def test_no_template_holds_what_the_security_policy_refuses(what: str) -> None:
    found = [str(path.relative_to(ROOT)) for path in TEMPLATES if FORBIDDEN[what].search(_source(path))]
    assert not found, f"{what} in {', '.join(found)}"


def test_every_icon_that_a_page_names_is_there() -> None:
    named = {
        (name, str(path.relative_to(ROOT)))
        for path in TEMPLATES
        for name in re.findall(r"""\bicon\(\s*["']([a-z0-9-]+)["']""", _source(path))
        + re.findall(r"""\bicon_name\s*=\s*["']([a-z0-9-]+)["']""", _source(path))
    } | {(entry.icon, "accounts/navigation.py") for _, entries in SECTIONS for entry in entries}
    assert named
    missing = sorted(f"{name} ({where})" for name, where in named if name not in ICONS)
    assert not missing, "copy these from Tabler's outline icons into static/img/icons: " + ", ".join(missing)


def test_every_form_that_changes_something_carries_the_csrf_field() -> None:
    bare = []
    for path in TEMPLATES:
        for form in re.findall(r"<form\b[^>]*method=\"post\".*?</form>", _source(path), re.DOTALL):
            if not re.search(r"csrf_token|hidden\(\)|hidden_tag", form):
                bare.append(str(path.relative_to(ROOT)))
    assert not bare, f"no csrf field: {', '.join(bare)}"


def test_the_stylesheet_and_the_scripts_load_nothing_from_outside() -> None:
    sources = [
        path
        for folder in ("css", "js", "checkin")
        for path in (ROOT / "static" / folder).rglob("*")
        if path.suffix in {".css", ".js"}
    ]
    assert sources
    found = [
        str(path.relative_to(ROOT))
        for path in sources
        if re.search(r"https?://", path.read_text(encoding="utf-8"))
    ]
    assert not found
