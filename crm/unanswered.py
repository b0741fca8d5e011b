"""Which of a customer's messages still wait for an answer."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from crm.models import Conversation, Message
from crm.models.conversation import MessageQuerySet


def mark_answered(*, conversation: Conversation, up_to: Message, now: datetime) -> None:
    """Notes that nothing up to this message waits for an answer any more."""
    conversation.messages.awaiting_answer().filter(pk__lte=up_to.pk).update(answered_at=now)


def mark_message_answered(*, message: Message, now: datetime) -> None:
    """Notes that this one message needs no answer, such as an automatic mail."""
    Message.objects.filter(pk=message.pk, answered_at__isnull=True).update(answered_at=now)


@transaction.atomic
def reopen_answered(*, message: Message) -> bool:
    """What a cancelled reply had answered waits again; False if nothing does.

    A later reply of staff, who had read all, has answered it as well. The caller holds the
    conversation's lock.
    """
    thread = message.conversation.messages
    later = thread.filter(pk__gt=message.pk, author=Message.Author.STAFF)
    if later.exclude(state=Message.State.CANCELLED).exists():
        return False
    return bool(_answered_by(message).update(answered_at=None))


@transaction.atomic
def await_answer_again(*, conversation: Conversation, messages: Sequence[int]) -> bool:
    """What was marked as answered without a reply, by the messages' ids, waits again; False if
    there is nothing. The caller holds the conversation's lock."""
    settled = conversation.messages.filter(direction=Message.Direction.INBOUND, pk__in=messages)
    return bool(settled.update(answered_at=None))


@transaction.atomic
def answer_again(*, message: Message) -> bool:
    """A cancelled reply stands again; False if the agent has answered the same anew.

    The caller holds the conversation's lock.
    """
    newest = message.answers or message
    if message.answers is not None:
        others = message.answers.automatic_replies.filter(author=message.author)
        if others.exclude(pk=message.pk).exclude(state=Message.State.CANCELLED).exists():
            return False
    mark_answered(conversation=message.conversation, up_to=newest, now=message.created_at)
    return True


def _answered_by(message: Message) -> MessageQuerySet:
    """A reply and what it answers carry the same moment."""
    return message.conversation.messages.filter(
        direction=Message.Direction.INBOUND, pk__lt=message.pk, answered_at=message.created_at
    )
