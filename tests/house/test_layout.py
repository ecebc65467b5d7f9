"""The rules of the house that a machine can watch; docs/architecture.md says why they are rules."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.db import Model

ROOT = Path(__file__).parent.parent.parent
PACKAGES = [
    "shared",
    "jobs",
    "audit",
    "accounts",
    "messages",
    "work",
    "files",
    "privacy",
    "people",
    "employers",
    "campaigns",
    "questions",
    "registrations",
    "checkin",
    "imports",
    "delegations",
    "badges",
    "printing",
    "arrivals",
    "leads",
    "reports",
    "demo",
]
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))


def sources(*, also: tuple[str, ...] = ()) -> Iterator[Path]:
    """Every Python file of the product."""
    for package in (*PACKAGES, *also):
        yield from sorted((ROOT / package).rglob("*.py"))
    yield from sorted(ROOT.glob("*.py"))


def test_only_one_file_commits() -> None:
    pattern = re.compile(r"\.(commit|rollback)\(\)")
    guilty = [
        str(file.relative_to(ROOT))
        for file in sources()
        if file != ROOT / "shared" / "db.py" and pattern.search(file.read_text())
    ]
    assert guilty == []


def test_nobody_imports_the_application() -> None:
    guilty = []
    for file in sources():
        if file.name in ("app.py", "worker.py"):
            continue
        for node in ast.walk(ast.parse(file.read_text())):
            names = (
                [alias.name for alias in node.names]
                if isinstance(node, ast.Import)
                else [node.module or ""]
                if isinstance(node, ast.ImportFrom)
                else []
            )
            if any(name.split(".")[0] in ("app", "worker") for name in names):
                guilty.append(str(file.relative_to(ROOT)))
    assert guilty == []


def test_every_template_that_a_view_names_exists() -> None:
    missing = []
    for file in sources():
        for node in ast.walk(ast.parse(file.read_text())):
            if (
                isinstance(node, ast.Call)
                and getattr(node.func, "id", getattr(node.func, "attr", "")) == "render_template"
                and node.args
                and isinstance(node.args[0], ast.Constant)
                and not (ROOT / "templates" / str(node.args[0].value)).exists()
            ):
                missing.append(f"{file.relative_to(ROOT)}: {node.args[0].value!r}")
    assert missing == []


def test_every_edge_is_joined_in_the_product() -> None:
    edges = re.compile(r"(.+_)?views|tasks|cli|carried|belongings|own_copy")
    silent = [
        str(file.relative_to(ROOT))
        for package in PACKAGES
        for file in (ROOT / package).glob("*.py")
        if edges.fullmatch(file.stem)
        and not re.search(rf"\b{file.stem}\b", _text_of(ROOT / package / "edges.py"))
    ]
    assert silent == []
    named = {package for package in PACKAGES if "EDGES = " in _text_of(ROOT / package / "edges.py")}
    joined = {
        value.value
        for node in ast.walk(ast.parse(_text_of(ROOT / "app.py")))
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "PACKAGES"
        for value in ast.walk(node.value)
        if isinstance(value, ast.Constant)
    }
    assert joined == named


def _text_of(file: Path) -> str:
    return file.read_text() if file.exists() else ""


def test_no_module_is_called_after_nothing() -> None:
    empty_names = {
        "utils",
        "util",
        "helpers",
        "helper",
        "services",
        "service",
        "managers",
        "manager",
        "misc",
        "common",
    }
    assert [str(f.relative_to(ROOT)) for f in sources() if f.stem in empty_names] == []


def test_every_public_thing_says_what_it_is() -> None:
    silent = []
    for file in sources(also=("launch",)):
        tree = ast.parse(file.read_text())
        if file.stat().st_size and not ast.get_docstring(tree):
            silent.append(str(file.relative_to(ROOT)))
        for node in tree.body:
            if (
                isinstance(node, ast.FunctionDef | ast.ClassDef)
                and not node.name.startswith("_")
                and not ast.get_docstring(node)
            ):
                silent.append(f"{file.relative_to(ROOT)}: {node.name}")
    assert silent == []


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT / "templates")))
def test_no_template_carries_script_or_style_of_its_own(template: Path) -> None:
    if "messages" in template.parts and template.name == "body.html":
        pytest.skip("a mail is no page: it is shown in a sandbox without scripts")
    text = re.sub(r"\{#.*?#\}", "", template.read_text(), flags=re.S)
    assert not re.search(r"<script(?![^>]*\bsrc=)", text), "an inline script"
    assert "<style" not in text
    assert not re.search(r"\sstyle\s*=", text), "a style attribute"
    assert not re.search(r"<[^>]+\son[a-z]+\s*=", text), "an event attribute"


def test_no_page_names_an_outside_host() -> None:
    allowed = re.compile(r"https?://(www\.w3\.org/|localhost|127\.0\.0\.1|example\.)")
    pages = [*TEMPLATES, *(ROOT / "static" / "css").rglob("*.css"), *(ROOT / "static" / "js").glob("*.js")]
    guilty = [
        f"{file.relative_to(ROOT)}: {found.group()}"
        for file in pages
        for found in re.finditer(r"(https?:)?//[a-z0-9-]+\.[a-z]{2,}[^\s\"')]*", file.read_text())
        if found.group().startswith(("http", '"//', "'//")) and not allowed.match(found.group())
    ]
    assert guilty == []


def test_the_glossary_knows_every_table() -> None:
    import app  # noqa: F401 - brings every model

    glossary = (ROOT / "docs" / "glossary.md").read_text()
    unknown = [m.class_.__name__ for m in Model.registry.mappers if f"`{m.class_.__name__}`" not in glossary]
    assert unknown == []


def test_the_packages_keep_their_order() -> None:
    outcome = subprocess.run(
        [Path(sys.executable).parent / "lint-imports", "--no-cache"],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )
    assert outcome.returncode == 0, outcome.stdout
