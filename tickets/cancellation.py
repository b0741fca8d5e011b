"""Replies that were recorded and then cancelled before they left."""

from datetime import datetime

from django.db import transaction

from crm import services as crm
from crm import unanswered
from crm.models import Conversation, Message
from tickets.ledger import announce, lock_ticket, save_ticket
from tickets.models import ResponseTarget, Ticket
from tickets.services import get_ticket_of_conversation, note_agent_reply, note_staff_reply

Author = Message.Author
Status = Ticket.Status


@transaction.atomic
def take_back_reply(*, message: Message, now: datetime) -> None:
    """A reply was cancelled: what it answered waits again, and its ticket with it.

    Nothing changes if the ticket is finished, or if staff replied later and so answered it all.
    What was cancelled because the conversation changed hands is for who holds it now. An answer
    of the agent that was cancelled in the agent's own turn is for people: it would only write
    the same again.
    """
    if message.author not in {Author.AGENT, Author.STAFF}:
        return
    ticket = get_ticket_of_conversation(message.conversation)
    if ticket is None:
        return
    locked = lock_ticket(ticket)
    conversation = locked.conversation
    if locked.is_finished() or not unanswered.reopen_answered(message=message):
        return
    staffed = conversation.handler == Conversation.Handler.STAFF
    if not staffed and (message.author == Author.STAFF or message.turn == conversation.turn):
        crm.hand_to_staff(conversation=conversation)
        staffed = True
    changes: dict[str, object] = {"due_at": ResponseTarget.due_for(locked.priority, now)}
    if locked.first_response_at == message.created_at:
        changes["first_response_at"] = None
    if locked.status != Status.ESCALATED:
        changes["status"] = Status.IN_PROGRESS if staffed else Status.OPEN
    save_ticket(locked, now, **changes)
    waiting = conversation.messages.awaiting_answer().last()
    if waiting is not None and not staffed:
        announce(waiting)


@transaction.atomic
def put_forward_reply(*, message: Message, now: datetime) -> bool:
    """A person wants a cancelled reply sent after all: it answers again what it answered.

    False if something else was answered instead, so that it may not be sent.
    """
    ticket = get_ticket_of_conversation(message.conversation)
    if ticket is None or message.author not in {Author.AGENT, Author.STAFF}:
        return True
    locked = lock_ticket(ticket)
    if not unanswered.answer_again(message=message):
        return False
    if locked.is_finished():
        return True
    if message.author == Author.AGENT:
        note_agent_reply(ticket=locked, now=now)
    else:
        note_staff_reply(ticket=locked, now=now)
    return True
