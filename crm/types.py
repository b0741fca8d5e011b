"""What crosses the borders of the CRM."""

from dataclasses import dataclass, field
from datetime import datetime

from crm.models.conversation import Source

__all__ = ["Contact", "IncomingFile", "IncomingMessage", "PastMessage", "Source"]


@dataclass(frozen=True, slots=True)
class Contact:
    """Who wrote, as the channel knows it. At least one of the addresses is given."""

    name: str = ""
    email: str = ""
    phone: str = ""
    language: str = ""


@dataclass(frozen=True, slots=True)
class IncomingFile:
    name: str
    content_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class IncomingMessage:
    """One message from outside; `external_id` is unique over all channels, e.g. `web:…`."""

    external_id: str
    text: str
    received_at: datetime
    files: tuple[IncomingFile, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class PastMessage:
    """A message of a customer's history as the agent and the console read it."""

    conversation_id: int
    channel: str
    author: str
    text: str
    created_at: datetime
