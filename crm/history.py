"""A customer's past, as staff and the agent read it."""

from datetime import datetime

from django.db.models import QuerySet

from crm.models import Conversation, Customer, Message
from crm.types import PastMessage


def list_past_messages(
    customer: Customer, *, limit: int = 20, before: datetime | None = None
) -> list[PastMessage]:
    """The customer's newest messages over all channels, oldest first, without notes; of those
    from `before` that moment, if one is given."""
    rows = Message.objects.public().filter(conversation__customer=customer)
    return _read(rows, limit, before)


def list_conversation_messages(
    conversation: Conversation, *, limit: int = 50, before: datetime | None = None
) -> list[PastMessage]:
    """The newest messages that both sides saw, oldest first; of those from `before` that moment,
    if one is given."""
    return _read(conversation.messages.public(), limit, before)


def _read(messages: QuerySet[Message], limit: int, before: datetime | None) -> list[PastMessage]:
    if before is not None:
        messages = messages.filter(created_at__lt=before)
    rows = messages.select_related("conversation").order_by("-id")[:limit]
    return [_past(message) for message in reversed(rows)]


def _past(message: Message) -> PastMessage:
    return PastMessage(
        conversation_id=message.conversation_id,
        channel=message.conversation.channel,
        author=message.author,
        text=message.text,
        created_at=message.created_at,
    )
