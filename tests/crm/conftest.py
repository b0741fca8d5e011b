"""People who write on several channels, as the channels' own code would record them."""

from collections.abc import Callable
from datetime import datetime

import pytest

from channels.adapters import get_adapter
from crm import services
from crm.identity import resolve_identity
from crm.models import Conversation, CustomerIdentifier, Message
from crm.types import Identity, IncomingMessage

Trust = CustomerIdentifier.Trust
KINDS = {"email": CustomerIdentifier.Kind.EMAIL, "whatsapp": CustomerIdentifier.Kind.PHONE}

Writes = Callable[..., Message]


@pytest.fixture(name="every_channel")
def install_every_channel(monkeypatch: pytest.MonkeyPatch) -> None:
    """Something to queue replies with on every channel; nothing here sends them."""
    adapters = get_adapter.__globals__["_ADAPTERS"]
    for channel in KINDS:
        if channel not in adapters:
            monkeypatch.setitem(adapters, channel, adapters["web"])


@pytest.fixture(name="writes")
def write_from_anywhere(db: None, now: datetime, every_channel: None) -> Writes:
    """Somebody writes from an address: by mail where it has an @, else by WhatsApp."""
    counter = iter(range(1, 100_000))

    def write(
        address: str,
        text: str = "Hello",
        *,
        name: str = "",
        trust: int = Trust.AUTHENTICATED,
        conversation: Conversation | None = None,
    ) -> Message:
        channel = "email" if "@" in address else "whatsapp"
        if conversation is None:
            identifier = resolve_identity(
                Identity(KINDS[channel], address, address), name=name, trust=Trust(trust)
            )
            conversation = services.start_conversation(
                identifier=identifier, channel=channel, subject=text
            )
        message, _created = services.receive_message(
            conversation=conversation,
            incoming=IncomingMessage(
                external_id=f"{channel}:{next(counter)}", text=text, received_at=now, trust=trust
            ),
        )
        return message

    return write
