"""One function to each transition of a ticket, and the gates that tickets are read through."""

import re
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import override

from crm import services as crm
from crm.models import Conversation, Message, User
from tickets import security
from tickets.endings import close_ticket, rate_ticket, resolve_ticket
from tickets.handover import (
    escalate_ticket,
    hand_back_ticket,
    request_person,
    take_over_ticket,
)
from tickets.ledger import (
    AGENT,
    CUSTOMER,
    SYSTEM,
    TicketSucceededError,
    announce,
    lock_current_ticket,
    lock_ticket,
    move_ticket,
    record_event,
    save_ticket,
)
from tickets.merging import follow_merges
from tickets.models import ResponseTarget, Ticket, TicketEvent
from tickets.notices import reopening_notice

__all__ = [
    "AGENT",
    "CUSTOMER",
    "SYSTEM",
    "TicketSucceededError",
    "await_approval",
    "close_ticket",
    "continue_ticket",
    "escalate_ticket",
    "follow_merges",
    "get_ticket_by_key",
    "get_ticket_for_staff",
    "get_ticket_of_conversation",
    "hand_back_ticket",
    "name_ticket",
    "note_agent_reply",
    "note_staff_reply",
    "open_ticket",
    "parse_reference",
    "rate_ticket",
    "reply_to_ticket",
    "request_person",
    "resolve_ticket",
    "take_over_ticket",
]

Status = Ticket.Status
Kind = TicketEvent.Kind
# A reply to a resolved ticket within this time belongs to the talk with who resolved it.
SAME_TALK = timedelta(days=3)

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


@transaction.atomic(savepoint=False)
def open_ticket(
    *,
    message: Message,
    subject: str,
    category: str = Ticket.Category.OTHER,
    priority: str = Ticket.Priority.NORMAL,
) -> Ticket:
    """Opens a ticket for a conversation's first message and lets the agent know."""
    now = message.created_at
    ticket = Ticket.objects.create(
        conversation=message.conversation,
        subject=crm.printable(subject)[:300],
        category=category,
        priority=priority,
        due_at=ResponseTarget.due_for(priority, now),
        created_at=now,
        updated_at=now,
    )
    record_event(ticket, Kind.CREATED, CUSTOMER, now)
    announce(message)
    return ticket


@transaction.atomic
def continue_ticket(*, message: Message) -> Ticket:
    """A further message: the live ticket goes on, a resolved one reopens, a closed one is
    succeeded by a new ticket of the same subject. Lets the agent know.

    Staff keep what they dealt with and resolved within SAME_TALK, and the customer is told so;
    any other matter is the agent's to answer first.
    """
    conversation = Conversation.objects.select_for_update().get(pk=message.conversation_id)
    ticket = conversation.tickets.exclude(status=Status.CLOSED).first()
    if ticket is None:
        crm.hand_back(conversation=conversation)
        previous = conversation.tickets.order_by("-id").first()
        return open_ticket(
            message=message,
            subject=previous.subject if previous else conversation.subject,
            category=previous.category if previous else Ticket.Category.OTHER,
        )
    ticket.conversation = conversation
    if ticket.status == Status.RESOLVED:
        _reopen(ticket, message)
    elif ticket.status == Status.WAITING:
        staffed = conversation.handler == Conversation.Handler.STAFF
        status = Status.IN_PROGRESS if staffed else Status.OPEN
        due_at = ResponseTarget.due_for(ticket.priority, message.created_at)
        save_ticket(ticket, message.created_at, status=status, due_at=due_at)
    else:
        save_ticket(ticket, message.created_at)
    announce(message)
    return ticket


@transaction.atomic(savepoint=False)
def note_agent_reply(*, ticket: Ticket, now: datetime, note: str = "") -> None:
    """The agent answered: the ticket waits for the customer, unless a later message waits.

    The caller holds the conversation's lock, as it must to have queued the answer, and has read
    the ticket under it.
    """
    _note_reply(ticket, AGENT, Status.OPEN, now, note)


@transaction.atomic
def note_staff_reply(*, ticket: Ticket, now: datetime) -> None:
    """Staff answered past the desk: as `note_agent_reply`."""
    _note_reply(lock_ticket(ticket), SYSTEM, Status.IN_PROGRESS, now)


@transaction.atomic
def name_ticket(*, ticket: Ticket, subject: str, now: datetime) -> None:
    """Gives a ticket a subject that the customer wrote none for."""
    locked = lock_ticket(ticket)
    save_ticket(locked, now, subject=subject, approval_since=locked.approval_since)


@transaction.atomic
def await_approval(*, ticket: Ticket, now: datetime) -> None:
    """An answer is prepared and a person has to approve it, until the ticket changes again."""
    save_ticket(lock_ticket(ticket), now, approval_since=now)


def parse_reference(reference: str) -> int | None:
    """The number of `TKT-0001`, None for anything else."""
    match = _REFERENCE.fullmatch(reference)
    return int(match[1]) if match else None


@transaction.atomic
def reply_to_ticket(
    *, ticket: Ticket, staff: User, text: str, now: datetime, seen: int | None = None
) -> Message:
    """A reply by staff, sent the same way as the agent's; staff hold the conversation now.

    It answers what they had read, the messages up to `seen`; None is all of them. Raises
    TicketSucceededError.
    """
    locked = lock_current_ticket(ticket)
    message = crm.queue_staff_reply(
        conversation=locked.conversation, staff=staff, text=text, now=now, seen=seen
    )
    _note_reply(locked, str(staff), Status.IN_PROGRESS, now)
    security.settle_alert(locked, now=now)
    return message


def _tickets() -> QuerySet[Ticket]:
    return Ticket.objects.select_related("conversation__customer", "satisfaction")


def _note_reply(
    ticket: Ticket, actor: str, still_waiting: str, now: datetime, note: str = ""
) -> None:
    """The ticket is answered, or in the status `still_waiting` while a message waits."""
    waits = ticket.conversation.messages.awaiting_answer().exists()
    move_ticket(
        ticket,
        still_waiting if waits else Status.WAITING,
        Kind.ANSWERED,
        actor,
        now,
        note=note,
        first_response_at=ticket.first_response_at or now,
        due_at=ticket.due_at if waits else None,
        resolved_at=None,
    )


def _reopen(ticket: Ticket, message: Message) -> None:
    conversation, now = ticket.conversation, message.created_at
    staffed = conversation.handler == Conversation.Handler.STAFF
    if staffed and not _is_same_talk(ticket, now):
        crm.hand_back(conversation=conversation)
        staffed = False
    status = Status.IN_PROGRESS if staffed else Status.OPEN
    due_at = ResponseTarget.due_for(ticket.priority, now)
    move_ticket(ticket, status, Kind.REOPENED, CUSTOMER, now, resolved_at=None, due_at=due_at)
    if staffed:
        with override(crm.get_language(conversation) or None):
            text = reopening_notice(ticket, now=now)
        crm.queue_system_reply(conversation=conversation, answers=message, text=text, now=now)


def _is_same_talk(ticket: Ticket, now: datetime) -> bool:
    """Whether a person dealt with the ticket, and lately."""
    conversation = ticket.conversation
    if ticket.resolved_at is None or now - ticket.resolved_at > SAME_TALK:
        return False
    if conversation.assigned_to_id is not None:
        return True
    replies = conversation.messages.filter(author=Message.Author.STAFF)
    return (
        replies.filter(created_at__gte=ticket.created_at)
        .exclude(state=Message.State.CANCELLED)
        .exists()
    )
