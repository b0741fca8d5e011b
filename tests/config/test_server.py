"""What the server in front of the gateway does, asked over a socket."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

_PROCFILE = Path(__file__).parents[2] / "Procfile"
_START_SECONDS = 60.0


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """Of a server as the Procfile starts it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        free = int(probe.getsockname()[1])
    web = _PROCFILE.read_text().splitlines()[0].removeprefix("web: python ")
    web = web.replace("config.asgi:", "tests.config.trial_gateway:")
    environment = {**os.environ, "WEB_HOST": "127.0.0.1", "PORT": str(free), "WEB_CONCURRENCY": "1"}
    command = ["/bin/sh", "-c", f"exec {sys.executable} {web}"]
    with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL) as server:
        _await(free)
        yield free
        server.terminate()


def _await(port: int) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
        else:
            return


def status(port: int, body: bytes) -> int:
    """The answer to a POST whose body is written in chunks."""
    head = b"POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        connection.sendall(head + body)
        return int(connection.recv(1000).split()[1])


def test_a_body_in_chunks_is_taken(port: int) -> None:
    assert status(port, b"3\r\nabc\r\n0\r\n\r\n") == 200


@pytest.mark.parametrize(
    "body", [b"zz\r\nabc\r\n0\r\n\r\n", b"5\r\nab\r\n0\r\n\r\n", b"-1\r\n\r\n"]
)
def test_a_malformed_chunk_is_a_bad_request(port: int, body: bytes) -> None:
    assert status(port, body) == 400
