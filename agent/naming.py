"""What a ticket is called whose customer wrote no subject, as nobody does in a chat."""

from collections.abc import Sequence
from datetime import datetime

from django.utils.text import Truncator

from agent import plaintext
from agent.courtesies import is_courteous_line
from agent.handover.summary import choose_asked
from agent.models import AgentRun
from crm.models import Conversation
from crm.services import printable
from tickets import services as tickets
from tickets.models import Ticket

MAX_SUBJECT = 80


def name_by_run(ticket: Ticket, run: AgentRun, texts: Sequence[str], *, now: datetime) -> None:
    """Calls the ticket what its first messages ask, or the first after "Hi" that ask anything."""
    if run.conversation.subject:
        return
    earlier = run.conversation.runs.filter(started_at__gte=ticket.created_at, pk__lt=run.pk)
    if not earlier.exists() or is_courteous_line(ticket.subject):
        _name(ticket, run.conversation, texts, now)


def name_by_waiting(conversation_id: int, *, now: datetime) -> None:
    """The same where people hold the conversation and the agent reads nothing."""
    conversation = Conversation.objects.get(pk=conversation_id)
    ticket = tickets.get_ticket_of_conversation(conversation)
    if ticket is not None and is_courteous_line(ticket.subject):
        waiting = conversation.messages.awaiting_answer().order_by("pk")
        texts = [plaintext.read(plaintext.said(message.text)).shown for message in waiting]
        _name(ticket, conversation, texts, now)


def _name(ticket: Ticket, conversation: Conversation, texts: Sequence[str], now: datetime) -> None:
    asked = "" if conversation.subject else printable(choose_asked(texts, subject=""))
    if asked:
        tickets.name_ticket(ticket=ticket, subject=Truncator(asked).chars(MAX_SUBJECT), now=now)
