"""One function to each transition of a ticket, and the gates that tickets are read through."""

import re
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from crm import services as crm
from crm.models import Conversation, Message, User
from tickets.models import ResponseTarget, Satisfaction, Ticket, TicketEvent
from tickets.notices import handover_notice
from tickets.signals import message_received

Status = Ticket.Status
Kind = TicketEvent.Kind
CUSTOMER = "customer"
AGENT = "agent"
SYSTEM = "system"

_REFERENCE = re.compile(r"TKT-([0-9]{4,9})", re.IGNORECASE)


def get_ticket_by_key(reference: str, key: str) -> Ticket | None:
    """The ticket, if the key opens it. None for a wrong key and for an unknown number alike."""
    number = parse_reference(reference)
    if number is None:
        return None
    ticket = _tickets().filter(number=number).first()
    return ticket if ticket is not None and ticket.opens_with(key) else None


def get_ticket_for_staff(user: User, reference: str) -> Ticket | None:
    """The ticket, if the user is active staff who may view tickets; else None."""
    number = parse_reference(reference)
    if number is None or not user.is_active or not user.has_perm("tickets.view_ticket"):
        return None
    return _tickets().filter(number=number).first()


def get_ticket_of_conversation(conversation: Conversation) -> Ticket | None:
    """The conversation's live ticket, or the last one that was closed."""
    return conversation.tickets.order_by("-id").first()


@transaction.atomic
def open_ticket(
    *,
    message: Message,
    subject: str,
    category: str = Ticket.Category.OTHER,
    priority: str = Ticket.Priority.NORMAL,
) -> Ticket:
    """Opens a ticket for a conversation's first message and lets the agent know."""
    now = message.created_at
    target = ResponseTarget.objects.filter(priority=priority).first()
    ticket = Ticket.objects.create(
        conversation=message.conversation,
        subject=crm.printable(subject)[:300],
        category=category,
        priority=priority,
        due_at=target.due(now) if target else None,
        created_at=now,
        updated_at=now,
    )
    _record(ticket, Kind.CREATED, CUSTOMER, now)
    _announce(message)
    return ticket


@transaction.atomic
def continue_ticket(*, message: Message) -> Ticket:
    """A further message: the live ticket goes on, a resolved one reopens, a closed one is
    succeeded by a new ticket of the same subject. Lets the agent know."""
    conversation = Conversation.objects.select_for_update().get(pk=message.conversation_id)
    ticket = conversation.tickets.exclude(status=Status.CLOSED).select_for_update().first()
    if ticket is None:
        previous = conversation.tickets.order_by("-id").first()
        return open_ticket(
            message=message,
            subject=previous.subject if previous else conversation.subject,
            category=previous.category if previous else Ticket.Category.OTHER,
        )
    if ticket.status == Status.RESOLVED:
        _move(ticket, Status.OPEN, Kind.REOPENED, CUSTOMER, message.created_at, resolved_at=None)
    elif ticket.status == Status.WAITING:
        staffed = conversation.handler == Conversation.Handler.STAFF
        status = Status.IN_PROGRESS if staffed else Status.OPEN
        _save(ticket, message.created_at, status=status)
    else:
        _save(ticket, message.created_at)
    _announce(message)
    return ticket


@transaction.atomic
def note_agent_reply(*, ticket: Ticket, now: datetime) -> None:
    """The agent answered: the ticket waits for the customer."""
    _move(
        ticket,
        Status.WAITING,
        Kind.ANSWERED,
        AGENT,
        now,
        first_response_at=ticket.first_response_at or now,
    )


@transaction.atomic
def note_staff_reply(*, ticket: Ticket, now: datetime) -> None:
    """Staff answered past the desk: the ticket waits for the customer."""
    locked = _lock(ticket)
    _move(
        locked,
        Status.WAITING,
        Kind.ANSWERED,
        SYSTEM,
        now,
        first_response_at=locked.first_response_at or now,
    )


def parse_reference(reference: str) -> int | None:
    """The number of `TKT-0001`, None for anything else."""
    match = _REFERENCE.fullmatch(reference)
    return int(match[1]) if match else None


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
    """
    locked = _lock(ticket)
    crm.hand_to_staff(conversation=locked.conversation)
    if locked.status != Status.ESCALATED:
        crm.queue_system_reply(
            conversation=locked.conversation,
            answers=answers,
            text=handover_notice(locked, reason=reason, now=now),
            now=now,
        )
        _save(
            locked,
            now,
            status=Status.ESCALATED,
            escalation_reason=reason,
            escalation_detail=detail,
            escalated_at=now,
            resolved_at=None,
        )
    _record(locked, Kind.ESCALATED, actor, now, f"{reason}: {detail}")
    return locked


@transaction.atomic
def reply_to_ticket(*, ticket: Ticket, staff: User, text: str, now: datetime) -> Message:
    """A reply by staff, sent the same way as the agent's; staff hold the conversation now."""
    locked = _lock(ticket)
    message = crm.queue_staff_reply(
        conversation=locked.conversation, staff=staff, text=text, now=now
    )
    _move(
        locked,
        Status.WAITING,
        Kind.ANSWERED,
        str(staff),
        now,
        first_response_at=locked.first_response_at or now,
    )
    return message


