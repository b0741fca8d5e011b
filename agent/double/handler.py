"""One request to the double: what it answers, and whether that goes wrong on the way."""

import json
import socket
import struct
from collections.abc import Sequence
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Any, cast

from agent.double.behaviour import Asked, Behaviour, Call, answer
from agent.double.faults import STATUSES, Fault

if TYPE_CHECKING:
    from agent.double.server import ModelDouble

_MAX_BODY = 20 * 1024 * 1024
_DRIP_SECONDS = 0.2


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "ModelDouble"

    def do_GET(self) -> None:
        if self.path == "/_books":
            self._send(200, {"calls": len(self._double.requests)})
        else:
            self._send(404, {"error": {"message": "Not Found"}})

    def do_POST(self) -> None:
        body = self.rfile.read(min(int(self.headers.get("Content-Length") or 0), _MAX_BODY))
        given = json.loads(body or b"{}")
        if self.path == "/_control":
            self._control(given)
        elif self.path == "/v1/chat/completions":
            self._double.requests.append(given)
            self._complete(given)
        else:
            self._send(404, {"error": {"message": "Not Found"}})

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Silent: what customers write is in no log."""

    @property
    def _double(self) -> "ModelDouble":
        return cast("ModelDouble", self.server.double)  # type: ignore[attr-defined]

    def _control(self, given: dict[str, Any]) -> None:
        """`behaviour`, `faults` [next, …], `chances` {fault: probability}, `hang_seconds`,
        `clear`: what is named is set."""
        if given.get("clear"):
            self._double.faults.clear()
        if "behaviour" in given:
            self._double.behaviour = Behaviour(given["behaviour"])
        if "hang_seconds" in given:
            self._double.hang_seconds = float(given["hang_seconds"])
        self._double.faults.queue(*map(Fault, given.get("faults", [])))
        for fault, probability in given.get("chances", {}).items():
            self._double.faults.chance(Fault(fault), float(probability))
        self._send(200, {})

    def _complete(self, given: dict[str, Any]) -> None:
        fault = self._double.faults.next()
        if fault in STATUSES:
            self._send(STATUSES[fault], {"error": {"message": fault.value, "type": fault.value}})
        elif fault is Fault.HANG:
            self._double.stopping.wait(self._double.hang_seconds)
            self.close_connection = True
        elif fault is Fault.DRIP:
            self._drip()
        elif fault is Fault.RESET:
            linger = struct.pack("ii", 1, 0)
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            self.close_connection = True
        elif fault is Fault.BAD_JSON:
            self._send_bytes(200, b'{"choices": [{"message": ')
        elif fault is Fault.NO_CHOICES:
            self._send(200, {"id": "x", "object": "chat.completion", "choices": []})
        else:
            self._answer(given)

    def _answer(self, given: dict[str, Any]) -> None:
        tools = [tool["function"]["name"] for tool in given.get("tools", [])]
        self._double.stopping.wait(self._double.latency_seconds)
        turn = answer(self._double.behaviour, Asked(given["messages"], tools))
        message: dict[str, Any] = {"role": "assistant", "content": None}
        if isinstance(turn, str):
            message["content"] = turn
        else:
            message["tool_calls"] = _write_calls(turn)
        asked, said = len(json.dumps(given)) // 4, len(json.dumps(message)) // 4
        self._send(
            200,
            {
                "id": "double",
                "object": "chat.completion",
                "created": 1,
                "model": given.get("model", "double"),
                "choices": [{"index": 0, "finish_reason": "stop", "message": message}],
                "usage": {
                    "prompt_tokens": asked,
                    "completion_tokens": said,
                    "total_tokens": asked + said,
                },
            },
        )

    def _drip(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", "100000")
        self.end_headers()
        self.close_connection = True
        for _byte in range(int(self._double.hang_seconds / _DRIP_SECONDS)):
            if self._double.stopping.wait(_DRIP_SECONDS):
                return
            try:
                self.wfile.write(b" ")
                self.wfile.flush()
            except OSError:
                return

    def _send(self, status: int, body: dict[str, Any]) -> None:
        self._send_bytes(status, json.dumps(body).encode())

    def _send_bytes(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def _write_calls(calls: Sequence[Call]) -> list[dict[str, Any]]:
    return [
        {
            "id": f"call-{number}",
            "type": "function",
            "function": {
                "name": name,
                "arguments": arguments if isinstance(arguments, str) else json.dumps(arguments),
            },
        }
        for number, (name, arguments) in enumerate(calls)
    ]
