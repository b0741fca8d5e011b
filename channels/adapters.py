"""One adapter a channel: how a message leaves the house."""

from typing import Protocol

from channels.types import Receipt
from channels.web.adapter import WebAdapter
from crm.models import Conversation, Message


class Adapter(Protocol):
    """Sends one message. Called outside of any transaction."""

    # Whether a send whose outcome is unknown may simply be made again.
    repeatable: bool

    def send(self, message: Message) -> Receipt:
        """Hands the message to the provider once. Raises TransportError."""
        ...


_ADAPTERS: dict[str, Adapter] = {Conversation.Channel.WEB: WebAdapter()}


def get_adapter(channel: str) -> Adapter:
    """Raises KeyError for a channel that this installation does not have."""
    return _ADAPTERS[channel]
