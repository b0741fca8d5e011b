"""What a mail is once it was read, and what is asked to leave."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from crm.types import Source


class MailProblem(Exception):
    """A mail that cannot be read as one; its text says why, without quoting the mail."""


class AutomaticKind(StrEnum):
    """Why nothing may be answered automatically to a mail."""

    BOUNCE = "bounce"
    AUTO_REPLY = "auto_reply"
    BULK = "bulk"
    OWN_ADDRESS = "own_address"
    NO_REPLY = "no_reply"


class OmissionReason(StrEnum):
    TOO_MANY = "too_many"
    TOO_LARGE = "too_large"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class RawMail:
    """A mail as Gmail keeps it: `raw` are the bytes of RFC 5322, unchanged."""

    gmail_id: str
    thread_id: str
    label_ids: tuple[str, ...]
    received_at: datetime
    raw: bytes


@dataclass(frozen=True, slots=True)
class Bounce:
    """What a delivery report says; empty where it says nothing. `status` as in RFC 3463."""

    recipient: str
    status: str
    original_message_id: str

    @property
    def permanent(self) -> bool:
        """Whether the address is to be given up: 5.x, or a failure without any status."""
        return not self.status.startswith("4")


@dataclass(frozen=True, slots=True)
class MailAttachment:
    """`cid` is the Content-ID that the HTML shows an inline image by, else None."""

    name: str
    content_type: str
    content: bytes
    cid: str | None = None


@dataclass(frozen=True, slots=True)
class OmittedAttachment:
    """A file that was not kept, so that its absence can be shown."""

    name: str
    content_type: str
    size: int
    reason: OmissionReason


@dataclass(frozen=True, slots=True)
class ForwardedMail:
    """The mail inside a forward; `comment` are the words of who forwarded it."""

    from_name: str
    from_address: str
    subject: str
    text: str
    comment: str


@dataclass(frozen=True, slots=True)
class ParsedMail:
    """One mail, decoded. Texts hold no NUL and no control characters but line breaks and tabs.

    `message_id`, `in_reply_to` and `references` keep their angle brackets. Addresses are as
    written, `from_address` is never empty. `text_new` is what the sender added, for the agent;
    `text_full` is everything that is visible, for people. `authenticated` holds only if Google
    saw DMARC pass for the domain of `from_address`; nothing else makes a sender known.
    """

    message_id: str
    gmail_id: str
    thread_id: str
    label_ids: tuple[str, ...]
    from_name: str
    from_address: str
    reply_to: str
    to: tuple[str, ...]
    cc: tuple[str, ...]
    subject: str
    ticket_reference: str | None
    in_reply_to: str
    references: tuple[str, ...]
    date_sent: datetime
    text_new: str
    text_full: str
    html_sanitised: str
    attachments: tuple[MailAttachment, ...]
    omitted: tuple[OmittedAttachment, ...]
    automatic: AutomaticKind | None
    bounce: Bounce | None
    authenticated: bool
    is_forward: bool
    forwarded: ForwardedMail | None


@dataclass(frozen=True, slots=True)
class OutgoingMail:
    """One reply to one address. `automatic` tells that no person wrote it.

    `references` are the thread's Message-IDs, oldest first; `in_reply_to` the one answered.
    """

    delivery_id: str
    to_address: str
    subject: str
    text: str
    to_name: str = ""
    ticket_reference: str = ""
    in_reply_to: str = ""
    references: tuple[str, ...] = ()
    automatic: bool = True
    greeting: str = ""
    signature: str = ""
    sources: tuple[Source, ...] = field(default=())
