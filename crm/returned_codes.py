"""A code that comes back in the conversation in which somebody claimed an address."""

from datetime import datetime

from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from crm import services, unanswered
from crm.confirmation import Confirmed, WrongCode, confirm_code, find_by_conversation
from crm.mentions import find_code
from crm.models import Conversation, Message
from crm.signals import code_refused


def take_code(message_id: int, *, trust: int, now: datetime) -> Confirmed | None:
    """Confirms with the code that the message holds, and says so to who wrote it; None if it is
    no code, or a wrong one, which is then a message like any other.

    Until it is known, nobody is to answer it (`crm.services.may_be_code`). `trust` is how sure the
    channel was of who wrote this message. WhatsApp knows its users and a web conversation is
    opened by its key, so there the conversation's own address decides.
    """
    message = Message.objects.select_related("conversation__customer").get(pk=message_id)
    conversation = message.conversation
    code = find_code(message.text)
    confirmation = find_by_conversation(conversation.pk, now=now) if code else None
    if confirmation is None:
        _refuse(message)
        return None
    by_mail = conversation.channel == Conversation.Channel.EMAIL
    try:
        confirmed = confirm_code(
            confirmation=confirmation,
            code=code,
            now=now,
            entered_in=conversation,
            trust=trust if by_mail else None,
        )
    except WrongCode:
        _refuse(message)
        return None
    unanswered.mark_message_answered(message=message, now=now)
    with translation.override(conversation.customer.language or None):
        text = _("Thank you: %(address)s is confirmed as yours.") % {
            "address": confirmed.identifier.address
        }
    services.queue_system_reply(conversation=conversation, answers=message, text=text, now=now)
    return confirmed


def _refuse(message: Message) -> None:
    with transaction.atomic():
        code_refused.send(
            sender=Message, conversation_id=message.conversation_id, message_id=message.pk
        )
