"""`manage.py demo` and `manage.py stop`, as processes, in a data folder of their own."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from config.demo.logs import LogFollower
from config.demo.ports import explain_port

PROJECT = Path(__file__).parents[2]


@pytest.fixture
def port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Shared by the tests of this module, so that only the first start makes everything."""
    return tmp_path_factory.mktemp("desk")


@pytest.fixture
def environment(data_dir: Path, port: int) -> dict[str, str]:
    inherited = {key: os.environ[key] for key in ("PATH", "HOME") if key in os.environ}
    return {
        **inherited,
        "DATA_DIR": str(data_dir),
        "DJANGO_SETTINGS_MODULE": "tests.config.trial_settings",
        "PYTHONPATH": str(PROJECT),
        "DATABASE_DURABLE": "0",
        "PORT": str(port),
        "SAMPLE": "0",
        "WEB_CONCURRENCY": "1",
    }


@contextlib.contextmanager
def demo(environment: dict[str, str], output: Path) -> Iterator[subprocess.Popen[bytes]]:
    with output.open("wb") as stream:
        process = subprocess.Popen(
            [sys.executable, "manage.py", "demo"],
            cwd=PROJECT,
            env=environment,
            stdout=stream,
            stderr=subprocess.STDOUT,
        )
    with process:
        try:
            yield process
        finally:
            if process.poll() is None:
                process.terminate()
                process.wait(30)


def manage(command: str, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "manage.py", command],
        cwd=PROJECT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )


def wait_for(condition: Callable[[], object], output: Path) -> None:
    deadline = time.monotonic() + 240
    while not condition():
        assert time.monotonic() < deadline, output.read_text()
        time.sleep(0.05)


def is_ready(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/ready", timeout=5) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False


def find_child(process: subprocess.Popen[bytes], word: str) -> psutil.Process:
    for child in psutil.Process(process.pid).children():
        if word in child.cmdline():
            return child
    raise AssertionError(f"no child runs {word}")


def read_postmaster(data_dir: Path) -> int:
    """The process id of the database, 0 while there is none."""
    with contextlib.suppress(FileNotFoundError):
        return int((data_dir / "postgres" / "data" / "postmaster.pid").read_text().split()[0])
    return 0


def test_starts_brings_back_what_was_killed_and_stops_everything(
    environment: dict[str, str], data_dir: Path, port: int, tmp_path: Path
) -> None:
    output = tmp_path / "output"
    with demo(environment, output) as process:
        wait_for(lambda: "is ready" in output.read_text(), output)
        assert is_ready(port)

        again = manage("demo", environment)
        assert again.returncode == 1
        assert "already runs" in again.stderr

        postmaster = read_postmaster(data_dir)
        for child in [find_child(process, "granian"), find_child(process, "worker")]:
            child.kill()
        os.kill(postmaster, signal.SIGKILL)
        wait_for(lambda: "web ended (SIGKILL)" in output.read_text(), output)
        wait_for(lambda: "worker ended (SIGKILL)" in output.read_text(), output)
        wait_for(lambda: read_postmaster(data_dir) not in {0, postmaster}, output)
        wait_for(lambda: is_ready(port), output)

        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 0
    assert "Traceback" not in output.read_text()
    assert not read_postmaster(data_dir)
    assert explain_port("127.0.0.1", port) is None


def test_a_killed_demo_is_cleared_away_by_the_next_command(
    environment: dict[str, str], data_dir: Path, port: int, tmp_path: Path
) -> None:
    output = tmp_path / "output"
    with demo(environment, output) as process:
        wait_for(lambda: "is ready" in output.read_text(), output)
        process.kill()
    assert is_ready(port)  # web outlived the demo
    stopped = manage("stop", environment)
    assert stopped.returncode == 0, stopped.stderr
    assert "that a killed demo left behind" in stopped.stdout
    assert not is_ready(port)
    assert not read_postmaster(data_dir)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_during_the_start_stops_it(
    number: signal.Signals, environment: dict[str, str], data_dir: Path, tmp_path: Path
) -> None:
    output = tmp_path / "output"
    with demo(environment, output) as process:
        wait_for(lambda: "Tables" in output.read_text(), output)
        process.send_signal(number)
        assert process.wait(30) == 0
    assert "Traceback" not in output.read_text()
    assert not read_postmaster(data_dir)


def test_a_port_in_use_is_a_sentence(environment: dict[str, str], port: int) -> None:
    with socket.create_server(("127.0.0.1", port)):
        refused = manage("demo", environment)
    assert refused.returncode == 1
    assert f"Port {port} is in use" in refused.stderr
    assert "PORT=" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_a_wrong_setting_is_a_sentence(environment: dict[str, str]) -> None:
    refused = manage("demo", {**environment, "PORT": "eighty"})
    assert refused.returncode == 1
    assert "PORT is 'eighty'" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_a_host_that_is_not_ours_is_a_sentence() -> None:
    assert "not an address of this machine" in str(explain_port("192.0.2.1", 8000))
    assert "no address" in str(explain_port("x86_64-conda-linux-gnu", 8000))


def test_followed_logs_show_warnings_and_no_missing_pages(tmp_path: Path) -> None:
    log = tmp_path / "web.log"
    log.write_text('{"level": "error", "event": "before"}\n')
    follower = LogFollower("web", log)
    with log.open("a") as more:
        more.write(
            '{"level": "info", "event": "job.finished"}\n'
            '{"level": "warning", "event": "Not Found: /x", "logger": "django.request"}\n'
            '{"level": "error", "event": "job.failed", "job": 5, "exception": "Traceback …"}\n'
            "[ERROR] Unexpected exit from worker-1\n"
            "[INFO] Listening\n"
            '{"level": "error", "event": "half a li'
        )
    assert list(follower.read_important()) == [
        "web: error: job.failed job=5",
        "web: Unexpected exit from worker-1",
    ]
    with log.open("a") as more:
        more.write('ne"}\n')
    assert list(follower.read_important()) == ["web: error: half a line"]
