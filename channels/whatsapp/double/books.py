"""What the double saw and did: its only state, and what tests count in."""

import threading
import uuid
from collections import Counter
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

from channels.whatsapp.window import WINDOW


@dataclass(slots=True)
class Media:
    sid: str
    content_type: str
    content: bytes


@dataclass(slots=True)
class BookedMessage:
    """A message in either direction, as the provider keeps it."""

    sid: str
    direction: str
    from_address: str
    to_address: str
    body: str
    status: str
    created_at: datetime
    status_callback: str = ""
    content_sid: str = ""
    content_variables: str = ""
    error_code: int | None = None
    media: list[Media] = field(default_factory=list)

    @property
    def token(self) -> str:
        """Our delivery's token, from the query of the callback's address."""
        return "".join(parse_qs(urlsplit(self.status_callback).query).get("delivery", []))


@dataclass(frozen=True, slots=True)
class ApiRequest:
    """One request as it came, whatever became of it."""

    method: str
    path: str
    fault: str | None


@dataclass(frozen=True, slots=True)
class WebhookAttempt:
    """One webhook or callback that was sent, dropped (`dropped`) or not answered (None)."""

    lane: str
    message_sid: str
    message_status: str
    answer: int | None
    dropped: bool = False


class Books:
    """Safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._messages: dict[str, BookedMessage] = {}
        self._last_inbound: dict[str, datetime] = {}
        self.requests: list[ApiRequest] = []
        self.attempts: list[WebhookAttempt] = []
        self.opted_out: set[str] = set()
        # Of each fetch from the file host, whether it carried the account's log-in.
        self.file_fetches: list[bool] = []

    def book(self, message: BookedMessage) -> None:
        with self._lock:
            self._messages[message.sid] = message
            if message.direction == "inbound":
                self._last_inbound[message.from_address] = message.created_at

    def note_request(self, method: str, path: str, fault: str | None) -> None:
        with self._lock:
            self.requests.append(ApiRequest(method, path, fault))

    def note_attempt(self, attempt: WebhookAttempt) -> None:
        with self._lock:
            self.attempts.append(attempt)

    def find(self, sid: str) -> BookedMessage | None:
        with self._lock:
            return self._messages.get(sid)

    def find_media(self, sid: str) -> Media | None:
        with self._lock:
            every = (media for message in self._messages.values() for media in message.media)
            return next((media for media in every if media.sid == sid), None)

    def messages(self) -> list[BookedMessage]:
        """All messages, oldest first."""
        with self._lock:
            return list(self._messages.values())

    def sends(self) -> list[BookedMessage]:
        """Every accepted send."""
        return [message for message in self.messages() if message.direction == "outbound-api"]

    def sends_by_token(self) -> Counter[str]:
        """How many sends were accepted for each of our deliveries: at most one is right."""
        return Counter(message.token for message in self.sends())

    def window_is_open(self, address: str) -> bool:
        with self._lock:
            last = self._last_inbound.get(address)
        return last is not None and now() - last < WINDOW

    def as_json(self) -> dict[str, Any]:
        """Everything but the files' content."""
        with self._lock:
            return {
                "messages": [
                    {
                        **{k: v for k, v in asdict(each).items() if k != "media"},
                        "created_at": each.created_at.isoformat(),
                        "token": each.token,
                        "media": [[media.sid, media.content_type] for media in each.media],
                    }
                    for each in self._messages.values()
                ],
                "sends_by_token": dict(self.sends_by_token()),
                "requests": [asdict(request) for request in self.requests],
                "attempts": [asdict(attempt) for attempt in self.attempts],
                "opted_out": sorted(self.opted_out),
                "file_fetches": list(self.file_fetches),
            }


def now() -> datetime:
    return datetime.now(UTC)


def new_sid(prefix: str) -> str:
    return prefix + uuid.uuid4().hex
