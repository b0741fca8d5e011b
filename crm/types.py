"""What crosses the borders of the CRM."""

from dataclasses import dataclass, field
from datetime import datetime

from crm.models.conversation import Source

__all__ = ["Contact", "Identity", "IncomingFile", "IncomingMessage", "PastMessage", "Source"]


@dataclass(frozen=True, slots=True)
class Identity:
    """An address as a channel knows it: `value` is folded for matching, `address` is sent to.

    `kind` is a `CustomerIdentifier.Kind`.
    """

    kind: str
    value: str
    address: str


@dataclass(frozen=True, slots=True)
class Contact:
    """Who wrote, as the channel knows it. At least one of the addresses is given."""

    name: str = ""
    email: str = ""
    phone: str = ""
    language: str = ""


@dataclass(frozen=True, slots=True)
class IncomingFile:
    """`content_id` names an inline image in the message's HTML."""

    name: str
    content_type: str
    content: bytes
    content_id: str = ""


@dataclass(frozen=True, slots=True)
class IncomingMessage:
    """One message from outside; `external_id` is unique over all channels, e.g. `web:…`.

    `text` is what is new in it and all that the agent sees; `full_text` and `html` show people
    the whole, quotes and all, where it differs. `remarks` are sentences for people, such as
    which file was left out. `trust` is how sure the channel is of who wrote this very message, a
    `CustomerIdentifier.Trust`.
    """

    external_id: str
    text: str
    received_at: datetime
    files: tuple[IncomingFile, ...] = field(default=())
    full_text: str = ""
    html: str = ""
    remarks: tuple[str, ...] = ()
    trust: int = 0


@dataclass(frozen=True, slots=True)
class PastMessage:
    """A message of a customer's history as the agent and the console read it."""

    conversation_id: int
    channel: str
    author: str
    text: str
    created_at: datetime
