"""Replies of staff who may not know yet what a colleague just did."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import Q

from crm.models import Conversation, Message, User
from tickets.models import Ticket
from tickets.services import reply_to_ticket, resolve_ticket
from tickets.signals import offer_used


class StaleReplyError(Exception):
    """The customer or somebody else wrote after `seen`; nothing was sent."""

    def __init__(self, messages: Sequence[Message]) -> None:
        super().__init__()
        self.messages = messages


@transaction.atomic
def send_reply(
    *,
    ticket: Ticket,
    staff: User,
    text: str,
    seen: int,
    resolve: bool,
    now: datetime,
    used: str = "",
) -> Message:
    """Sends a reply by staff who had read up to the message `seen`, and may resolve the ticket.
    `used` names the offer that it was written from, if it was.

    Raises StaleReplyError, having done nothing, if the customer, the agent or a colleague wrote
    since, and TicketSucceededError if the matter goes on in another ticket. The same text by the
    same person since `seen` is a second click: it is sent once.
    """
    conversation = Conversation.objects.select_for_update().get(pk=ticket.conversation_id)
    since = (
        conversation.messages.filter(pk__gt=seen)
        .exclude(state=Message.State.CANCELLED)
        .select_related("staff")
    )
    sent = since.filter(author=Message.Author.STAFF, staff=staff, text=text).first()
    if sent is not None:
        return sent
    others = since.filter(
        Q(author=Message.Author.CUSTOMER)
        | Q(author__in=[Message.Author.STAFF, Message.Author.AGENT, Message.Author.NOTE])
        & ~Q(staff=staff)
    )
    if others:
        raise StaleReplyError(list(others))
    message = reply_to_ticket(ticket=ticket, staff=staff, text=text, now=now, seen=seen)
    if used:
        offer_used.send(
            sender=Message,
            conversation_id=message.conversation_id,
            message_id=message.pk,
            used=used,
        )
    if resolve:
        resolve_ticket(ticket=ticket, actor=str(staff), now=now, seen=seen)
    return message
