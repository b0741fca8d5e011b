"""The double as a running server, and what a test or the demo holds in its hand."""

import base64
import contextlib
import socket
import threading
from collections import Counter
from http.server import ThreadingHTTPServer
from typing import cast

from channels.gmail.double.faults import FaultPlan
from channels.gmail.double.handler import Handler
from channels.gmail.double.mailbox import Mailbox, StoredMail
from channels.gmail.double.pushes import Pusher, PushTarget
from channels.gmail.double.tokens import SigningKey, TokenService


class GmailDouble:
    """Listens on loopback from its creation; `start` answers, `stop` ends. A context manager.

    `calls` counts by operation what reached the server, also what a fault spoiled: profile,
    watch, stop, history, list, get, send, drafts, create_draft, get_draft, send_draft, thread,
    token, certs.
    """

    def __init__(
        self, address: str = "support@brightlane.example", *, port: int = 0, seed: int = 0
    ) -> None:
        self.mailbox = Mailbox(address)
        self.faults = FaultPlan(seed)
        self.key = SigningKey("double-key-1")
        self.tokens = TokenService()
        self.pusher = Pusher(self.key, self.faults)
        self.calls: Counter[str] = Counter()
        self.hang_seconds = 30.0
        self.retry_after = "7"
        self.certs_max_age = 3_600
        self.stopping = threading.Event()
        self._server = _Server(("127.0.0.1", port), self)
        self._thread = threading.Thread(
            target=self._server.serve_forever,
            kwargs={"poll_interval": 0.05},
            name="gmail-double",
            daemon=True,
        )

    def __enter__(self) -> "GmailDouble":
        self.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self.stop()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def start(self) -> None:
        self._thread.start()
        self.pusher.start()

    def stop(self) -> None:
        self.stopping.set()
        self._server.shutdown()
        self._thread.join(timeout=10)
        self._server.server_close()
        self._server.disconnect_all()
        self.pusher.stop()

    def settings(self) -> dict[str, str]:
        """The settings with which the desk talks to this double."""
        return {
            "GMAIL_SUPPORT_ADDRESS": self.mailbox.address,
            "GMAIL_CLIENT_ID": "double-client",
            "GMAIL_CLIENT_SECRET": "double-secret",
            "GMAIL_REFRESH_TOKEN": "double-refresh-token",
            "GMAIL_SERVICE_ACCOUNT_FILE": "",
            "GMAIL_PUBSUB_TOPIC": "projects/double/topics/gmail",
            "GMAIL_PUBSUB_AUDIENCE": "http://testserver/api/v1/webhooks/gmail",
            "GMAIL_PUBSUB_SERVICE_ACCOUNT": "push@double.iam.gserviceaccount.com",
            "GMAIL_API_BASE": self.url,
            "GOOGLE_TOKEN_URI": f"{self.url}/token",
            "GOOGLE_CERTS_URL": f"{self.url}/certs",
        }

    def deliver(
        self,
        raw: bytes,
        *,
        labels: tuple[str, ...] = ("INBOX", "UNREAD"),
        received_at: float | None = None,
    ) -> StoredMail:
        """A mail arrives from outside, and the watch is told of it."""
        mail = self.mailbox.deliver(raw, labels=labels, received_at=received_at)
        self.pusher.notify(self.mailbox.address, mail.history_id)
        return mail

    def push_to(self, url: str, *, audience: str, service_account: str) -> None:
        self.pusher.target = PushTarget(url, audience, service_account)

    def books(self, *, with_raw: bool = False) -> dict[str, object]:
        """What was accepted for sending, in order, and how often each delivery was."""
        with self.mailbox.lock:
            sent = list(self.mailbox.sent)
        lines: list[dict[str, str]] = []
        for mail in sent:
            line = {
                "id": mail.gmail_id,
                "threadId": mail.thread_id,
                "deliveryId": mail.delivery_id,
                "to": mail.to,
                "subject": mail.subject,
            }
            if with_raw:
                line["raw"] = base64.urlsafe_b64encode(mail.raw).decode("ascii")
            lines.append(line)
        return {"sent": lines, "perDelivery": self.sent_per_delivery(), "calls": dict(self.calls)}

    def sent_per_delivery(self) -> dict[str, int]:
        with self.mailbox.lock:
            return dict(Counter(mail.delivery_id for mail in self.mailbox.sent))


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], double: GmailDouble) -> None:
        self.double = double
        self._open: set[socket.socket] = set()
        super().__init__(address, Handler)

    def get_request(self) -> tuple[socket.socket, tuple[str, int]]:
        connection, address = super().get_request()
        self._open.add(connection)
        return connection, address

    def shutdown_request(self, request: object) -> None:
        self._open.discard(cast("socket.socket", request))
        super().shutdown_request(cast("socket.socket", request))

    def disconnect_all(self) -> None:
        """Ends what callers keep alive, as a server that goes away does."""
        for connection in list(self._open):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: object, client_address: object) -> None:
        """A caller that went away is what the faults are for."""
