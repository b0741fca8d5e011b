"""How a ticket is changed: under its conversation's lock, and with an event that says by whom."""

from datetime import datetime

from django.utils import timezone

from crm import services as crm
from crm.models import Conversation, Message
from tickets.models import Ticket, TicketEvent, TicketMerge
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
    current = ticket
    while (following := _get_next(current)) is not None:
        current = following
    return None if current.pk == ticket.pk else current


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


def _get_next(ticket: Ticket) -> Ticket | None:
    if ticket.status != Ticket.Status.CLOSED:
        return None
    merge = get_standing_merge(ticket)
    if merge is not None:
        return merge.survivor
    later = Ticket.objects.filter(conversation=ticket.conversation_id, pk__gt=ticket.pk)
    return later.order_by("-id").first()
