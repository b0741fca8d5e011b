"""The e-mail that tells a customer of the web form that there is a reply."""

from django.core.mail import send_mail
from django.utils.translation import gettext as _

from channels.models import Delivery
from crm.models import CustomerIdentifier, Message
from tickets.services import get_ticket_of_conversation


def notify_customer(message_id: int) -> None:
    """Mails the status link, once, unless the customer has seen the reply already.

    The mail carries no content: what was said stays behind the link.
    """
    message = Message.objects.select_related("conversation__identifier").get(pk=message_id)
    ticket = get_ticket_of_conversation(message.conversation)
    identifier = message.conversation.identifier
    if ticket is None or identifier is None or identifier.kind != CustomerIdentifier.Kind.EMAIL:
        return
    if ticket.viewed_at is not None and ticket.viewed_at >= message.created_at:
        return
    claimed = Delivery.objects.filter(message=message, noticed=False).update(noticed=True)
    if not claimed:
        return
    send_mail(
        _("[%(reference)s] You have a reply") % {"reference": ticket.reference},
        _("There is a reply to “%(subject)s”. Read it here and answer there:\n\n%(link)s\n")
        % {"subject": ticket.subject, "link": ticket.status_url},
        None,
        [identifier.address],
    )
