from tickets.models.past import Satisfaction, TicketEvent, TicketMerge
from tickets.models.rules import HandoverRule, ResponseTarget
from tickets.models.saved_reply import SavedReply
from tickets.models.ticket import NextTicketNumber, Ticket, TicketQuerySet, new_access_key

__all__ = [
    "HandoverRule",
    "NextTicketNumber",
    "ResponseTarget",
    "Satisfaction",
    "SavedReply",
    "Ticket",
    "TicketEvent",
    "TicketMerge",
    "TicketQuerySet",
    "new_access_key",
]
