"""`manage.py worker`, as processes on an embedded database of their own."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from config.embedded.cluster import DATABASE, PORT, ROLE
from config.embedded.server import Server

PROJECT = Path(__file__).parents[2]
Query = Callable[..., list[tuple[object, ...]]]


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    inherited = {key: os.environ[key] for key in ("PATH", "HOME") if key in os.environ}
    return {
        **inherited,
        "DATA_DIR": str(tmp_path_factory.mktemp("desk")),
        "DJANGO_SETTINGS_MODULE": "tests.config.trial_settings",
        "DATABASE_DURABLE": "0",
        "WORKER_CONCURRENCY": "24",
    }


@pytest.fixture(scope="module")
def query(environment: dict[str, str]) -> Iterator[Query]:
    """Questions to the workers' own database, which has Procrastinate's tables."""
    server = Server(Path(environment["DATA_DIR"]) / "postgres", durable=False)
    folder = str(server.ensure_running())
    manage("migrate", "procrastinate", "-v0", environment=environment)

    def query(question: str, *values: object) -> list[tuple[object, ...]]:
        with psycopg.connect(
            host=folder, port=PORT, user=ROLE, dbname=DATABASE, autocommit=True
        ) as connection:
            cursor = connection.execute(question.encode(), values)
            return cursor.fetchall() if cursor.description else []

    yield query
    server.leave()


def manage(*arguments: str, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=PROJECT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )


@contextlib.contextmanager
def worker(
    environment: dict[str, str], log: Path, *arguments: str
) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, "manage.py", "worker", *arguments],
            cwd=PROJECT,
            env=environment,
            stdout=output,
            stderr=output,
        )
    with process:
        try:
            yield process
        finally:
            process.kill()


def wait_for(condition: Callable[[], object], log: Path) -> None:
    deadline = time.monotonic() + 240
    while not condition():
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.02)


def defer(query: Query, task: str, *, queue: str = "default", **arguments: object) -> None:
    query(
        "INSERT INTO procrastinate_jobs (queue_name, task_name, args) VALUES (%s, %s, %s)",
        queue,
        task,
        json.dumps(arguments),
    )


def test_jobs_run_side_by_side_and_the_log_names_no_arguments(
    query: Query, environment: dict[str, str], tmp_path: Path
) -> None:
    log = tmp_path / "worker.log"
    meeting = tmp_path / "meeting"
    meeting.mkdir()
    with worker(environment, log) as process:
        for number in range(24):
            queue = "agent" if number < 18 else "default"
            meet = {"folder": str(meeting), "mark": str(number), "expected": 24}
            defer(query, "trial.meet", queue=queue, **meet)
        defer(query, "trial.fail", secret="swordfish")
        met = "SELECT count(*) FROM procrastinate_jobs WHERE status = 'succeeded'"
        failed = "SELECT count(*) FROM procrastinate_jobs WHERE status = 'failed'"
        wait_for(lambda: query(met) == [(24,)] and query(failed) == [(1,)], log)
        process.terminate()
        assert process.wait(40) == 0
    said = log.read_text()
    assert '"event": "job.finished"' in said
    assert '"event": "job.failed"' in said
    assert "swordfish" not in said
    assert "mark" not in said


def test_models_are_imported_before_any_job_could_do_so_beside_another(
    query: Query, environment: dict[str, str], tmp_path: Path
) -> None:
    log = tmp_path / "worker.log"
    defer(query, "trial.need", module="litellm")
    with worker({**environment, "LLM_MODEL": "openai/any", "OPENAI_API_KEY": "any"}, log):
        ended = "SELECT status FROM procrastinate_jobs WHERE task_name = 'trial.need'"
        wait_for(lambda: query(ended) in ([("succeeded",)], [("failed",)]), log)
    assert query(ended) == [("succeeded",)]


def test_slow_jobs_leave_room_for_replies(
    query: Query, environment: dict[str, str], tmp_path: Path
) -> None:
    log, sent = tmp_path / "worker.log", tmp_path / "sent"
    with worker(environment, log) as process:
        for number in range(30):
            path = str(tmp_path / f"model-{number}")
            defer(query, "trial.sleep", queue="agent", path=path, milliseconds=4000)
        wait_for(lambda: len(list(tmp_path.glob("model-*.begun"))) == 18, log)
        defer(query, "trial.touch", queue="delivery", path=str(sent))
        wait_for(sent.exists, log)
        assert not (tmp_path / "model-0").exists()
        query("DELETE FROM procrastinate_jobs WHERE status = 'todo'")
        process.terminate()
        assert process.wait(40) == 0


def test_a_job_whose_end_got_lost_runs_again(
    query: Query, environment: dict[str, str], tmp_path: Path
) -> None:
    """As after a connection that broke while the job was being finished."""
    log, lost, slow = tmp_path / "worker.log", tmp_path / "lost", tmp_path / "slow"
    with worker(environment, log) as process:
        defer(query, "trial.sleep", path=str(slow), milliseconds=15_000)
        wait_for(slow.with_suffix(".begun").exists, log)
        query(
            "INSERT INTO procrastinate_jobs (queue_name, task_name, args, status, worker_id) "
            "SELECT 'default', 'trial.touch', %s, 'doing', worker_id "
            "FROM procrastinate_jobs WHERE status = 'doing'",
            json.dumps({"path": str(lost)}),
        )
        wait_for(lost.exists, log)
        assert not slow.exists()
        attempts = "SELECT attempts FROM procrastinate_jobs WHERE task_name = 'trial.sleep'"
        process.terminate()
        assert process.wait(40) == 0
        assert query(f"{attempts} ORDER BY id DESC LIMIT 1") == [(1,)]


def test_a_running_job_ends_before_the_worker_does(
    query: Query, environment: dict[str, str], tmp_path: Path
) -> None:
    log, done = tmp_path / "worker.log", tmp_path / "done"
    with worker(environment, log) as process:
        defer(query, "trial.sleep", path=str(done), milliseconds=700)
        wait_for(done.with_suffix(".begun").exists, log)
        process.send_signal(signal.SIGINT)
        assert process.wait(40) == 0
    assert done.exists()
    assert query("SELECT count(*) FROM procrastinate_workers") == [(0,)]


def test_several_processes_from_one_command_come_back_and_stop_together(
    query: Query, environment: dict[str, str], tmp_path: Path
) -> None:
    log = tmp_path / "worker.log"
    started = '"event": "worker.started"'
    with worker(environment, log, "--processes", "2") as process:
        wait_for(lambda: log.read_text().count(started) == 2, log)
        psutil.Process(process.pid).children()[0].kill()
        wait_for(lambda: log.read_text().count(started) == 3, log)
        assert "ended (SIGKILL); starting it again" in log.read_text()
        process.terminate()
        assert process.wait(40) == 0
    assert log.read_text().count('"event": "worker.stopped"') == 2


def test_a_wrong_setting_is_a_sentence(environment: dict[str, str]) -> None:
    wrong = manage("worker", environment={**environment, "WORKER_CONCURRENCY": "many"})
    assert wrong.returncode == 1
    assert "WORKER_CONCURRENCY is 'many'" in wrong.stderr
    assert "Traceback" not in wrong.stderr


def test_a_database_without_tables_is_a_sentence(
    environment: dict[str, str], tmp_path: Path
) -> None:
    empty = manage("worker", environment={**environment, "DATA_DIR": str(tmp_path)})
    assert empty.returncode == 1
    assert "manage.py migrate" in empty.stderr
    assert "Traceback" not in empty.stderr
