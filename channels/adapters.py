"""One adapter a channel: how a message leaves the house."""

from typing import Protocol

from channels.gmail.adapter import GmailAdapter
from channels.types import Outgoing, Receipt, Reconciled
from channels.web.adapter import WebAdapter
from channels.whatsapp.adapter import WhatsAppAdapter
from crm.models import Conversation


class Adapter(Protocol):
    """Sends one part of a message. `send` and `reconcile` are called outside any transaction."""

    # Whether a send whose outcome is unknown may simply be made again.
    repeatable: bool

    def split(self, text: str, *, limit: int | None) -> list[str]:
        """The parts of a text that go out one by one; one empty part for "as the message is"."""
        ...

    def send(self, outgoing: Outgoing) -> Receipt:
        """Hands the part to the provider once. Raises TransportError or HeldBack."""
        ...

    def reconcile(self, outgoing: Outgoing) -> Reconciled:
        """Looks whether an earlier attempt was sent after all. Raises TransportError."""
        ...


_ADAPTERS: dict[str, Adapter] = {
    Conversation.Channel.WEB: WebAdapter(),
    Conversation.Channel.EMAIL: GmailAdapter(),
    Conversation.Channel.WHATSAPP: WhatsAppAdapter(),
}


def get_adapter(channel: str) -> Adapter:
    """Raises KeyError for a channel that this installation does not have."""
    return _ADAPTERS[channel]
