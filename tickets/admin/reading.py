"""What a ticket's page shows, read in few queries: the ticket brings along what is short."""

from datetime import datetime

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import BooleanField, Exists, ExpressionWrapper, F, OuterRef, Q
from django.db.models.functions import JSONObject

from crm.models import CustomerIdentifier
from tickets.inbox import with_waiting
from tickets.ledger import with_successor
from tickets.merging import could_take, list_standing_merges
from tickets.models import Ticket, TicketEvent, TicketMerge

_PAST_TICKETS = 8
_CANDIDATES = 20
_EVENTS = 30


def read_ticket(ticket_id: int) -> Ticket | None:
    """The ticket with its conversation, customer and rating, and with what the functions below
    take from it. One query."""
    merges = TicketMerge.objects.filter(undone_at=None).filter(
        Q(survivor=OuterRef("pk")) | Q(merged=OuterRef("pk"))
    )
    return (
        with_successor(with_waiting(Ticket.objects.filter(pk=ticket_id)))
        .select_related(
            "conversation__customer",
            "conversation__identifier",
            "conversation__assigned_to",
            "satisfaction",
        )
        .annotate(addresses=_ADDRESSES, newest_events=_NEWEST_EVENTS, has_merges=Exists(merges))
        .first()
    )


def read_addresses(ticket: Ticket) -> list[CustomerIdentifier]:
    """The customer's, the most trusted first."""
    return [CustomerIdentifier(**read) for read in getattr(ticket, "addresses", ())]


def read_events(ticket: Ticket) -> list[TicketEvent]:
    """The newest ones, newest first."""
    return [
        TicketEvent(**{**read, "created_at": datetime.fromisoformat(read["created_at"])})
        for read in getattr(ticket, "newest_events", ())
    ]


def read_merges(ticket: Ticket) -> list[TicketMerge]:
    """`list_standing_merges`, which asks nothing where the ticket has none."""
    return list_standing_merges(ticket) if getattr(ticket, "has_merges", True) else []


def read_other_tickets(ticket: Ticket) -> tuple[list[Ticket], list[Ticket]]:
    """The same customer's latest other tickets over all channels, and those that this one could go
    on in; newest first. One query."""
    theirs = Ticket.objects.filter(conversation__customer=ticket.conversation.customer_id)
    others = theirs.exclude(pk=ticket.pk).order_by("-id")
    rows = list(
        others.annotate(could_take=ExpressionWrapper(could_take(ticket), BooleanField()))
        .filter(Q(pk__in=others.values("pk")[:_PAST_TICKETS]) | Q(could_take=True))
        .select_related("conversation")[: _PAST_TICKETS + _CANDIDATES]
    )
    candidates = [row for row in rows if getattr(row, "could_take", False)]
    return rows[:_PAST_TICKETS], candidates[:_CANDIDATES]


_ADDRESSES = ArraySubquery(
    CustomerIdentifier.objects.filter(customer=OuterRef("conversation__customer"))
    .order_by("-trust", "id")
    .values(read=JSONObject(address=F("address"), trust=F("trust")))
)
_NEWEST_EVENTS = ArraySubquery(
    TicketEvent.objects.filter(ticket=OuterRef("pk"))
    .order_by("-id")
    .values(read=JSONObject(**{name: F(name) for name in ("kind", "actor", "note", "created_at")}))[
        :_EVENTS
    ]
)
