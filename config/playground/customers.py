"""The customers' side of both providers: what they send, and what they are sent.

Everything is asked of the doubles, over loopback, with a timeout; nothing is kept here. When a
double starts again, what it knew is gone.
"""

import base64
import ipaddress
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import requests
from django.conf import settings

from config.playground import ACCOUNT_SID, CLIENT_ID
from config.playground.mails import Mail, MailThread, read_mail

SHOWN_THREADS = 8
_TIMEOUT = (1.0, 5.0)  # seconds to connect, and to wait for an answer
_REACHED = {"sent", "delivered", "read"}


class OutOfReach(Exception):
    """A double does not answer, or not as it should."""


@dataclass(frozen=True, slots=True)
class ChatLine:
    """One message of a chat. `fate` tells what became of it: of the customer's own, whether the
    desk was told; of the desk's, the provider's last status."""

    sid: str
    mine: bool
    text: str
    at: datetime
    fate: str
    files: tuple[str, ...] = ()
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Ledger:
    """What a provider accepted from the desk; `doubled` is how many of it more than once."""

    accepted: int
    doubled: int


@dataclass(frozen=True, slots=True)
class File:
    name: str
    content_type: str
    content: bytes


def plays_mail() -> bool:
    """Whether the desk's mailbox is the demo's double."""
    return settings.GMAIL_CLIENT_ID == CLIENT_ID and _is_loopback(settings.GMAIL_API_BASE)


def plays_chat() -> bool:
    """Whether the desk's WhatsApp number is the demo's double's."""
    return settings.TWILIO_ACCOUNT_SID == ACCOUNT_SID and _is_loopback(settings.TWILIO_API_BASE)


def send_chat(number: str, name: str, text: str, files: Iterable[File] = ()) -> None:
    """A customer sends a WhatsApp message. Raises OutOfReach."""
    media = [
        {"content_type": file.content_type, "base64": base64.b64encode(file.content).decode()}
        for file in files
    ]
    order = {"from": f"whatsapp:{number}", "profile_name": name, "body": text, "media": media}
    _ask("POST", f"{settings.TWILIO_API_BASE}/_inbound", json=order)


def read_chat_books() -> dict[str, Any]:
    """All that Twilio's double knows; for `list_chat` and `chat_ledger`. Raises OutOfReach."""
    return _ask("GET", f"{settings.TWILIO_API_BASE}/_books")


def list_chat(books: dict[str, Any], number: str) -> list[ChatLine]:
    """The chat with one number, oldest first."""
    address = f"whatsapp:{number}"
    told: dict[str, list[str]] = defaultdict(list)
    for attempt in books["attempts"]:
        if attempt["lane"] == "inbound":
            answer = "lost" if attempt["dropped"] else str(attempt["answer"] or "no answer")
            told[attempt["message_sid"]].append(answer)
    return [
        _chat_line(message, told[message["sid"]])
        for message in books["messages"]
        if address in (message["from_address"], message["to_address"])
        and (message["direction"] == "inbound" or message["status"] != "queued")
    ]


def chat_ledger(books: dict[str, Any]) -> Ledger:
    return _ledger(books["sends_by_token"])


def send_mail(raw: bytes) -> str:
    """A mail arrives in the desk's mailbox; returns its thread's id. Raises OutOfReach."""
    order = {"deliver": {"raw": base64.urlsafe_b64encode(raw).decode("ascii")}}
    answer = _ask("POST", f"{settings.GMAIL_API_BASE}/_control", json=order)
    return str(answer["deliver"]["threadId"])


def list_threads() -> list[MailThread]:
    """The threads that were written in last, the newest first. Raises OutOfReach."""
    with _session() as session:
        token = _mail_token(session)
        found = _gmail(session, token, "messages?q=-in:drafts&maxResults=100")
        newest = dict.fromkeys(each["threadId"] for each in found.get("messages", ()))
        return [_thread(session, token, name) for name in list(newest)[:SHOWN_THREADS]]


def get_thread(thread_id: str) -> MailThread | None:
    """None for one that the mailbox does not have. Raises OutOfReach."""
    return next((thread for thread in list_threads() if thread.thread_id == thread_id), None)


def mail_ledger() -> Ledger:
    """Raises OutOfReach."""
    return _ledger(_ask("GET", f"{settings.GMAIL_API_BASE}/_books")["perDelivery"])


def control_chat(order: dict[str, Any]) -> None:
    """Tells Twilio's double how to behave. Raises OutOfReach."""
    _ask("POST", f"{settings.TWILIO_API_BASE}/_control", json=order)


def control_mail(order: dict[str, Any]) -> None:
    """Tells Gmail's double how to behave. Raises OutOfReach."""
    _ask("POST", f"{settings.GMAIL_API_BASE}/_control", json=order)


def _chat_line(message: dict[str, Any], told: list[str]) -> ChatLine:
    mine = message["direction"] == "inbound"
    failed = not mine and message["status"] not in _REACHED
    return ChatLine(
        sid=message["sid"],
        mine=mine,
        text=message["body"],
        at=datetime.fromisoformat(message["created_at"]),
        fate=", ".join(told) if mine else message["status"],
        files=tuple(kind for _sid, kind in message["media"]),
        problem=str(message["error_code"] or message["status"]) if failed else "",
    )


def _ledger(per_delivery: dict[str, int]) -> Ledger:
    return Ledger(
        sum(per_delivery.values()), sum(1 for count in per_delivery.values() if count > 1)
    )


def _thread(session: requests.Session, token: str, thread_id: str) -> MailThread:
    found = _gmail(session, token, f"threads/{thread_id}?format=raw")
    mails: list[Mail] = [
        read_mail(
            each["id"],
            base64.urlsafe_b64decode(each["raw"]),
            at=int(each["internalDate"]) / 1000,
            from_desk="SENT" in each["labelIds"],
        )
        for each in found["messages"]
        if "DRAFT" not in each["labelIds"]
    ]
    return MailThread(thread_id, tuple(mails))


def _mail_token(session: requests.Session) -> str:
    grant = {
        "grant_type": "refresh_token",
        "refresh_token": settings.GMAIL_REFRESH_TOKEN,
        "client_id": settings.GMAIL_CLIENT_ID,
        "client_secret": settings.GMAIL_CLIENT_SECRET,
    }
    return str(_request(session, "POST", settings.GOOGLE_TOKEN_URI, data=grant)["access_token"])


def _gmail(session: requests.Session, token: str, path: str) -> dict[str, Any]:
    address = f"{settings.GMAIL_API_BASE}/gmail/v1/users/me/{path}"
    return _request(session, "GET", address, headers={"Authorization": f"Bearer {token}"})


def _ask(method: str, address: str, **details: Any) -> dict[str, Any]:
    with _session() as session:
        return _request(session, method, address, **details)


def _request(
    session: requests.Session, method: str, address: str, **details: Any
) -> dict[str, Any]:
    try:
        response = session.request(
            method, address, timeout=_TIMEOUT, allow_redirects=False, **details
        )
        if response.status_code != requests.codes.ok:
            raise OutOfReach(f"It answered {response.status_code}.")
        answer = response.json()
    except (requests.RequestException, ValueError) as error:
        raise OutOfReach(type(error).__name__) from error
    if not isinstance(answer, dict):
        raise OutOfReach("It answered something else.")
    return answer


def _session() -> requests.Session:
    session = requests.Session()
    session.trust_env = False  # no proxy between two processes of one machine
    return session


def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(urlsplit(address).hostname or "").is_loopback
    except ValueError:
        return False
