"""Our own Redis: what it survives."""

from __future__ import annotations

import signal
from contextlib import closing
from pathlib import Path

import pytest
from redis import Redis

from launch.errors import CannotStart
from launch.redis import EmbeddedRedis, redis_program


def client(server: EmbeddedRedis) -> Redis:
    """A connection to ``server``."""
    return Redis.from_url(server.url)


def test_what_was_written_is_there_after_the_server_was_killed(open_dir: Path) -> None:
    with EmbeddedRedis(open_dir / "队 列") as server:
        with closing(client(server)) as redis:
            redis.set("seat", 7)
        assert server.process is not None
        server.process.send_signal(signal.SIGKILL)
        server.process.wait()
        server.start()
        with closing(client(server)) as redis:
            assert redis.get("seat") == b"7"


def test_what_was_written_is_there_after_an_orderly_end(open_dir: Path) -> None:
    with EmbeddedRedis(open_dir / "redis") as server, closing(client(server)) as redis:
        redis.set("seat", 7)
    with EmbeddedRedis(open_dir / "redis") as server, closing(client(server)) as redis:
        assert redis.get("seat") == b"7"


def test_it_listens_on_a_private_socket_and_on_no_port(open_dir: Path) -> None:
    with EmbeddedRedis(open_dir / "redis", durable=False) as server, closing(client(server)) as redis:
        assert redis.config_get("port") == {"port": "0"}
        assert server.socket.parent.stat().st_mode & 0o077 == 0


def test_a_second_start_on_the_same_data_is_refused(open_dir: Path) -> None:
    second = EmbeddedRedis(open_dir / "redis")
    with EmbeddedRedis(open_dir / "redis"), pytest.raises(CannotStart, match="already in use"):
        second.start()


def test_data_it_cannot_read_are_set_aside_and_it_starts_empty(
    open_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (open_dir / "redis").mkdir()
    for name in ("appendonly.aof", "dump.rdb"):
        (open_dir / "redis" / name).write_bytes(b"*3\r\n$3\r\nnot a redis file at all\r\n" * 40)
    (open_dir / "redis" / "appendonlydir").mkdir()
    (open_dir / "redis" / "appendonlydir" / "appendonly.aof.manifest").write_text("nonsense\n")
    with EmbeddedRedis(open_dir / "redis") as server, closing(client(server)) as redis:
        assert redis.dbsize() == 0
    assert list((open_dir / "redis").glob("unreadable-*/appendonly.aof"))
    assert "could not read its data" in capsys.readouterr().out


def test_a_program_that_is_no_redis_is_named(open_dir: Path) -> None:
    with pytest.raises(CannotStart, match="ended at once"):
        EmbeddedRedis(open_dir / "redis", program=Path("/bin/false")).start()


def test_the_program_found_here_is_new_enough() -> None:
    assert redis_program().is_file()
