"""The embedded PostgreSQL, with real servers in folders of their own."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from config.embedded import programs
from config.embedded.cluster import DATABASE, PORT, ROLE
from config.embedded.errors import EmbeddedDatabaseError
from config.embedded.server import Server, get_server

PROJECT = Path(__file__).parents[2]
JOIN = """
import sys
from pathlib import Path
from config.embedded.server import get_server
get_server(Path(sys.argv[1]), durable=False).ensure_running()
print("joined", flush=True)
sys.stdin.read()
"""


@pytest.fixture(scope="module")
def made_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cluster that was used and stopped, for tests to copy."""
    root = tmp_path_factory.mktemp("made") / "postgres"
    server = Server(root, durable=False)
    server.ensure_running()
    server.leave()
    return root


@pytest.fixture
def root(tmp_path: Path, made_once: Path) -> Iterator[Path]:
    """A folder with a cluster; whatever runs in it is ended afterwards."""
    root = tmp_path / "postgres"
    copy_cluster(made_once, root)
    yield root
    get_server.cache_clear()
    if pid := read_postmaster(root):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGQUIT)


def copy_cluster(source: Path, target: Path) -> None:
    subprocess.run(["/bin/cp", "-a", str(source), str(target)], check=True)


def read_postmaster(root: Path) -> int | None:
    with contextlib.suppress(FileNotFoundError):
        return int((root / "data" / "postmaster.pid").read_text().split()[0])
    return None


def ask(server: Server, question: str) -> object:
    with psycopg.connect(
        host=str(server.ensure_running()), port=PORT, user=ROLE, dbname=DATABASE, autocommit=True
    ) as connection:
        cursor = connection.execute(question.encode())
        row = cursor.fetchone() if cursor.description else None
        return row[0] if row else None


