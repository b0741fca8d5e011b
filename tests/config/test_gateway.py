"""What waits for requests in front of Django, asked as a server asks it."""

import asyncio
import io
from collections.abc import Iterable
from typing import Any

from config.gateway import Event, Gateway

_MAX = 1000


def echo(environ: dict[str, Any], start: Any) -> Iterable[bytes]:
    """Answers with how long the body is said to be, the body, and the environment's texts."""
    start("200 OK", [("Content-Type", "text/plain"), ("Set-Cookie", "a"), ("Set-Cookie", "b")])
    seen = {key: value for key, value in environ.items() if isinstance(value, str)}
    return [
        environ["CONTENT_LENGTH"].encode(),
        b" ",
        environ["wsgi.input"].read(),
        b" ",
        repr(seen).encode(),
    ]


def fail(environ: dict[str, Any], start: Any) -> Iterable[bytes]:
    raise AssertionError("The application was asked.")


class Client:
    """Sends the given events, then nothing for ever."""

    def __init__(self, *events: Event) -> None:
        self._events = list(events)
        self.sent: list[Event] = []

    async def receive(self) -> Event:
        if not self._events:
            await asyncio.Event().wait()
        return self._events.pop(0)

    async def send(self, event: Event) -> None:
        self.sent.append(event)

    @property
    def status(self) -> int:
        return int(self.sent[0]["status"])

    @property
    def body(self) -> bytes:
        return bytes(self.sent[1]["body"])


def part(body: bytes, *, more: bool = False) -> Event:
    return {"type": "http.request", "body": body, "more_body": more}


def scope(*headers: tuple[bytes, bytes], method: str = "POST", path: bytes = b"/") -> Event:
    return {
        "type": "http",
        "http_version": "1.1",
        "method": method,
        "path": "/",
        "raw_path": path,
        "query_string": b"a=%20b",
        "headers": list(headers),
        "client": ("203.0.113.9", 5000),
        "server": ("127.0.0.1", 8000),
        "scheme": "http",
    }


def make_gateway(**options: Any) -> Gateway:
    return Gateway(echo, threads=1, max_bytes=_MAX, **options)


def ask(client: Client, request: Event, gateway: Gateway | None = None) -> Client:
    asyncio.run((gateway or make_gateway())(request, client.receive, client.send))
    return client


def test_the_application_gets_the_whole_body() -> None:
    answer = ask(Client(part(b"one ", more=True), part(b"two")), scope())

    assert answer.status == 200
    assert answer.body.startswith(b"7 one two ")
    cookies = [value for name, value in answer.sent[0]["headers"] if name == b"set-cookie"]
    assert cookies == [b"a", b"b"]


def test_clients_that_never_finish_hold_no_thread() -> None:
    """There is one thread, and somebody is served while five send nothing more."""

    async def trial() -> Client:
        gateway = make_gateway()
        slow = [Client(part(b"a=", more=True)) for _ in range(5)]
        held = [asyncio.create_task(gateway(scope(), one.receive, one.send)) for one in slow]
        await asyncio.sleep(0)
        other = Client(part(b""))
        await asyncio.wait_for(gateway(scope(method="GET"), other.receive, other.send), 10)
        for task in held:
            task.cancel()
        await asyncio.gather(*held, return_exceptions=True)
        return other

    assert asyncio.run(trial()).status == 200


def test_silence_is_answered_in_the_end() -> None:
    answer = ask(Client(part(b"a=", more=True)), scope(), make_gateway(silence=0.01))

    assert answer.status == 408
    assert (b"connection", b"close") in answer.sent[0]["headers"]


def test_dripping_is_answered_in_the_end() -> None:
    class Dripping(Client):
        async def receive(self) -> Event:
            await asyncio.sleep(0.01)
            return part(b"a", more=True)

    assert ask(Dripping(), scope(), make_gateway(patience=0.05)).status == 408


def test_a_body_that_never_ends_well_is_a_bad_request() -> None:
    """The server's word for a client that left and for a malformed chunk alike."""
    client = Client(part(b"a", more=True), {"type": "http.disconnect"})
    answer = ask(client, scope(), Gateway(fail, threads=1, max_bytes=_MAX))

    assert answer.status == 400
    assert (b"connection", b"close") in answer.sent[0]["headers"]


def test_a_body_that_is_declared_too_long_is_not_read() -> None:
    answer = ask(Client(), scope((b"content-length", b"5000")))

    assert answer.body.startswith(b"5000  ")


def test_a_body_without_a_length_is_read_up_to_the_limit() -> None:
    answer = ask(Client(*[part(b"x" * 600, more=True) for _ in range(9)]), scope())

    assert answer.body.startswith(b"1200  ")


def test_a_header_cannot_pass_for_one_that_a_proxy_sets() -> None:
    headers = [
        (b"x-forwarded-for", b"198.51.100.1"),
        (b"x_forwarded_for", b"10.0.0.1"),
        (b"x_forwarded_proto", b"https"),
        (b"x-forwarded-for", b"198.51.100.2"),
    ]
    answer = ask(Client(part(b"")), scope(*headers))

    assert b"'HTTP_X_FORWARDED_FOR': '198.51.100.1,198.51.100.2'" in answer.body
    assert b"FORWARDED_PROTO" not in answer.body


def test_paths_are_unquoted_once_and_kept_as_bytes() -> None:
    answer = ask(Client(part(b"")), scope(path=b"/a%2520b/%C3%A9?x"))

    assert repr("/a%20b/\xc3\xa9").encode() in answer.body
    assert b"'QUERY_STRING': 'a=%20b'" in answer.body


def test_an_answer_to_head_has_no_body() -> None:
    answer = ask(Client(part(b"")), scope(method="HEAD"))

    assert answer.status == 200
    assert answer.body == b""


def test_what_the_application_returns_is_closed() -> None:
    parts = io.BytesIO(b"body")

    def application(environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        start("200 OK", [])
        return parts

    answer = ask(Client(part(b"")), scope(), Gateway(application, threads=1, max_bytes=_MAX))

    assert answer.body == b"body"
    assert parts.closed
