"""From ASGI to Django's WSGI handler: a request gets a thread once all of it has arrived.

With WSGI alone a handful of clients that send their bodies slowly hold every thread, and nobody
else is served. Here they hold a coroutine each. Django's own ASGI handler would do that too, but
changes threads at every middleware, which costs more than accepting a message.
"""

import asyncio
import sys
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http import HTTPStatus
from tempfile import SpooledTemporaryFile
from typing import IO, Any
from urllib.parse import unquote_to_bytes

from django.http import HttpResponse

Event = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Event]]
Send = Callable[[Event], Awaitable[None]]
Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
Express = Callable[[dict[str, Any]], Awaitable[HttpResponse | None]]

# Seconds without a byte of the body, and for all of it: what a slow line needs for its files.
_SILENCE = 20.0
_PATIENCE = 300.0
# What a body keeps in memory before it is a file.
_IN_MEMORY = 64 * 1024


class Gateway:
    """The ASGI application. A body above `max_bytes` is not read on: the application is told that
    it is larger, with none of it. What `express` answers, in the event loop, takes no thread."""

    def __init__(
        self,
        application: Wsgi,
        *,
        express: Express | None = None,
        threads: int,
        max_bytes: int,
        silence: float = _SILENCE,
        patience: float = _PATIENCE,
    ) -> None:
        self._application = application
        self._express = express
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="request")
        self._max_bytes = max_bytes
        self._silence = silence
        self._patience = patience

    async def __call__(self, scope: Event, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        with SpooledTemporaryFile(max_size=_IN_MEMORY) as body:
            try:
                length = await self._read(scope, receive, body)
            except TimeoutError:
                await _write(send, _Answer(HTTPStatus.REQUEST_TIMEOUT, [(b"connection", b"close")]))
                return
            except _Incomplete:
                await _write(send, _Answer(HTTPStatus.BAD_REQUEST, [(b"connection", b"close")]))
                return
            environ = {**_describe(scope), "wsgi.input": body, "CONTENT_LENGTH": str(length)}
            answer = await self._answer(environ, body)
        await _write(send, answer, without_body=scope["method"] == "HEAD")

    async def _read(self, scope: Event, receive: Receive, body: IO[bytes]) -> int:
        """The length of the body, which is in the file unless it is too long. Raises TimeoutError
        after a silence, or when patience ends."""
        declared = _declared_length(scope)
        if declared > self._max_bytes:
            return declared
        length = 0
        now = asyncio.get_running_loop().time
        end = now() + self._patience
        async with asyncio.timeout(None) as limit:
            while True:
                limit.reschedule(min(now() + self._silence, end))
                event = await receive()
                if event["type"] != "http.request":
                    raise _Incomplete
                part = event.get("body", b"")
                length += len(part)
                if length > self._max_bytes:
                    body.truncate(0)
                    return length
                body.write(part)
                if not event.get("more_body"):
                    return length

    async def _answer(self, environ: dict[str, Any], body: IO[bytes]) -> "_Answer":
        if self._express:
            body.seek(0)
            response = await self._express(environ)
            if response is not None:
                return _Answer(response.status_code, _encode(response.items()), response.content)
        body.seek(0)
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, self._ask, environ)

    def _ask(self, environ: dict[str, Any]) -> "_Answer":
        answer = _Answer()

        def start(status: str, headers: list[tuple[str, str]], _error: object = None) -> None:
            answer.status = int(status.partition(" ")[0])
            answer.headers = _encode(headers)

        parts = self._application(environ, start)
        try:
            answer.body = b"".join(parts)
        finally:
            close = getattr(parts, "close", None)
            if close:
                close()
        return answer


class _Incomplete(Exception):
    """The client left before its request was complete, or its body breaks HTTP's own rules. The
    server tells both the same way, and 500 to whoever is not answered."""


@dataclass(slots=True)
class _Answer:
    status: int = 500
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    body: bytes = b""


async def _write(send: Send, answer: _Answer, *, without_body: bool = False) -> None:
    await send({"type": "http.response.start", "status": answer.status, "headers": answer.headers})
    await send({"type": "http.response.body", "body": b"" if without_body else answer.body})


def _encode(headers: Iterable[tuple[str, str]]) -> list[tuple[bytes, bytes]]:
    return [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]


def _declared_length(scope: Event) -> int:
    for name, value in scope["headers"]:
        if name == b"content-length":
            return int(value) if value.isdigit() else 0
    return 0


def _describe(scope: Event) -> dict[str, Any]:
    """The request as PEP 3333 has it. A header with an underscore in its name is left out: it
    would pass for the one with a hyphen, which a proxy sets and we believe."""
    host, port = scope.get("server") or ("localhost", 80)
    path = scope.get("raw_path") or scope["path"].encode()
    environ: dict[str, Any] = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(path.partition(b"?")[0]).decode("latin-1"),
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "SERVER_NAME": host,
        "SERVER_PORT": str(port or 80),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "REMOTE_ADDR": (scope.get("client") or ("",))[0],
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope.get("scheme", "http"),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    for name, value in scope["headers"]:
        if b"_" in name:
            continue
        key, text = name.decode("latin-1").upper().replace("-", "_"), value.decode("latin-1")
        if key != "CONTENT_TYPE":
            key = f"HTTP_{key}"
        if key in environ:
            text = f"{environ[key]}{';' if key == 'HTTP_COOKIE' else ','}{text}"
        environ[key] = text
    environ.pop("HTTP_CONTENT_LENGTH", None)
    return environ
