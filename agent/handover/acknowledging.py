"""A word to a customer who writes on while people have the conversation.

In a chat silence reads as a message that was lost. On the web form's page the customer sees the
message and who has it, and a mail needs no receipt, which another machine might answer.
"""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import override

from agent import plaintext
from agent.bursts import CHATS
from agent.language import detect_language
from agent.smalltalk import is_small_talk
from crm import services as crm
from crm.models import Conversation, Message
from tickets.models import Ticket, TicketEvent
from tickets.notices import follow_up_notice
from tickets.services import get_ticket_of_conversation

# Once in so long, since the hand-over, which was told as well.
ONCE_IN = timedelta(hours=4)
# What our side said so lately stands right above what the customer wrote.
JUST_TOLD = timedelta(seconds=30)
# After a worker was away so long the word is none any more, and a chat may take it no longer.
TOO_LATE = timedelta(hours=12)
# A person who wrote or took over so lately is at it.
AT_IT = timedelta(minutes=30)

_OURS = (Message.Author.SYSTEM, Message.Author.STAFF)


@transaction.atomic
def acknowledge(conversation_id: int, *, now: datetime) -> bool:
    """Tells the customer that what waits is with the team; False if there is no need.

    Holds the conversation's lock, and a message gets one notice: it may run twice.
    """
    conversation = Conversation.objects.select_for_update(of=("self",)).get(pk=conversation_id)
    if conversation.handler != Conversation.Handler.STAFF or conversation.channel not in CHATS:
        return False
    ticket = get_ticket_of_conversation(conversation)
    waiting = list(conversation.messages.awaiting_answer())
    if ticket is None or ticket.is_finished() or not waiting:
        return False
    newest = waiting[-1]
    if now - newest.created_at > TOO_LATE:
        return False
    said = plaintext.read(plaintext.said(newest.text)).shown
    if is_small_talk(said) or _was_told(ticket, newest, now) or _is_at_it(ticket, now):
        return False
    with override(detect_language(said, default=crm.get_language(conversation)) or None):
        text = follow_up_notice(now=now)
    notice = crm.queue_system_reply(conversation=conversation, answers=newest, text=text, now=now)
    return notice is not None


def _was_told(ticket: Ticket, newest: Message, now: datetime) -> bool:
    ours = ticket.conversation.messages.filter(author__in=_OURS).exclude(
        state=Message.State.CANCELLED
    )
    if ours.filter(pk__gt=newest.pk).exists() or ours.filter(created_at__gt=now - JUST_TOLD):
        return True
    notices = ours.filter(author=Message.Author.SYSTEM, created_at__gt=now - ONCE_IN)
    if ticket.escalated_at:
        notices = notices.filter(created_at__gt=ticket.escalated_at)
    return notices.exists()


def _is_at_it(ticket: Ticket, now: datetime) -> bool:
    since = now - AT_IT
    replies = ticket.conversation.messages.filter(author=Message.Author.STAFF)
    taken = ticket.events.filter(kind=TicketEvent.Kind.TAKEN_OVER, created_at__gt=since)
    return replies.filter(created_at__gt=since).exists() or taken.exists()
