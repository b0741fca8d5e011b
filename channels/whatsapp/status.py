"""Where a sent message stands, and what the provider's error codes mean for staff.

Status callbacks come in any order, and may come before the answer to the send. Codes are from
Twilio's error and warning dictionary.
"""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

WINDOW_CLOSED = 63016
RATE_EXCEEDED = 63018
MEDIA_FAILED = 63019
OPTED_OUT = 21610

_RANK = {
    status: rank
    for rank, status in enumerate(
        ("accepted", "scheduled", "queued", "sending", "sent", "delivered", "read")
    )
}
_FAILED = frozenset({"failed", "undelivered", "canceled"})
_ARRIVED = frozenset({"delivered", "read"})


@dataclass(frozen=True, slots=True)
class ErrorMeaning:
    """`permanent`: the same message to the same address can never succeed. The sentence says
    what happened and what to do."""

    permanent: bool
    sentence: str


def advance(current: str, incoming: str) -> str | None:
    """The status to record after `incoming`, or None where it changes nothing.

    `current` is "" before the first. Never steps back: queued < sending < sent < delivered <
    read; a failure is final, and comes too late for what the customer has received. A status
    that is not known changes nothing.
    """
    if current in _FAILED:
        return None
    if incoming in _FAILED:
        return None if current in _ARRIVED else incoming
    if incoming not in _RANK:
        return None
    return incoming if _RANK[incoming] > _RANK.get(current, -1) else None


def is_failure(status: str) -> bool:
    """Whether the customer did not get the message and will not."""
    return status in _FAILED


def explain_error(code: int | None) -> ErrorMeaning:
    """What an error code means. An unknown one is permanent, and the sentence names it."""
    if code in _MEANINGS:
        permanent, sentence = _MEANINGS[code]
        return ErrorMeaning(permanent, str(sentence))
    if code is None:
        return ErrorMeaning(True, gettext("WhatsApp did not deliver it and gave no reason."))
    return ErrorMeaning(
        True, gettext("Twilio refused it with error %(code)s; look the code up.") % {"code": code}
    )


_MEANINGS: dict[int, tuple[bool, str | Promise]] = {
    WINDOW_CLOSED: (
        True,
        _("The 24 hours for free text are over. Send an approved template, or write elsewhere."),
    ),
    RATE_EXCEEDED: (
        False,
        _("WhatsApp's rate for this sender is used up; it is sent again later."),
    ),
    MEDIA_FAILED: (
        True,
        _("The file could not be fetched or is of a kind that WhatsApp does not take."),
    ),
    OPTED_OUT: (
        True,
        _("The customer opted out of messages from this number. Do not write there again."),
    ),
    20003: (True, _("Twilio refused the account or its token. Check TWILIO_AUTH_TOKEN.")),
    20404: (True, _("Twilio does not know it (any more).")),
    20429: (False, _("Twilio takes no more requests for the moment; it is sent again later.")),
    21211: (True, _("The customer's address is not one that WhatsApp knows.")),
    21617: (True, _("The message is longer than WhatsApp takes. Write it in shorter messages.")),
    63001: (True, _("Twilio could not sign in to WhatsApp. Check the sender in Twilio's console.")),
    63003: (True, _("The customer's number has no WhatsApp account.")),
    63005: (True, _("WhatsApp did not take the message's content.")),
    63007: (
        True,
        _("TWILIO_WHATSAPP_FROM is no WhatsApp sender of this account. Correct the setting."),
    ),
    63013: (True, _("The message breaks a rule of WhatsApp's; look at it before sending again.")),
    63015: (True, _("The customer has not joined the Twilio sandbox that this desk uses.")),
    63024: (True, _("The customer's number cannot receive WhatsApp messages.")),
    63049: (True, _("WhatsApp chose not to deliver this template to the customer.")),
}
