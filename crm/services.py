"""Messages in and out of conversations. Every function owns its transaction."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import F

from crm import unanswered
from crm.models import Conversation, Message, User
from crm.receiving import (
    begin_conversation,
    may_be_code,
    printable,
    receive_message,
    start_conversation,
)
from crm.signals import reply_queued
from crm.types import IncomingMessage, Source

__all__ = [
    "StaffTookOver",
    "add_note",
    "begin_conversation",
    "get_language",
    "hand_back",
    "hand_to_staff",
    "lock_conversation_for_agent",
    "may_be_code",
    "printable",
    "queue_agent_reply",
    "queue_staff_reply",
    "queue_system_reply",
    "receive_message",
    "record_outside_reply",
    "start_conversation",
    "take_over",
]


class StaffTookOver(Exception):
    """The conversation changed hands since the agent looked: its answer is dropped."""


def lock_conversation_for_agent(conversation_id: int, *, turn: int) -> Conversation:
    """Locks the row until the caller's transaction ends.

    Raises StaffTookOver unless the agent still holds the conversation in the turn it saw.
    """
    conversation = Conversation.objects.select_for_update().get(pk=conversation_id)
    if conversation.handler != Conversation.Handler.AGENT or conversation.turn != turn:
        raise StaffTookOver
    return conversation


@transaction.atomic(savepoint=False)
def queue_agent_reply(
    *,
    conversation: Conversation,
    answers: Message,
    text: str,
    sources: Sequence[Source],
    now: datetime,
) -> Message:
    """Records the agent's answer to everything up to `answers` and queues its delivery.

    The caller holds the lock of `lock_conversation_for_agent`. A second answer to the same
    message raises IntegrityError: the database holds at most one.
    """
    message = _queue(
        conversation, Message.Author.AGENT, text, now, sources=list(sources), answers=answers
    )
    unanswered.mark_answered(conversation=conversation, up_to=answers, now=now)
    return message


@transaction.atomic
def queue_system_reply(
    *, conversation: Conversation, answers: Message | None, text: str, now: datetime
) -> Message | None:
    """Queues a notice such as "a person will answer you"; at most one to each message."""
    if answers and answers.automatic_replies.filter(author=Message.Author.SYSTEM).exists():
        return None
    return _queue(conversation, Message.Author.SYSTEM, text, now, answers=answers)


@transaction.atomic
def queue_staff_reply(
    *,
    conversation: Conversation,
    staff: User,
    text: str,
    now: datetime,
    seen: int | None = None,
) -> Message:
    """Records a reply by staff, who hold the conversation from here on, and queues it.

    It answers the messages up to the id `seen`, or all that there are.
    """
    locked = take_over(conversation=conversation, staff=staff)
    message = _queue(locked, Message.Author.STAFF, text, now, staff=staff)
    read_up_to = message.pk if seen is None else seen
    locked.messages.awaiting_answer().filter(pk__lte=read_up_to).update(answered_at=now)
    return message


@transaction.atomic
def record_outside_reply(*, conversation: Conversation, incoming: IncomingMessage) -> Message:
    """A reply that staff sent past the desk, from their own mail client: already sent, once.

    Staff hold the conversation from here on; what the agent was preparing is void.
    """
    message, created = Message.objects.get_or_create(
        external_id=incoming.external_id,
        defaults={
            "conversation": conversation,
            "direction": Message.Direction.OUTBOUND,
            "author": Message.Author.STAFF,
            "state": Message.State.SENT,
            "text": printable(incoming.text),
            "full_text": printable(incoming.full_text),
            "created_at": incoming.received_at,
        },
    )
    if created:
        Conversation.objects.filter(pk=conversation.pk).update(
            handler=Conversation.Handler.STAFF,
            turn=F("turn") + 1,
            last_message_at=incoming.received_at,
        )
        unanswered.mark_answered(conversation=conversation, up_to=message, now=incoming.received_at)
    return message


@transaction.atomic
def add_note(
    *, conversation: Conversation, staff: User | None, text: str, now: datetime
) -> Message:
    """An internal note: never sent, never shown to the customer or the agent's model."""
    return Message.objects.create(
        conversation=conversation,
        direction=Message.Direction.INTERNAL,
        author=Message.Author.NOTE,
        staff=staff,
        state=Message.State.RECEIVED,
        text=printable(text),
        created_at=now,
    )


@transaction.atomic
def take_over(*, conversation: Conversation, staff: User) -> Conversation:
    """Staff hold the conversation; what the agent was preparing is void."""
    locked = Conversation.objects.select_for_update().get(pk=conversation.pk)
    locked.handler = Conversation.Handler.STAFF
    locked.turn += 1
    locked.assigned_to = locked.assigned_to or staff
    locked.save(update_fields=["handler", "turn", "assigned_to"])
    return locked


@transaction.atomic
def hand_to_staff(*, conversation: Conversation) -> None:
    """The agent steps back. Its earlier answers stay valid, so the turn stays the same."""
    Conversation.objects.filter(pk=conversation.pk).update(handler=Conversation.Handler.STAFF)


@transaction.atomic
def hand_back(*, conversation: Conversation) -> bool:
    """The agent holds the conversation again, in a new turn; False if it held it already."""
    changed = Conversation.objects.filter(
        pk=conversation.pk, handler=Conversation.Handler.STAFF
    ).update(handler=Conversation.Handler.AGENT, turn=F("turn") + 1, assigned_to=None)
    return bool(changed)


def get_language(conversation: Conversation) -> str:
    """What the conversation was held in so far, else what is known of the customer, else ""."""
    read = conversation.messages.exclude(language="").values_list("language", flat=True).last()
    return read or conversation.customer.language[:2]


def _queue(
    conversation: Conversation,
    author: str,
    text: str,
    now: datetime,
    *,
    sources: list[Source] | None = None,
    answers: Message | None = None,
    staff: User | None = None,
) -> Message:
    message = Message.objects.create(
        conversation=conversation,
        direction=Message.Direction.OUTBOUND,
        author=author,
        staff=staff,
        state=Message.State.QUEUED,
        text=printable(text),
        sources=sources or [],
        answers=answers,
        turn=conversation.turn,
        created_at=now,
    )
    Conversation.objects.filter(pk=conversation.pk).update(last_message_at=now)
    reply_queued.send(sender=Message, message=message)
    return message
