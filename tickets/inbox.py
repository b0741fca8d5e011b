"""What waits for people, and in which order."""

from datetime import datetime

from django.db.models import Case, DateTimeField, IntegerField, OuterRef, Q, Subquery, Value, When
from django.db.models.functions import Coalesce

from crm.models import Message
from tickets.models import Ticket, TicketQuerySet

_PRIORITIES = (
    Ticket.Priority.URGENT,
    Ticket.Priority.HIGH,
    Ticket.Priority.NORMAL,
    Ticket.Priority.LOW,
)


def with_waiting(tickets: TicketQuerySet) -> TicketQuerySet:
    """Adds `waiting_since`: the oldest unanswered message, else when it was handed over.

    None for what does not wait for us.
    """
    unanswered = (
        Message.objects.awaiting_answer()
        .filter(conversation=OuterRef("conversation"))
        .order_by("id")
        .values("created_at")[:1]
    )
    return tickets.annotate(
        waiting_since=Case(
            When(
                status__in=[
                    Ticket.Status.OPEN, Ticket.Status.ESCALATED, Ticket.Status.IN_PROGRESS
                ],
                then=Coalesce(Subquery(unanswered), "escalated_at"),
            ),
            output_field=DateTimeField(),
        )
    )  # fmt: skip


# Escalated before taken, overdue before not, urgent before low, then who waits longest.
URGENCY = ("taken", "in_time", "priority_rank", "waiting_since", "pk")


def with_urgency(tickets: TicketQuerySet, *, now: datetime) -> TicketQuerySet:
    """Adds what `URGENCY` orders by."""
    return with_waiting(tickets).annotate(
        taken=Case(
            When(status=Ticket.Status.ESCALATED, then=Value(0)),
            default=Value(1),
            output_field=IntegerField(),
        ),
        in_time=Case(
            When(overdue(now), then=Value(0)), default=Value(1), output_field=IntegerField()
        ),
        priority_rank=Case(
            *(When(priority=name, then=Value(rank)) for rank, name in enumerate(_PRIORITIES)),
            default=Value(len(_PRIORITIES)),
            output_field=IntegerField(),
        ),
    )


def overdue(now: datetime) -> Q:
    """Unfinished tickets that nobody answered in the time that their priority promises."""
    return Q(due_at__lt=now, status__in=Ticket.UNFINISHED)
