"""What tools may touch, bound to one conversation and its customer."""

from collections.abc import Sequence
from datetime import datetime

from crm.history import list_conversation_messages, list_past_messages
from crm.models import Conversation, Customer
from crm.trust import get_proven_identifier, may_see_history_across_channels
from crm.types import PastMessage
from tickets import services as tickets


class ConversationDesk:
    """The live desk. Every method is one short look or one idempotent act."""

    def __init__(self, conversation: Conversation, *, before: datetime | None = None) -> None:
        """`before` hides what was written from that moment on."""
        self._conversation = conversation
        self._before = before

    def list_past_messages(self, limit: int) -> Sequence[PastMessage]:
        """All of the customer's messages on every channel if who writes is proven (`crm.trust`);
        else this conversation's only: anybody can type anybody's address into a form."""
        if may_see_history_across_channels(get_proven_identifier(self._conversation)):
            # Looked up anew: the customer may have been merged or un-merged meanwhile.
            customer = Customer.objects.get(conversations=self._conversation.pk)
            return list_past_messages(customer, limit=limit, before=self._before)
        return list_conversation_messages(self._conversation, limit=limit, before=self._before)

    def ensure_ticket(self, *, subject: str, category: str, priority: str) -> str:
        ticket = tickets.get_ticket_of_conversation(self._conversation)
        if ticket is None:
            message = self._conversation.messages.awaiting_answer().latest("id")
            ticket = tickets.open_ticket(
                message=message, subject=subject, category=category, priority=priority
            )
        return ticket.reference
