"""The requests of the benchmark: signed WhatsApp webhooks and forms, each with an id of its own."""

import json
import uuid
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

from channels.whatsapp.signature import sign

WEBHOOK = "/api/v1/webhooks/whatsapp"
FORM = "/api/v1/support/form"
_TEXT = "Hello, how do I change the plan of my account, and from when is the new price due?"


def write_webhooks(path: Path, *, url: str, token: str, count: int, senders: int = 1000) -> None:
    """A file for `wrk.lua`, as Twilio would send from `senders` customers."""
    path.write_text("\n".join(_webhooks(url, token, count, senders)) + "\n", encoding="utf-8")


def write_forms(path: Path, *, count: int, senders: int = 1000) -> None:
    path.write_text("\n".join(_forms(count, senders)) + "\n", encoding="utf-8")


def _webhooks(url: str, token: str, count: int, senders: int) -> Iterator[str]:
    for number in range(count):
        sender = f"1415555{number % senders:04d}"
        parameters = {
            "MessageSid": f"SM{uuid.uuid4().hex}",
            "AccountSid": "AC" + "0" * 32,
            "From": f"whatsapp:+{sender}",
            "To": "whatsapp:+14155238886",
            "WaId": sender,
            "ProfileName": "Alice",
            "Body": _TEXT,
            "NumMedia": "0",
            "SmsStatus": "received",
            "ApiVersion": "2010-04-01",
        }
        signature = sign(url + WEBHOOK, tuple(parameters.items()), token)
        kind = "application/x-www-form-urlencoded"
        yield f"{WEBHOOK}\tX-Twilio-Signature: {signature}\t{kind}\t{urlencode(parameters)}"


def _forms(count: int, senders: int) -> Iterator[str]:
    for number in range(count):
        question = {
            "name": "Alice Example",
            "email": f"customer{number % senders}@example.com",
            "subject": "Change my plan",
            "category": "how_to",
            "message": _TEXT,
        }
        body = json.dumps(question)
        yield f"{FORM}\tIdempotency-Key: {uuid.uuid4()}\tapplication/json\t{body}"
