"""One request to the double: who asks, what for, and whether it goes wrong on the way."""

import json
import socket
import struct
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, cast
from urllib.parse import parse_qs, urlsplit

from channels.gmail.double.api import Call, Json, error_body, route
from channels.gmail.double.control import BadCommand, run_command
from channels.gmail.double.faults import Fault

if TYPE_CHECKING:
    from channels.gmail.double.server import GmailDouble

_MAX_BODY = 80 * 1024 * 1024


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "GmailDouble"

    def setup(self) -> None:
        super().setup()
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def do_GET(self) -> None:
        self._handle("GET")

    def do_POST(self) -> None:
        self._handle("POST")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Silent: mails and tokens are in no log."""

    @property
    def _double(self) -> "GmailDouble":
        return cast("GmailDouble", self.server.double)  # type: ignore[attr-defined]

    def _handle(self, method: str) -> None:
        address = urlsplit(self.path)
        query = parse_qs(address.query)
        body = self.rfile.read(min(int(self.headers.get("Content-Length") or 0), _MAX_BODY))
        if address.path.startswith("/_"):
            self._control(method, address.path, query, body)
        elif (method, address.path) == ("POST", "/token"):
            form = {name: values[0] for name, values in parse_qs(body.decode("ascii")).items()}
            self._answer_call(Call("token", lambda: self._double.tokens.grant(form)))
        elif (method, address.path) == ("GET", "/certs"):
            key = self._double.key
            self._answer_call(Call("certs", lambda: (200, {key.key_id: key.certificate})))
        else:
            self._gmail(method, address.path, query, body)

    def _gmail(self, method: str, path: str, query: dict[str, list[str]], body: bytes) -> None:
        try:
            given = json.loads(body) if body else {}
        except ValueError:
            given = None
        if not isinstance(given, dict):
            self._answer(400, error_body(400, "Invalid JSON payload received.", "parseError"))
            return
        call = route(self._double.mailbox, method, path, query, given)
        if call is None:
            self._answer(404, error_body(404, "Not Found", "notFound"))
            return
        if not self._double.tokens.accepts(self.headers.get("Authorization", "")):
            self._double.calls[call.operation] += 1
            self._answer(401, error_body(401, "Invalid Credentials", "authError"))
            return
        self._answer_call(call)

    def _answer_call(self, call: Call) -> None:
        """Has the effect and answers, or does what the plan of faults says."""
        self._double.calls[call.operation] += 1
        fault = self._double.faults.next(call.operation)
        if fault is None:
            self._answer(*call.run())
            return
        if fault.takes_effect:
            call.run()
        self._fail(fault)

    def _fail(self, fault: Fault) -> None:
        kind = fault.value.rpartition("_")[0]
        if kind == "unavailable":
            self._answer(503, error_body(503, "The service is unavailable.", "backendError"))
        elif fault is Fault.RATE_LIMITED:
            limited = error_body(429, "Too many requests.", "rateLimitExceeded")
            self._answer(429, limited, {"Retry-After": self._double.retry_after})
        elif fault is Fault.USER_RATE_LIMITED:
            self._answer(403, error_body(403, "User rate limit.", "userRateLimitExceeded"))
        elif fault is Fault.UNAUTHORIZED:
            self._answer(401, error_body(401, "Invalid Credentials", "authError"))
        elif kind == "garbled":
            self._send(200, b"<html>", {})
        else:
            if kind == "timeout":
                self._double.stopping.wait(self._double.hang_seconds)
            self._break(reset=kind == "reset")

    def _break(self, *, reset: bool) -> None:
        """Ends the connection without an answer, orderly or with a reset."""
        self.close_connection = True
        if reset:
            linger = struct.pack("ii", 1, 0)
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            self.connection.close()
        else:
            self.connection.shutdown(socket.SHUT_RDWR)

    def _control(self, method: str, path: str, query: dict[str, list[str]], body: bytes) -> None:
        if (method, path) == ("GET", "/_books"):
            self._answer(200, self._double.books(with_raw="raw" in query))
        elif (method, path) == ("POST", "/_control"):
            try:
                command = json.loads(body)
                if not isinstance(command, dict):
                    raise BadCommand("not an object")
                self._answer(200, run_command(self._double, command))
            except (ValueError, BadCommand) as error:
                self._answer(400, {"error": str(error)})
        else:
            self._answer(404, {"error": "unknown"})

    def _answer(self, status: int, body: Json, headers: dict[str, str] | None = None) -> None:
        sent = {"Content-Type": "application/json; charset=UTF-8", **(headers or {})}
        if self.path.startswith("/certs"):
            sent["Cache-Control"] = f"public, max-age={self._double.certs_max_age}"
        self._send(status, json.dumps(body).encode("utf-8") if status != 204 else b"", sent)

    def _send(self, status: int, content: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)
