"""The double's HTTP: the API's paths, a host for files, and doors to steer and look.

POST and GET /2010-04-01/Accounts/{sid}/Messages.json, GET …/Messages/{sid}.json, …/Media.json and
…/Media/{sid} as the provider has them; POST /_control, POST /_inbound and GET /_books are ours.
"""

import base64
import json
import re
import socket
import struct
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

from channels.whatsapp.double.control import apply_control, receive_order
from channels.whatsapp.double.faults import Fault
from channels.whatsapp.double.provider import Provider
from channels.whatsapp.double.resources import (
    API,
    Listing,
    encode,
    media_list,
    message_resource,
)
from channels.whatsapp.double.rules import (
    NOT_FOUND,
    TOO_MANY,
    UNAUTHORISED,
    UNAVAILABLE,
    Refusal,
)

_MESSAGES = re.compile(rf"{API}/(?P<account>\w+)/Messages\.json")
_MESSAGE = re.compile(rf"{API}/(?P<account>\w+)/Messages/(?P<sid>\w+)\.json")
_MEDIA_LIST = re.compile(rf"{API}/(?P<account>\w+)/Messages/(?P<sid>\w+)/Media\.json")
_MEDIA = re.compile(rf"{API}/(?P<account>\w+)/Messages/\w+/Media/(?P<media>\w+)")
_FILE = re.compile(r"/_files/(?P<media>\w+)")


class Listener(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], provider: Provider) -> None:
        super().__init__(address, Handler)
        self.provider = provider
        self.base = f"http://{address[0]}:{self.server_address[1]}"
        self.files_base = ""

    def handle_error(self, request: object, client_address: object) -> None:
        """Callers that gave up are part of the play."""


class _Cut(Exception):
    """The connection was ended on purpose."""


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Listener

    def handle(self) -> None:
        try:
            super().handle()
        except (_Cut, ConnectionError):
            self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  its name there
        """Silent: the books know."""

    def do_POST(self) -> None:
        provider = self.server.provider
        path = urlsplit(self.path).path
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        if path in {"/_control", "/_inbound"}:
            self._steer(path, body)
        elif match := _MESSAGES.fullmatch(path):
            fault = provider.faults.next_fault("send")
            provider.books.note_request("POST", path, fault)
            if not self._is_account(match["account"]):
                self._refuse(UNAUTHORISED)
            else:
                self._send(dict(parse_qsl(body.decode(), keep_blank_values=True)), fault)
        else:
            self._refuse(NOT_FOUND)

    def do_GET(self) -> None:
        provider = self.server.provider
        parts = urlsplit(self.path)
        if parts.path == "/_books":
            self._answer(200, encode(provider.books.as_json()))
        elif match := _FILE.fullmatch(parts.path):
            provider.books.file_fetches.append("Authorization" in self.headers)
            self._file(match["media"])
        elif not parts.path.startswith(API):
            self._refuse(NOT_FOUND)
        else:
            fault = provider.faults.next_fault("read")
            provider.books.note_request("GET", parts.path, fault)
            if fault is not None:
                self._misbehave(Fault(fault))
            self._read(parts.path, dict(parse_qsl(parts.query)))

    def _send(self, form: dict[str, str], name: str | None) -> None:
        fault = Fault(name) if name else None
        if fault is not None and not fault.accepts:
            self._misbehave(fault)
        taken = self.server.provider.accept(form)
        if isinstance(taken, Refusal):
            self._refuse(taken)
            return
        if fault is not None:
            self._misbehave(fault)
        resource = message_resource(self.server.provider.account_sid, taken)
        self._answer(201, encode(resource | {"status": "queued"}))

    def _read(self, path: str, query: dict[str, str]) -> None:
        provider = self.server.provider
        match = next(
            (
                found
                for pattern in (_MESSAGES, _MESSAGE, _MEDIA_LIST, _MEDIA)
                if (found := pattern.fullmatch(path))
            ),
            None,
        )
        if match is None or not self._is_account(match["account"]):
            self._refuse(NOT_FOUND if match is None else UNAUTHORISED)
        elif match.re is _MESSAGES:
            listing = Listing.of(query)
            self._answer(
                200, encode(listing.answer(provider.account_sid, provider.books.messages()))
            )
        elif match.re is _MEDIA:
            if provider.books.find_media(match["media"]) is None:
                self._refuse(NOT_FOUND)
            else:
                own = f"{self.server.files_base}/_files/{match['media']}"
                self._answer(307, b"", Location=provider.conduct.media_redirect or own)
        elif (message := provider.books.find(match["sid"])) is None:
            self._refuse(NOT_FOUND)
        else:
            shape = message_resource if match.re is _MESSAGE else media_list
            self._answer(200, encode(shape(provider.account_sid, message)))

    def _file(self, sid: str) -> None:
        media = self.server.provider.books.find_media(sid)
        if media is None:
            self._refuse(NOT_FOUND)
        else:
            self._answer(200, media.content, content_type=media.content_type)

    def _steer(self, path: str, body: bytes) -> None:
        try:
            order = json.loads(body)
            if path == "/_control":
                apply_control(self.server.provider, order)
                self._answer(200, b"{}")
            else:
                message = receive_order(self.server.provider, order, base=self.server.base)
                self._answer(200, json.dumps({"sid": message.sid}).encode())
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            self._answer(400, json.dumps({"error": str(error)}).encode())

    def _misbehave(self, fault: Fault) -> None:
        """Answers wrongly or not at all, and ends the request."""
        conduct = self.server.provider.conduct
        match fault.manner:
            case "rate_limit":
                self._answer(429, TOO_MANY.as_json(), Retry_After=str(conduct.retry_after))
            case "unavailable":
                self._refuse(UNAVAILABLE)
            case "garbled":
                self._answer(201, b'{"sid": "SM')
            case "timeout":
                self.server.provider.stopped.wait(conduct.hold_seconds)
            case "reset":
                linger = struct.pack("ii", 1, 0)  # closing now sends RST
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                self.rfile.close()
                self.wfile.close()
                self.connection.close()
        raise _Cut

    def _refuse(self, refusal: Refusal) -> None:
        self._answer(refusal.status, refusal.as_json())

    def _answer(
        self, status: int, body: bytes, content_type: str = "application/json", **headers: str
    ) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def _is_account(self, account_sid: str) -> bool:
        provider = self.server.provider
        login = f"{provider.account_sid}:{provider.auth_token}".encode()
        expected = f"Basic {base64.b64encode(login).decode()}"
        return account_sid == provider.account_sid and self.headers.get("Authorization") == expected
