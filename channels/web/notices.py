"""The e-mail that tells a customer of the web form that there is a reply."""

from datetime import timedelta

from django.core.mail import send_mail
from django.db import transaction
from django.db.models import Max, Q, QuerySet
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from channels.models import ChannelConfig, Delivery
from config import jobs
from crm.models import Conversation, CustomerIdentifier, Message
from tickets.models import Ticket
from tickets.services import get_ticket_of_conversation

# Longer than the mail server's timeouts together.
LEASE = timedelta(minutes=2)


def notify_customer(message_id: int) -> None:
    """Mails the status link in the customer's language, unless they saw the reply since it was
    sent. At least once: a worker that dies after the mail server took it mails it again.

    The mail carries nothing that was typed, neither the subject nor what was said: anybody may
    have typed another's address into the form. The channel's greeting and signature stand around
    it. While another process is at it, or died meanwhile, a job looks again when its time is
    over. Raises what the mail server raises, so that the queue tries again.
    """
    message = Message.objects.select_related("conversation__identifier__customer").get(
        pk=message_id
    )
    ticket = get_ticket_of_conversation(message.conversation)
    identifier = message.conversation.identifier
    if ticket is None or identifier is None or identifier.kind != CustomerIdentifier.Kind.EMAIL:
        return
    if not _is_news(message, ticket):
        return
    now = timezone.now()
    untold = Delivery.objects.filter(message=message, noticed=False)
    free = Q(notice_until=None) | Q(notice_until__lt=now)
    if not untold.filter(free).update(notice_until=now + LEASE):
        _look_again(untold, message_id)
        return
    try:
        _send(ticket, identifier)
    except Exception:
        untold.update(notice_until=None)
        raise
    untold.update(noticed=True)


@transaction.atomic
def _look_again(untold: QuerySet[Delivery], message_id: int) -> None:
    until = untold.aggregate(at=Max("notice_until"))["at"]
    if until is not None:
        jobs.enqueue("channels.notify_web_customer", at=until, message_id=message_id)


def _is_news(message: Message, ticket: Ticket) -> bool:
    """Whether the reply is on the customer's page and they have not looked at it since."""
    sent_at = message.deliveries.aggregate(at=Max("sent_at"))["at"]
    return sent_at is not None and (ticket.viewed_at is None or ticket.viewed_at < sent_at)


def _send(ticket: Ticket, identifier: CustomerIdentifier) -> None:
    with translation.override(identifier.customer.language or None):
        send_mail(
            _("[%(reference)s] You have a reply") % {"reference": ticket.reference},
            _compose(ticket),
            None,
            [identifier.address],
        )


def _compose(ticket: Ticket) -> str:
    config = ChannelConfig.objects.filter(channel=Conversation.Channel.WEB).first()
    text = _("There is a reply to your question %(reference)s. Read it here and answer there:") % {
        "reference": ticket.reference
    }
    blocks = [
        config.greeting if config else "",
        text,
        ticket.status_url,
        config.signature if config else "",
    ]
    return "\n\n".join(block.strip() for block in blocks if block.strip()) + "\n"
