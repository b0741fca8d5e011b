"""Whether a send whose answer was lost went out after all.

Twilio has no key that makes a send repeatable. A status callback that carries our own token
proves it; else the messages that Twilio lists for the same addresses are compared.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from channels.types import TransportError
from channels.whatsapp.client import TwilioClient
from channels.whatsapp.types import ListedMessage, StatusUpdate

# A send that was cut off may be listed a while later; before this its absence proves nothing.
SETTLED_AFTER = timedelta(minutes=2)
# Between our clock and the provider's, whose times have whole seconds.
CLOCK_SKEW = timedelta(seconds=30)
LISTED_AT_MOST = 200


class Outcome(StrEnum):
    SENT = "sent"
    NOT_SENT = "not sent"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Verdict:
    """`sid` is given if, and only if, it was sent."""

    outcome: Outcome
    sid: str = ""


@dataclass(frozen=True, slots=True)
class Intent:
    """A message that we tried to send. What went out holds `text`, and may hold a greeting or
    signature around it; `text` is "" for a template, whose wording is not ours;
    `sent_after` is when the attempt began; `taken` are the sids of all other deliveries."""

    delivery_token: str
    to: str
    text: str = field(repr=False)
    sent_after: datetime
    taken: frozenset[str] = frozenset()


def decide(
    intent: Intent,
    *,
    callbacks: Iterable[StatusUpdate],
    listed: Iterable[ListedMessage],
    listed_at: datetime,
) -> Verdict:
    """What callbacks and a complete listing, made at `listed_at`, say of the intent.

    SENT names one message that can be no other. NOT_SENT allows to send again. Two candidates,
    a template's candidate, or a listing that came too early are UNKNOWN: look later, or let a
    person decide.
    """
    for callback in callbacks:
        if intent.delivery_token and callback.delivery_token == intent.delivery_token:
            return Verdict(Outcome.SENT, callback.message_sid)
    candidates = [message for message in listed if _could_be(intent, message)]
    if len(candidates) == 1 and intent.text:
        return Verdict(Outcome.SENT, candidates[0].sid)
    if not candidates and listed_at >= intent.sent_after + SETTLED_AFTER:
        return Verdict(Outcome.NOT_SENT)
    return Verdict(Outcome.UNKNOWN)


def reconcile(
    client: TwilioClient, intent: Intent, *, callbacks: Iterable[StatusUpdate], now: datetime
) -> Verdict:
    """Lists what went to the customer and decides; UNKNOWN while Twilio cannot be asked.

    Lists without a date: Twilio filters by when it sent a message on, and one that it still
    holds in its queue would be missed.
    """
    seen = list(callbacks)
    verdict = decide(intent, callbacks=seen, listed=(), listed_at=intent.sent_after)
    if verdict.outcome is Outcome.SENT:
        return verdict
    try:
        listed = client.list_messages(to=intent.to, from_=client.sender, limit=LISTED_AT_MOST)
    except TransportError:
        return Verdict(Outcome.UNKNOWN)
    verdict = decide(intent, callbacks=seen, listed=listed, listed_at=now)
    reaches_back = len(listed) < LISTED_AT_MOST or any(
        message.created_at < intent.sent_after - CLOCK_SKEW for message in listed
    )
    if verdict.outcome is Outcome.NOT_SENT and not reaches_back:
        return Verdict(Outcome.UNKNOWN)
    return verdict


def _could_be(intent: Intent, message: ListedMessage) -> bool:
    return (
        message.outgoing
        and message.to_address == intent.to
        and message.sid not in intent.taken
        and message.created_at >= intent.sent_after - CLOCK_SKEW
        and (not intent.text or _holds_text(message.body, intent.text))
    )


def _holds_text(body: str, text: str) -> bool:
    return " ".join(text.split()) in " ".join(body.split())