@transaction.atomic
def take_over_ticket(*, ticket: Ticket, staff: User, now: datetime) -> None:
    """Staff hold the conversation; an answer that the agent was preparing is dropped."""
    locked = _lock(ticket)
    crm.take_over(conversation=locked.conversation, staff=staff)
    _move(locked, Status.IN_PROGRESS, Kind.TAKEN_OVER, str(staff), now)


@transaction.atomic
def hand_back_ticket(*, ticket: Ticket, staff: User, now: datetime) -> None:
    """The agent holds the conversation again and answers what is still unanswered."""
    locked = _lock(ticket)
    crm.hand_back(conversation=locked.conversation)
    waiting = locked.conversation.messages.awaiting_answer().last()
    status = Status.OPEN if waiting else Status.WAITING
    _move(locked, status, Kind.HANDED_BACK, str(staff), now)
    if waiting:
        _announce(waiting)


@transaction.atomic
def resolve_ticket(*, ticket: Ticket, actor: str, now: datetime, unchanged: bool = False) -> bool:
    """Resolves the ticket; False if it was finished already. A reply reopens it.

    What still waited for an answer is settled by it. With `unchanged`, a ticket that was
    changed since the caller read it is left alone, and the answer is False.
    """
    locked = _lock(ticket)
    if locked.is_finished() or (unchanged and locked.updated_at != ticket.updated_at):
        return False
    last = locked.conversation.messages.last()
    if last:
        crm.mark_answered(conversation=locked.conversation, up_to=last, now=now)
    _move(locked, Status.RESOLVED, Kind.RESOLVED, actor, now, resolved_at=now)
    return True


@transaction.atomic
def close_ticket(*, ticket: Ticket, actor: str, now: datetime, unchanged: bool = False) -> bool:
    """Closes the ticket for good; False if it was closed. A later message opens a new one.

    `unchanged` as in `resolve_ticket`.
    """
    locked = _lock(ticket)
    if locked.status == Status.CLOSED or (unchanged and locked.updated_at != ticket.updated_at):
        return False
    _move(locked, Status.CLOSED, Kind.CLOSED, actor, now, resolved_at=locked.resolved_at or now)
    return True


@transaction.atomic
def rate_ticket(*, ticket: Ticket, score: int, comment: str, now: datetime) -> bool:
    """Keeps the customer's rating of a finished ticket; False while it is not finished."""
    locked = _lock(ticket)
    if not locked.is_finished():
        return False
    Satisfaction.objects.update_or_create(
        ticket=locked,
        defaults={"score": score, "comment": crm.printable(comment)[:2000], "created_at": now},
    )
    _record(locked, Kind.RATED, CUSTOMER, now, f"{score}/5")
    return True


def request_person(*, ticket: Ticket, now: datetime) -> None:
    """The customer pressed the button that asks for a person."""
    escalate_ticket(
        ticket=ticket,
        reason=Ticket.Reason.HUMAN_REQUEST,
        detail=_("The customer asked for a person on the status page."),
        actor=CUSTOMER,
        now=now,
    )


def _tickets() -> QuerySet[Ticket]:
    return Ticket.objects.select_related("conversation__customer", "satisfaction")


def _lock(ticket: Ticket) -> Ticket:
    """Locks the conversation, then its ticket: every writer takes them in this order."""
    conversation = Conversation.objects.select_for_update().get(pk=ticket.conversation_id)
    locked = Ticket.objects.select_for_update().get(pk=ticket.pk)
    locked.conversation = conversation
    return locked


def _announce(message: Message) -> None:
    message_received.send(
        sender=Ticket, conversation_id=message.conversation_id, message_id=message.pk
    )


def _move(
    ticket: Ticket, status: str, kind: str, actor: str, now: datetime, **changes: object
) -> None:
    _save(ticket, now, status=status, **changes)
    _record(ticket, kind, actor, now)


def _save(ticket: Ticket, now: datetime, **changes: object) -> None:
    changes["updated_at"] = now
    for field, value in changes.items():
        setattr(ticket, field, value)
    ticket.save(update_fields=list(changes))


def _record(ticket: Ticket, kind: str, actor: str, now: datetime, note: str = "") -> None:
    TicketEvent.objects.create(ticket=ticket, kind=kind, actor=actor, note=note, created_at=now)
