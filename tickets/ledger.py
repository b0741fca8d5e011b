"""How a ticket is changed: under its conversation's lock, and with an event that says by whom."""

from datetime import datetime

from django.db.models import BigIntegerField, Case, When
from django.db.models.expressions import RawSQL
from django.utils import timezone

from crm import services as crm
from crm.models import Conversation, Message
from tickets.models import Ticket, TicketEvent, TicketMerge, TicketQuerySet
from tickets.signals import message_received

CUSTOMER = "customer"
AGENT = "agent"
SYSTEM = "system"


class TicketSucceededError(Exception):
    """The ticket is closed and the matter goes on in `successor`; nothing was changed."""

    def __init__(self, successor: Ticket) -> None:
        super().__init__(successor.reference)
        self.successor = successor


def lock_ticket(ticket: Ticket) -> Ticket:
    """The ticket as it is, under the lock of its conversation, which every writer takes."""
    conversation = Conversation.objects.select_for_update().get(pk=ticket.conversation_id)
    locked = Ticket.objects.get(pk=ticket.pk)
    locked.conversation = conversation
    return locked


def lock_current_ticket(ticket: Ticket) -> Ticket:
    """As `lock_ticket`, for work on the matter. Raises TicketSucceededError if that goes on in
    another ticket."""
    locked = lock_ticket(ticket)
    successor = get_successor(locked)
    if successor is not None:
        raise TicketSucceededError(successor)
    return locked


def get_successor(ticket: Ticket) -> Ticket | None:
    """Where a closed ticket's matter goes on now: in the ticket that it was merged into, or in
    a later one of its conversation. None if it goes on nowhere."""
    if ticket.status != Ticket.Status.CLOSED:
        return None
    read = with_successor(Ticket.objects.filter(pk=ticket.pk)).only("pk").first()
    successor_id = getattr(read, "successor_id", None)
    if successor_id is None:
        return None
    return Ticket.objects.select_related("conversation").get(pk=successor_id)


def with_successor(tickets: TicketQuerySet) -> TicketQuerySet:
    """Adds `successor_id`, the key of what `get_successor` returns."""
    last = RawSQL(_LAST_ON_THE_WAY, [])  # noqa: S611 a constant
    closed = When(status=Ticket.Status.CLOSED, then=last)
    return tickets.annotate(successor_id=Case(closed, output_field=BigIntegerField()))


def get_standing_merge(ticket: Ticket) -> TicketMerge | None:
    """The merge that took this ticket into another, unless it was undone."""
    if ticket.status != Ticket.Status.CLOSED:
        return None
    return (
        TicketMerge.objects.filter(merged=ticket, undone_at=None)
        .select_related("survivor__conversation", "by")
        .first()
    )


def announce(message: Message) -> None:
    """Lets the agent know, unless the message is looked into first (`crm.signals.code_refused`)."""
    if crm.may_be_code(message, now=timezone.now()):
        return
    message_received.send(
        sender=Ticket, conversation_id=message.conversation_id, message_id=message.pk
    )


def move_ticket(
    ticket: Ticket,
    status: str,
    kind: str,
    actor: str,
    now: datetime,
    *,
    note: str = "",
    **changes: object,
) -> None:
    save_ticket(ticket, now, status=status, **changes)
    record_event(ticket, kind, actor, now, note)


def save_ticket(ticket: Ticket, now: datetime, **changes: object) -> None:
    """Whatever changes a ticket ends its wait for approval, unless it says otherwise."""
    changes = {"approval_since": None, **changes, "updated_at": now}
    for field, value in changes.items():
        setattr(ticket, field, value)
    ticket.save(update_fields=list(changes))


def record_event(ticket: Ticket, kind: str, actor: str, now: datetime, note: str = "") -> None:
    TicketEvent.objects.create(ticket=ticket, kind=kind, actor=actor, note=note, created_at=now)


# The way ends where a ticket is open or has no next one; NULL if it ends where it began.
_LAST_ON_THE_WAY = """
    WITH RECURSIVE way (id, conversation_id, status, step) AS (
        SELECT tickets_ticket.id, tickets_ticket.conversation_id, tickets_ticket.status, 0
        UNION ALL
        SELECT next.id, next.conversation_id, next.status, step + 1
        FROM way JOIN tickets_ticket next ON next.id = coalesce(
            (
                SELECT survivor_id FROM tickets_ticketmerge
                WHERE merged_id = way.id AND undone_at IS NULL
            ),
            (
                SELECT max(later.id) FROM tickets_ticket later
                WHERE later.conversation_id = way.conversation_id AND later.id > way.id
            )
        )
        WHERE way.status = 'closed'
    )
    SELECT id FROM way WHERE step > 0 ORDER BY step DESC LIMIT 1
"""
