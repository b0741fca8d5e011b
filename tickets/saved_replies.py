"""Answers that staff keep to use again, with the customer's name and the like filled in."""

from dataclasses import dataclass

from django.db.models import Case, When

from crm.models import User
from tickets.models import SavedReply, Ticket

MAX_OFFERED = 100


@dataclass(frozen=True, slots=True)
class FilledReply:
    """A saved reply as it would be sent in one ticket."""

    title: str
    text: str


def list_filled_replies(ticket: Ticket, *, staff: User) -> list[FilledReply]:
    """MAX_OFFERED at most, those in the customer's language first. One query; the customer is
    loaded already."""
    name = ticket.conversation.customer.name.strip()
    values = {
        "name": name,
        "first_name": name.split(" ")[0],
        "ticket": ticket.reference,
        "subject": ticket.subject,
        "staff": staff.get_full_name() or staff.get_username(),
    }
    language = ticket.conversation.customer.language[:2]
    theirs = Case(When(language__startswith=language, then=0), default=1)
    saved = SavedReply.objects.order_by(theirs, "title")[:MAX_OFFERED]
    return [FilledReply(reply.title, reply.fill(values)) for reply in saved]