@contextlib.contextmanager
def another_process(root: Path) -> Iterator[subprocess.Popen[str]]:
    """A process that uses the server of `root` until its standard input closes."""
    process = subprocess.Popen(
        [sys.executable, "-c", JOIN, str(root)],
        cwd=PROJECT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stdout
        assert process.stdout.readline() == "joined\n"
        yield process


def wait_until_gone(pid: int) -> None:
    deadline = time.monotonic() + 60
    while psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() < deadline, f"{pid} did not end"
        time.sleep(0.02)


def test_application_owns_its_database_and_is_no_superuser(root: Path) -> None:
    server = Server(root)
    assert ask(server, "SELECT rolsuper FROM pg_roles WHERE rolname = current_user") is False
    owner = "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = current_database()"
    assert ask(server, owner) == ROLE
    ask(server, "CREATE EXTENSION IF NOT EXISTS vector")
    assert ask(server, "SELECT '[1,2]'::vector <-> '[1,2]'") == 0
    assert ask(server, "SHOW listen_addresses") == ""
    assert ask(server, "SHOW fsync") == "on"
    server.leave()


def test_a_database_made_by_the_application_has_the_extension(root: Path) -> None:
    server = Server(root, durable=False)
    ask(server, "CREATE DATABASE test_allhours")
    with psycopg.connect(
        host=str(server.ensure_running()), port=PORT, user=ROLE, dbname="test_allhours"
    ) as connection:
        assert connection.execute("SELECT '[1]'::vector::text").fetchone() == ("[1]",)
    assert ask(server, "SHOW fsync") == "off"
    server.leave()


def test_nothing_is_opened_for_other_accounts(root: Path) -> None:
    server = Server(root, durable=False)
    ask(server, "SELECT 1")
    assert (root / "data").stat().st_mode & 0o077 == 0
    server.leave()


def test_a_closed_folder_above_stays_closed(tmp_path: Path, made_once: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    copy_cluster(made_once, closed / "postgres")
    server = Server(closed / "postgres", durable=False)
    assert ask(server, "SELECT 1") == 1
    server.leave()
    assert closed.stat().st_mode & 0o777 == 0o700


def test_the_last_user_stops_the_server(root: Path) -> None:
    with another_process(root) as first:
        postmaster = read_postmaster(root)
        assert postmaster
        with another_process(root):
            first.communicate()
            assert psutil.pid_exists(postmaster)
        wait_until_gone(postmaster)


def test_a_killed_process_leaves_a_server_that_the_next_one_finds(root: Path) -> None:
    with another_process(root) as process:
        process.kill()
    left = read_postmaster(root)
    assert left
    server = Server(root, durable=False)
    assert ask(server, "SELECT 1") == 1
    assert read_postmaster(root) == left
    server.leave()
    wait_until_gone(left)


def test_a_left_server_can_be_stopped_but_not_one_in_use(root: Path) -> None:
    with another_process(root) as process:
        assert not Server(root).stop_unused()
        process.kill()
    left = read_postmaster(root)
    assert left
    assert Server(root).stop_unused()
    wait_until_gone(left)


def test_a_killed_server_is_started_again_with_its_data(root: Path) -> None:
    server = Server(root)
    ask(server, "CREATE TABLE kept AS SELECT 42 AS answer")
    postmaster = read_postmaster(root)
    assert postmaster
    os.kill(postmaster, signal.SIGKILL)
    wait_until_gone(postmaster)
    server.doubt()
    assert ask(server, "SELECT answer FROM kept") == 42
    assert read_postmaster(root) != postmaster
    server.leave()


def test_a_stale_pid_file_with_a_reused_id_is_survived(root: Path) -> None:
    data = root / "data"
    content = f"{os.getpid()}\n{data}\n1700000000\n{PORT}\n{data}\n\n  1 1\nready   \n"
    (data / "postmaster.pid").write_text(content)
    (data / f".s.PGSQL.{PORT}.lock").write_text(content)
    server = Server(root, durable=False)
    assert ask(server, "SELECT 1") == 1
    server.leave()


def test_processes_that_start_at_once_share_one_server(tmp_path: Path) -> None:
    root = tmp_path / "postgres"
    command = [sys.executable, "-c", JOIN, str(root)]
    processes = [
        subprocess.Popen(
            command, cwd=PROJECT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for _ in range(4)
    ]
    for process in processes:
        assert process.stdout
        assert process.stdout.readline() == "joined\n"
    starts = (root / "data" / "server.log").read_text().count("starting PostgreSQL")
    postmaster = read_postmaster(root)
    assert starts == 1
    assert postmaster
    assert [process.communicate() and process.returncode for process in processes] == [0] * 4
    wait_until_gone(postmaster)


def test_two_checkouts_do_not_disturb_each_other(
    root: Path, tmp_path: Path, made_once: Path
) -> None:
    copy_cluster(made_once, tmp_path / "other")
    one, other = Server(root, durable=False), Server(tmp_path / "other", durable=False)
    ask(one, "CREATE TABLE mine AS SELECT 1")
    assert ask(other, "SELECT count(*) FROM pg_tables WHERE tablename = 'mine'") == 0
    other.leave()
    assert ask(one, "SELECT count(*) FROM mine") == 1
    one.leave()


def test_a_path_too_long_for_a_socket_gets_a_short_folder(tmp_path: Path, made_once: Path) -> None:
    deep = tmp_path / ("deep, with a space and 'quotes' " + "x" * 90)
    deep.mkdir()
    copy_cluster(made_once, deep / "postgres")
    server = Server(deep / "postgres", durable=False)
    assert ask(server, "SELECT 1") == 1
    short = server.ensure_running()
    assert len(str(short)) < 80
    assert short.stat().st_mode & 0o077 == 0
    server.leave()
    shutil.rmtree(short)


def test_a_forked_child_does_not_stop_the_server_of_its_parent(root: Path) -> None:
    program = """
        import os, sys
        from pathlib import Path
        from config.embedded.server import get_server
        server = get_server(Path(sys.argv[1]), durable=False)
        server.ensure_running()
        if (child := os.fork()) == 0:
            server.ensure_running()
            sys.exit(0)
        os.waitpid(child, 0)
        os.kill(server._process, 0)
    """
    command = [sys.executable, "-c", textwrap.dedent(program), str(root)]
    subprocess.run(command, cwd=PROJECT, check=True, timeout=120)
    assert read_postmaster(root) is None


def test_a_missing_package_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(programs, "_PACKAGE", "no_such_package")
    with pytest.raises(EmbeddedDatabaseError, match="Set DATABASE_URL"):
        programs.find_program("postgres")


def test_a_start_that_fails_names_the_reason(root: Path) -> None:
    (root / "data" / "global" / "pg_control").unlink()
    with pytest.raises(EmbeddedDatabaseError, match=r"did not start: .*pg_control"):
        Server(root, durable=False).ensure_running()


def test_data_of_another_version_are_not_touched(root: Path) -> None:
    (root / "data" / "PG_VERSION").write_text("15\n")
    with pytest.raises(EmbeddedDatabaseError, match="written by PostgreSQL 15"):
        Server(root, durable=False).ensure_running()
