"""What is made before the product's first line can run."""

from __future__ import annotations

import json
import os
import runpy
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from launch import bootstrap
from tests.launch.conftest import ROOT

BUILD = """
const fs = require("fs");
fs.mkdirSync("static/dist", { recursive: true });
fs.writeFileSync("static/dist/manifest.json", JSON.stringify({ "app.js": fs.readFileSync("static/app.js", "utf8") }));
"""


@pytest.fixture
def checkout(open_dir: Path) -> Path:
    """A small checkout with a front end of its own that needs nothing from the network."""
    home = open_dir / "检出 目录"
    (home / "launch").mkdir(parents=True)
    (home / "static").mkdir()
    shutil.copy(ROOT / "launch" / "bootstrap.py", home / "launch")
    (home / "requirements.txt").write_text("# nothing\n")
    (home / "tiny").mkdir()
    (home / "tiny" / "package.json").write_text('{"name": "tiny", "version": "1.0.0"}')
    needs = {"dependencies": {"tiny": "file:tiny"}}
    package = {"name": "small", "version": "1.0.0", "scripts": {"build": "node build.cjs"}, **needs}
    (home / "package.json").write_text(json.dumps(package))
    pins = {"": {"name": "small", "version": "1.0.0", **needs}, "tiny": {"version": "1.0.0"}}
    pins["node_modules/tiny"] = {"resolved": "tiny", "link": True}
    lock = {"name": "small", "version": "1.0.0", "lockfileVersion": 3, "requires": True, "packages": pins}
    (home / "package-lock.json").write_text(json.dumps(lock))
    (home / "build.cjs").write_text(BUILD)
    (home / "static" / "app.js").write_text("first")
    return home


def start(checkout: Path, **changes: str) -> subprocess.Popen[str]:
    """`python3 launch/bootstrap.py` in ``checkout``."""
    return subprocess.Popen(
        [sys.executable, "launch/bootstrap.py"],
        cwd=checkout,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, **changes},
    )


def test_two_starts_at_once_make_everything_once_and_later_ones_only_what_changed(checkout: Path) -> None:
    if not shutil.which("npm"):
        pytest.skip("no npm on this machine; the one from PyPI needs the network")
    with start(checkout) as one, start(checkout) as other:
        said = [one.communicate(timeout=100)[0], other.communicate(timeout=100)[0]]
    assert (one.returncode, other.returncode) == (0, 0), said
    assert "".join(said).count("✓ Virtual environment") == 1
    assert "first" in (checkout / "static" / "dist" / "manifest.json").read_text()

    began = time.monotonic()
    with start(checkout) as again:
        assert again.communicate(timeout=20)[0] == ""
    assert time.monotonic() - began < 3

    (checkout / "static" / "app.js").write_text("second")
    with start(checkout) as again:
        said_now = again.communicate(timeout=60)[0]
    assert "Front-end files" in said_now and "Front-end packages" not in said_now
    assert "second" in (checkout / "static" / "dist" / "manifest.json").read_text()


def test_a_python_without_venv_is_told_what_to_install(checkout: Path) -> None:
    (checkout / "without").mkdir()
    (checkout / "without" / "ensurepip.py").write_text("raise ImportError('as Debian has it')\n")
    with start(checkout, PYTHONPATH=str(checkout / "without")) as process:
        said = process.communicate(timeout=20)[0]
    assert process.returncode == 1
    assert said.count("\n") == 1 and "apt install python3-venv" in said


def test_a_python_too_old_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 9, 2))
    with pytest.raises(SystemExit, match=r"Python 3\.11 or newer is needed, this is 3\.9"):
        runpy.run_path(str(ROOT / "launch" / "bootstrap.py"), run_name="__main__")


def test_the_fingerprint_hears_of_contents_and_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bootstrap, "HERE", tmp_path)
    (tmp_path / "a").write_text("1")
    first = bootstrap.fingerprint([tmp_path / "a"])
    (tmp_path / "a").write_text("2")
    second = bootstrap.fingerprint([tmp_path / "a"])
    (tmp_path / "a").rename(tmp_path / "b")
    assert len({first, second, bootstrap.fingerprint([tmp_path / "b"])}) == 3


def test_every_requirement_is_pinned() -> None:
    for file in ("requirements.txt", "requirements-dev.txt"):
        for line in (ROOT / file).read_text().splitlines():
            if line and not line.startswith(("#", "-r ")):
                assert "==" in line, f"{file}: {line}"
