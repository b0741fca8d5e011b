"""A ticket between the agent and people: who holds it, and why it changes hands."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from crm import services as crm
from crm.models import Message, User
from tickets import security
from tickets.ledger import (
    CUSTOMER,
    announce,
    lock_current_ticket,
    lock_ticket,
    move_ticket,
    record_event,
    save_ticket,
)
from tickets.models import ResponseTarget, Ticket, TicketEvent
from tickets.notices import handover_notice
from tickets.signals import handed_over

Status = Ticket.Status
Kind = TicketEvent.Kind


@transaction.atomic
def escalate_ticket(
    *,
    ticket: Ticket,
    reason: str,
    detail: str,
    actor: str,
    now: datetime,
    answers: Message | None = None,
) -> Ticket:
    """Hands the ticket and its conversation to people, with the reason they need to act on.

    The agent stays out until `hand_back_ticket`, and the customer is told who answers next.
    While a ticket is escalated its first reason stays; a later one is added to the events.
    Raises TicketSucceededError.
    """
    locked = lock_current_ticket(ticket)
    crm.hand_to_staff(conversation=locked.conversation)
    if locked.status != Status.ESCALATED:
        crm.queue_system_reply(
            conversation=locked.conversation,
            answers=answers,
            text=handover_notice(locked, reason=reason, now=now),
            now=now,
        )
        save_ticket(
            locked,
            now,
            status=Status.ESCALATED,
            escalation_reason=reason,
            escalation_detail=detail,
            escalated_at=now,
            resolved_at=None,
            **_promise(locked, reason, now),
        )
        if reason == Ticket.Reason.SECURITY:
            security.alert_staff(locked, now=now)
    record_event(locked, Kind.ESCALATED, actor, now, f"{reason}: {detail}")
    handed_over.send(sender=Ticket, conversation_id=locked.conversation_id)
    return locked


@transaction.atomic
def take_over_ticket(*, ticket: Ticket, staff: User, now: datetime) -> None:
    """Staff hold the conversation; an answer that the agent was preparing is dropped.

    Raises TicketSucceededError.
    """
    locked = lock_current_ticket(ticket)
    crm.take_over(conversation=locked.conversation, staff=staff)
    move_ticket(locked, Status.IN_PROGRESS, Kind.TAKEN_OVER, str(staff), now, resolved_at=None)
    security.settle_alert(locked, now=now)
    handed_over.send(sender=Ticket, conversation_id=locked.conversation_id)


@transaction.atomic
def hand_back_ticket(*, ticket: Ticket, staff: User, now: datetime) -> bool:
    """The agent holds the conversation again and answers what is still unanswered.

    False, and nothing, if it holds it already: a new turn would void what it has answered since.
    Raises TicketSucceededError.
    """
    locked = lock_current_ticket(ticket)
    if not crm.hand_back(conversation=locked.conversation):
        return False
    waiting = locked.conversation.messages.awaiting_answer().last()
    if not locked.is_finished():
        changes = {"status": Status.OPEN} if waiting else {"status": Status.WAITING, "due_at": None}
        save_ticket(locked, now, **changes)
    security.settle_alert(locked, now=now)
    record_event(locked, Kind.HANDED_BACK, str(staff), now)
    if waiting:
        announce(waiting)
    return True


@transaction.atomic
def request_person(*, ticket: Ticket, now: datetime) -> bool:
    """The customer pressed the button that asks for a person; False on a finished ticket."""
    locked = lock_ticket(ticket)
    if locked.is_finished():
        return False
    escalate_ticket(
        ticket=locked,
        reason=Ticket.Reason.HUMAN_REQUEST,
        detail=_("The customer asked for a person on the status page."),
        actor=CUSTOMER,
        now=now,
    )
    return True


def _promise(ticket: Ticket, reason: str, now: datetime) -> dict[str, object]:
    """When people have to answer: what was promised for the message, or from now on if the agent
    had answered it."""
    if reason == Ticket.Reason.SECURITY:
        return security.make_urgent(ticket, now=now)
    return {"due_at": ticket.due_at or ResponseTarget.due_for(ticket.priority, now)}
