"""Where sockets and servers may lie."""

from __future__ import annotations

from pathlib import Path

import pytest

from launch.places import LONGEST_SOCKET_PATH, account, account_of, may_enter, socket_directory
from launch.processes import is_alive


def test_a_short_plain_directory_holds_its_own_socket(open_dir: Path) -> None:
    assert socket_directory(open_dir.parent, name="run", longest_file_name=13) == open_dir.parent / "run"


@pytest.mark.parametrize("name", ["风光", "a b", "a,b", "a%b", "x" * 100])
def test_an_awkward_or_long_directory_gets_a_socket_elsewhere_that_fits(open_dir: Path, name: str) -> None:
    beside = open_dir.parent / name
    beside.mkdir()
    found = socket_directory(beside, name="run", longest_file_name=18)
    try:
        assert not found.is_relative_to(beside)
        assert len(f"{found}/".encode()) + 18 <= LONGEST_SOCKET_PATH
        assert found.stat().st_mode & 0o777 == 0o700
        assert socket_directory(beside, name="run", longest_file_name=18) == found
    finally:
        found.rmdir()


def test_a_directory_somebody_else_made_first_is_not_trusted(
    open_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = socket_directory(open_dir, name="run", longest_file_name=13)
    expected.rmdir()
    monkeypatch.setenv("XDG_RUNTIME_DIR", "")
    expected.symlink_to(open_dir)
    try:
        found = socket_directory(open_dir, name="run", longest_file_name=13)
        assert found != expected
        found.rmdir()
    finally:
        expected.unlink()


def test_the_account_root_has_a_name_and_a_made_up_number_has_none() -> None:
    root = account("root")
    assert root is not None and account_of(root.uid) == root
    assert account_of(3_999_999_999) is None
    assert account("no such account") is None


def test_whether_a_directory_may_be_entered_is_asked_of_the_system(open_dir: Path) -> None:
    assert may_enter(open_dir, None)


def test_no_process_has_an_impossible_number() -> None:
    assert not is_alive(2**22 + 1)
