"""What the WhatsApp channel reads from its provider."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

# A form as it was sent: names and values in order, so that repeated names survive.
Parameters = tuple[tuple[str, str], ...]


class Kind(StrEnum):
    """What a customer sent, as far as the desk treats it differently."""

    TEXT = "text"
    BUTTON = "button"
    REACTION = "reaction"
    LOCATION = "location"
    CONTACT = "contact"
    MEDIA = "media"
    VIEW_ONCE = "view-once"
    UNKNOWN = "unknown"


class MalformedWebhook(ValueError):
    """An authentic webhook lacks what makes it a message. The text names what, for staff."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Who writes: `value` is folded for matching, `address` is what is sent to.

    `kind` is a `CustomerIdentifier.Kind`: a phone number in E.164 form, or the id that WhatsApp
    gives a person towards one business, for those who hide their number.
    """

    kind: str
    value: str
    address: str


@dataclass(frozen=True, slots=True)
class MediaRef:
    """A file that can be fetched from the provider; the type is what the sender claims."""

    url: str
    content_type: str


@dataclass(frozen=True, slots=True)
class InboundWhatsApp:
    """One message from a customer.

    `text` is never empty: what has no words is described by a placeholder in brackets.
    `further_identities` are other addresses of the same person that WhatsApp vouches for.
    """

    message_sid: str
    from_identity: Identity
    further_identities: tuple[Identity, ...]
    to: str
    profile_name: str
    wa_id: str
    kind: Kind
    text: str
    media: tuple[MediaRef, ...]
    replied_to_sid: str
    parameters: Parameters = field(repr=False)

    @property
    def external_id(self) -> str:
        return external_id(self.message_sid)


@dataclass(frozen=True, slots=True)
class StatusUpdate:
    """A status callback; `delivery_token` is ours, from the address that we gave the provider."""

    message_sid: str
    status: str
    error_code: int | None
    error_message: str
    delivery_token: str


@dataclass(frozen=True, slots=True)
class ListedMessage:
    """A message as the provider's listing shows it. Addresses are as sent, `whatsapp:…`."""

    sid: str
    outgoing: bool
    from_address: str
    to_address: str
    body: str
    status: str
    error_code: int | None
    created_at: datetime
    media_count: int = 0


def external_id(message_sid: str) -> str:
    """The id of a message over all channels: what the provider sends twice is one message."""
    return f"whatsapp:{message_sid}"
