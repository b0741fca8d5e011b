"""The parts of one answer, sent in order."""

from collections.abc import Callable, Sequence
from typing import Protocol
from urllib.parse import quote

from django.conf import settings

from channels.whatsapp.splitting import HARD_LIMIT, length

STATUS_PATH = "/api/v1/webhooks/whatsapp/status"
TOKEN_PARAMETER = "delivery"  # noqa: S105  the name in our own address, no secret


class TextSender(Protocol):
    def send_text(self, to: str, body: str, status_callback: str) -> str: ...


def callback_url(delivery_token: str) -> str:
    """Where the provider reports on a delivery. The token in it ties the provider's id to our
    intent even when the answer to the send was lost."""
    return f"{settings.PUBLIC_URL}{STATUS_PATH}?{TOKEN_PARAMETER}={quote(delivery_token, safe='')}"


def send_parts(
    client: TextSender,
    parts: Sequence[str],
    callback_url_for: Callable[[int], str],
    *,
    to: str,
    record: Callable[[int, str], None],
    first: int = 0,
) -> None:
    """Sends the parts from index `first` on, and tells `record` each one's index and sid at once.

    Stops at the first TransportError, which it lets through, so that no part overtakes another.
    What `record` kept tells where to go on.
    """
    for index in range(first, len(parts)):
        if length(parts[index]) > HARD_LIMIT:
            raise ValueError("A part is longer than WhatsApp takes.")
        record(index, client.send_text(to, parts[index], callback_url_for(index)))
