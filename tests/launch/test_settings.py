"""What the environment may say."""

from __future__ import annotations

from pathlib import Path

import pytest

from config import Settings
from launch.errors import CannotStart
from launch.greeting import greeting
from launch.secret import keep_secret
from launch.settings import from_environment


def test_an_empty_environment_means_this_machine_and_port_8000() -> None:
    settings = from_environment({})
    assert (settings.host, settings.port, settings.demo) == ("127.0.0.1", 8000, True)
    assert settings.data_dir == Path("var").absolute()


@pytest.mark.parametrize("port", ["abc", "0", "65536", "-1", "80.5", "８０００"])
def test_a_port_that_is_none_is_named(port: str) -> None:
    with pytest.raises(CannotStart, match="PORT must be a number from 1 to 65535"):
        from_environment({"PORT": port})


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("0.0.0.0", "http://127.0.0.1:8000"),  # noqa: S104
        ("::", "http://[::1]:8000"),
        ("fe80::1", "http://[fe80::1]:8000"),
        ("gate.example", "http://gate.example:8000"),
    ],
)
def test_the_address_is_one_a_browser_can_open(host: str, address: str) -> None:
    assert from_environment({"HOST": host}).address == address


def test_the_secret_is_made_once_and_only_its_owner_may_read_it(tmp_path: Path) -> None:
    first = keep_secret(tmp_path)
    assert len(first) >= 48
    assert keep_secret(tmp_path) == first
    assert (tmp_path / "secret_key").stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["secret_key"]


@pytest.mark.parametrize(
    ("given", "demo"),
    [
        ({}, True),
        ({"PUBLIC_URL": "http://office.example"}, True),
        ({"PUBLIC_URL": "https://office.example"}, False),
        ({"PUBLIC_URL": "https://office.example", "DEMO": "1"}, True),
        ({"DEMO": "0"}, False),
    ],
)
def test_an_office_behind_https_does_not_open_with_known_passwords_unless_it_says_so(
    given: dict[str, str], demo: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert from_environment(given).demo is demo
    for name in ("DEMO", "PUBLIC_URL"):
        monkeypatch.delenv(name, raising=False)
    for name, value in {**given, "DATABASE_URL": "postgresql:///office", "SECRET_KEY": "s"}.items():
        monkeypatch.setenv(name, value)
    assert Settings.from_environment().demo is demo


def test_the_greeting_says_where_who_and_that_mails_are_kept() -> None:
    text = greeting(from_environment({}), [("gate", "open sesame", "the gate in 太原")], seconds=1)
    for part in ("http://127.0.0.1:8000/", "open sesame", "太原", "SMTP_URL", "Ctrl-C"):
        assert part in text
    assert "SMTP_URL" not in greeting(from_environment({"SMTP_URL": "smtp://mail"}), [], seconds=1)


def test_the_greeting_warns_when_demo_accounts_face_the_network() -> None:
    account = [("gate", "open sesame", "the gate")]
    assert "known passwords" in greeting(from_environment({"HOST": "::"}), account, seconds=1)
    assert "known passwords" not in greeting(from_environment({}), account, seconds=1)
