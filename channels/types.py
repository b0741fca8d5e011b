"""What channels pass on and what they get back."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from crm.models import Message
from crm.types import Identity, IncomingFile


@dataclass(frozen=True, slots=True)
class Submission:
    """A valid question from the web form or its API; `token` is the same for a repeated one."""

    token: str
    name: str
    email: str
    subject: str
    message: str
    category: str
    priority: str
    phone: str = ""
    language: str = ""
    files: tuple[IncomingFile, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One part of a message on its way out.

    `token` names it at the provider. `intent_ref` is what an earlier attempt prepared there, or
    ""; `keep_intent` records it before the sending step. `first_tried_at` is when the first
    attempt began.
    """

    message: Message
    part: int
    text: str
    token: str
    intent_ref: str
    keep_intent: Callable[[str], None]
    first_tried_at: datetime


@dataclass(frozen=True, slots=True)
class Receipt:
    """The provider took the message: its id, its first status, and what its thread is known by."""

    provider_id: str = ""
    provider_status: str = ""
    thread_keys: tuple[str, ...] = ()


class Finding(StrEnum):
    """What a look at the provider says of a send whose outcome was unknown."""

    SENT = "sent"
    NOT_SENT = "not sent"
    UNCLEAR = "unclear"


@dataclass(frozen=True, slots=True)
class Reconciled:
    """`receipt` is given if, and only if, it was sent."""

    finding: Finding
    receipt: Receipt | None = None


class TransportError(Exception):
    """A provider refused or could not be reached; nothing was sent.

    `permanent` tells that the same attempt can never succeed. The text is for staff: what
    happened and what to do, without the message's content.
    """

    def __init__(self, explanation: str, *, permanent: bool) -> None:
        super().__init__(explanation)
        self.permanent = permanent


class RateLimited(TransportError):
    """Not sent; may be tried again after `retry_after`."""

    def __init__(self, explanation: str, *, retry_after: timedelta) -> None:
        super().__init__(explanation, permanent=False)
        self.retry_after = retry_after


class OutcomeUnknown(TransportError):
    """The provider may have taken the message: look before anything is sent again.

    `permanent`, so that whoever does not know this class does not repeat the send either.
    """

    def __init__(self, explanation: str) -> None:
        super().__init__(explanation, permanent=True)


class AddressRefused(TransportError):
    """The address takes nothing any more: its owner opted out, or it does not exist."""

    def __init__(self, explanation: str) -> None:
        super().__init__(explanation, permanent=True)


class HeldBack(Exception):
    """It must not be sent now; it may be once something changes. The text says what."""


class Unreadable(Exception):
    """What arrived cannot be read as a message. The text says why, without quoting it."""


@dataclass(frozen=True, slots=True)
class BouncedMail:
    """A report that one of our mails did not arrive; empty where the report says nothing."""

    recipient: str
    status: str
    original_key: str
    permanent: bool


@dataclass(frozen=True, slots=True)
class Arrival:
    """One message from outside, read: what every channel makes of what it accepted.

    `keys` are the names this message and its thread go by, `references` the names of what it
    answers. `further` are other addresses of the sender that the channel vouches for.
    `files_to_fetch` counts the files that follow by a job. `automatic` says why no person wrote
    it, "" if one did. `forwarded_by` is the comment of a member of staff who forwarded a
    customer's mail. `from_us` tells that it was sent from our own address, by `delivery_token`
    if the desk sent it, else by a person; `recipients` are the normalised addresses it went to.
    """

    channel: str
    external_id: str
    identity: Identity
    name: str
    trust: int
    text: str
    received_at: datetime
    subject: str = ""
    full_text: str = ""
    html: str = ""
    files: tuple[IncomingFile, ...] = ()
    files_to_fetch: int = 0
    remarks: tuple[str, ...] = ()
    further: tuple[Identity, ...] = ()
    keys: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    ticket_reference: str = ""
    automatic: str = ""
    bounce: BouncedMail | None = None
    forwarded_by: str | None = None
    from_us: bool = False
    delivery_token: str = ""
    recipients: tuple[str, ...] = ()
