"""What became of a send whose outcome is unknown."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from channels.gmail.errors import NotFound
from channels.gmail.records import Draft, MessageRef


class Outcome(StrEnum):
    """SENT: the message is there. WAITING: the draft is still there, so it was not sent when
    that was looked at; the same draft may be sent again, for Gmail sends a draft only once.
    UNCLEAR: neither is there, so a person decides."""

    SENT = "sent"
    WAITING = "waiting"
    UNCLEAR = "unclear"


@dataclass(frozen=True, slots=True)
class Finding:
    outcome: Outcome
    message: MessageRef | None = None
    draft: Draft | None = None


class Mailbox(Protocol):
    """The part of GmailClient that is needed."""

    def find_sent(self, delivery_id: str, *, thread_id: str = "") -> MessageRef | None: ...
    def find_draft(self, delivery_id: str) -> Draft | None: ...
    def get_draft(self, draft_id: str) -> Draft: ...


def find_outcome(
    mailbox: Mailbox, *, delivery_id: str, draft_id: str = "", thread_id: str = ""
) -> Finding:
    """Looks, and changes nothing. Raises TransportError if it cannot look.

    The draft is looked at first: where it is, the sent mails need not be searched, and a send
    that is carried out in between takes the draft with it. Without a `draft_id`, when even the
    draft's creation was not answered, the draft is searched for.
    """
    draft = _draft(mailbox, delivery_id, draft_id)
    if draft is not None:
        return Finding(Outcome.WAITING, draft=draft)
    message = mailbox.find_sent(delivery_id, thread_id=thread_id)
    if message is not None:
        return Finding(Outcome.SENT, message=message)
    return Finding(Outcome.UNCLEAR)


def _draft(mailbox: Mailbox, delivery_id: str, draft_id: str) -> Draft | None:
    if not draft_id:
        return mailbox.find_draft(delivery_id)
    try:
        return mailbox.get_draft(draft_id)
    except NotFound:
        return None
