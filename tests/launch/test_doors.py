"""Servers and ports that are not as they should be: one clear sentence each."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator

import pytest

from launch.doors import check_database, check_redis, without_password
from launch.errors import CannotStart
from launch.port import check_port


@pytest.fixture
def taken_port() -> Iterator[int]:
    """A port of this machine on which somebody listens who never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.fixture
def free_port() -> int:
    """A port of this machine on which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
    return port


def sentence(problem: pytest.ExceptionInfo[CannotStart]) -> str:
    """The English sentence, which must be one line."""
    text = problem.value.english
    assert "\n" not in text and text.endswith(".")
    return text


def test_a_database_that_is_not_there_is_named_without_its_password(free_port: int) -> None:
    with pytest.raises(CannotStart) as problem:
        check_database(f"postgresql://gs:hush@127.0.0.1:{free_port}/gs")
    assert "cannot be reached" in sentence(problem) and "hush" not in str(problem.value)
    assert "refused" in sentence(problem)


def test_a_database_of_another_kind_is_refused() -> None:
    with pytest.raises(CannotStart, match="must begin with postgresql://"):
        check_database("sqlite:///gs.db")


@pytest.mark.parametrize("url", ["postgresql://[", "postgresql://h:x/", "postgresql://h/d?nonsense=1"])
def test_a_garbled_address_is_a_sentence_too(url: str) -> None:
    with pytest.raises(CannotStart) as problem:
        check_database(url)
    assert sentence(problem)


def test_a_server_older_than_needed_is_refused_with_both_versions() -> None:
    with pytest.raises(CannotStart) as problem:
        check_database(os.environ["TEST_DATABASE_URL"], oldest=99)
    assert "99 or newer is needed" in sentence(problem)


def test_a_server_that_is_new_enough_is_taken() -> None:
    with check_database(os.environ["TEST_DATABASE_URL"]) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_a_redis_that_is_not_there_or_too_old_is_named(free_port: int) -> None:
    with pytest.raises(CannotStart) as problem:
        check_redis(f"redis://:hush@127.0.0.1:{free_port}/0")
    assert "cannot be reached" in sentence(problem) and "hush" not in str(problem.value)
    with pytest.raises(CannotStart, match=r"99\.0 or newer"):
        check_redis(os.environ["TEST_REDIS_URL"], oldest=(99, 0))
    check_redis(os.environ["TEST_REDIS_URL"])


def test_a_taken_port_is_named_and_another_offered(taken_port: int) -> None:
    with pytest.raises(CannotStart) as problem:
        check_port("127.0.0.1", taken_port)
    assert f"Port {taken_port}" in sentence(problem) and f"PORT={taken_port + 1}" in sentence(problem)


@pytest.mark.parametrize("host", ["no-such-host.invalid", "198.51.100.7", "a" * 300])
def test_a_host_that_is_not_this_machine_is_named(host: str, free_port: int) -> None:
    with pytest.raises(CannotStart) as problem:
        check_port(host, free_port)
    assert "not an address of this machine" in sentence(problem)


def test_a_free_port_is_free(free_port: int) -> None:
    check_port("127.0.0.1", free_port)


def test_a_password_is_not_shown() -> None:
    assert without_password("postgresql://gs:hu@sh@db/x") == "postgresql://gs:…@db/x"
    assert without_password("redis://:hush@cache:6379/0") == "redis://:…@cache:6379/0"
