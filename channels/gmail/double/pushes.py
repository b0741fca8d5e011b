"""Pushes as Pub/Sub makes them: signed, in the background, at times twice, late or never."""

import base64
import itertools
import json
import queue
import threading
from dataclasses import dataclass
from datetime import UTC, datetime

import requests

from channels.gmail.double.faults import Fault, FaultPlan
from channels.gmail.double.tokens import SigningKey, push_claims


@dataclass(frozen=True, slots=True)
class PushTarget:
    url: str
    audience: str
    service_account: str


class Pusher:
    """Posts notifications one after another; one that is not acknowledged comes again."""

    ACKNOWLEDGED = (102, 200, 201, 202, 204)

    def __init__(self, key: SigningKey, faults: FaultPlan, *, attempts: int = 5) -> None:
        self.target: PushTarget | None = None
        self.statuses: list[int] = []
        self._key = key
        self._faults = faults
        self._attempts = attempts
        self._numbers = itertools.count(1)
        self._held: list[bytes] = []
        self._waiting: queue.Queue[bytes | None] = queue.Queue()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="gmail-double-push", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self._waiting.put(None)
        self._thread.join(timeout=10)

    def notify(self, address: str, history_id: int) -> None:
        """Does nothing without a target. One that was held back for reordering follows."""
        if self.target is None:
            return
        body = push_body(address, history_id, str(next(self._numbers)))
        fault = self._faults.next("push")
        if fault is Fault.DROP:
            return
        if fault is Fault.REORDER:
            self._held.append(body)
            return
        self._waiting.put(body)
        if fault is Fault.DUPLICATE:
            self._waiting.put(body)
        self.flush()

    def flush(self) -> None:
        """Sends what was held back."""
        while self._held:
            self._waiting.put(self._held.pop())

    def wait(self) -> None:
        """Until everything that was notified has been posted."""
        self._waiting.join()

    def _run(self) -> None:
        while (body := self._waiting.get()) is not None:
            try:
                for attempt in range(self._attempts):
                    if self._post(body) or self._stopping.wait(0.05 * 2**attempt):
                        break
            finally:
                self._waiting.task_done()

    def _post(self, body: bytes) -> bool:
        target = self.target
        if target is None:
            return True
        claims = push_claims(audience=target.audience, service_account=target.service_account)
        headers = {
            "Authorization": f"Bearer {self._key.sign(claims)}",
            "Content-Type": "application/json",
        }
        try:
            response = requests.post(target.url, data=body, headers=headers, timeout=10)
        except requests.RequestException:
            self.statuses.append(0)
            return False
        self.statuses.append(response.status_code)
        return response.status_code in self.ACKNOWLEDGED


def push_body(address: str, history_id: int, number: str) -> bytes:
    """The body of a push as the Gmail watch causes it."""
    data = json.dumps({"emailAddress": address, "historyId": history_id}).encode("utf-8")
    return json.dumps(
        {
            "message": {
                "data": base64.urlsafe_b64encode(data).decode("ascii"),
                "messageId": number,
                "message_id": number,
                "publishTime": datetime.now(UTC).isoformat(),
            },
            "subscription": "projects/double/subscriptions/allhours",
        }
    ).encode("utf-8")
