"""What a delivery began at Twilio, kept in `Delivery.intent_ref` before each step.

Nothing but "text" means that the text itself may be out.
"""

from dataclasses import dataclass
from datetime import datetime

from django.utils.dateparse import parse_datetime

TEXT = "text"  # the text is being sent
CLOSED = "closed"  # Twilio said that the window is closed
TEMPLATE = "template"  # the template that asks the customer to write was tried

_TEMPLATE_PREFIX = "template."


@dataclass(frozen=True, slots=True)
class Intent:
    """`at` is when the step began."""

    kind: str
    at: datetime

    def __str__(self) -> str:
        return f"{self.kind}@{self.at.isoformat()}"


def read_intent(reference: str) -> Intent | None:
    """None where nothing was begun."""
    kind, _sign, moment = reference.partition("@")
    at = parse_datetime(moment) if moment else None
    return Intent(kind, at) if at else None


def template_token(delivery_token: str) -> str:
    """The name of a delivery's template in status callbacks: the template is not the delivery."""
    return f"{_TEMPLATE_PREFIX}{delivery_token}"


def template_owner(token: str) -> str:
    """The token of the delivery whose template this names, "" if it names none."""
    return token.removeprefix(_TEMPLATE_PREFIX) if token.startswith(_TEMPLATE_PREFIX) else ""
