"""The way from a merged ticket's page to the one in which it goes on."""

from dataclasses import dataclass

from crm.trust import get_proven_identifier
from tickets.ledger import get_standing_merge, get_successor
from tickets.models import Ticket


@dataclass(frozen=True, slots=True)
class Onward:
    """`path` opens the other ticket's page; "" where its link may only be mailed."""

    reference: str
    path: str


def find_onward(ticket: Ticket) -> Onward | None:
    """None unless the ticket is merged.

    Who holds the key of a ticket from the web form may have typed another person's address. The
    other ticket's key is for them only if writing in the merged one proved that the address is
    theirs; else they ask for the link by e-mail, which only the owner reads.
    """
    if get_standing_merge(ticket) is None:
        return None
    successor = get_successor(ticket)
    if successor is None:
        return None
    proven = get_proven_identifier(ticket.conversation) is not None
    return Onward(successor.reference, successor.status_path if proven else "")
