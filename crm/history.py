"""A customer's past, as staff and the agent read it."""

from crm.models import Conversation, Customer, Message
from crm.types import PastMessage


def list_past_messages(customer: Customer, *, limit: int = 20) -> list[PastMessage]:
    """The customer's newest messages over all channels, oldest first, without notes."""
    rows = (
        Message.objects.public()
        .filter(conversation__customer=customer)
        .select_related("conversation")
        .order_by("-id")[:limit]
    )
    return [_past(message) for message in reversed(rows)]


def list_conversation_messages(conversation: Conversation, *, limit: int = 50) -> list[PastMessage]:
    """The newest messages that both sides saw, oldest first."""
    rows = conversation.messages.public().select_related("conversation").order_by("-id")[:limit]
    return [_past(message) for message in reversed(rows)]


def _past(message: Message) -> PastMessage:
    return PastMessage(
        conversation_id=message.conversation_id,
        channel=message.conversation.channel,
        author=message.author,
        text=message.text,
        created_at=message.created_at,
    )
