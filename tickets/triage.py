"""How staff sort tickets: who takes one, how urgent it is, what it is about."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from crm.models import Conversation, User
from tickets.models import ResponseTarget, Ticket, TicketEvent


@transaction.atomic
def assign_ticket(*, ticket: Ticket, assignee: User | None, actor: User, now: datetime) -> bool:
    """Gives the ticket's conversation to a member of staff, or to nobody; False if it was so.

    Who answers, the agent or people, stays as it is.
    """
    conversation = Conversation.objects.select_for_update().get(pk=ticket.conversation_id)
    if conversation.assigned_to_id == (assignee.pk if assignee else None):
        return False
    conversation.assigned_to = assignee
    conversation.save(update_fields=["assigned_to"])
    note = _("assigned to %(name)s") % {"name": assignee} if assignee else _("assigned to nobody")
    _record(ticket, actor, note, now)
    return True


@transaction.atomic
def sort_ticket(
    *, ticket: Ticket, priority: str, category: str, actor: User, now: datetime
) -> bool:
    """Sets priority and category; False if they were so already.

    While an answer is owed, another priority also moves the time it is due.
    """
    Conversation.objects.select_for_update().get(pk=ticket.conversation_id)
    locked = Ticket.objects.select_for_update().get(pk=ticket.pk)
    changes = []
    if locked.priority != priority:
        locked.priority = priority
        changes.append(_("priority %(name)s") % {"name": locked.get_priority_display()})
        if locked.first_response_at is None:
            locked.due_at = ResponseTarget.due_for(priority, locked.created_at)
        elif locked.due_at:
            locked.due_at = ResponseTarget.due_for(priority, locked.escalated_at or now)
    if locked.category != category:
        locked.category = category
        changes.append(_("category %(name)s") % {"name": locked.get_category_display()})
    if not changes:
        return False
    locked.updated_at = now
    locked.save(update_fields=["priority", "category", "due_at", "updated_at"])
    _record(locked, actor, ", ".join(changes), now)
    return True


def _record(ticket: Ticket, actor: User, note: str, now: datetime) -> None:
    TicketEvent.objects.create(
        ticket=ticket, kind=TicketEvent.Kind.CHANGED, actor=str(actor), note=note, created_at=now
    )
