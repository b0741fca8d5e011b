"""A customer's message, and the conversation that it begins."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from config import jobs
from crm.mentions import find_code, may_name_address
from crm.models import Attachment, ConfirmationCode, Conversation, CustomerIdentifier, Message
from crm.types import IncomingMessage


@transaction.atomic(savepoint=False)
def start_conversation(
    *, identifier: CustomerIdentifier, channel: str, subject: str
) -> Conversation:
    """A conversation with the identifier's customer; replies go to that identifier."""
    conversation = _new_conversation(identifier, channel, subject)
    conversation.save(force_insert=True)
    return conversation


@transaction.atomic(savepoint=False)
def begin_conversation(
    *, identifier: CustomerIdentifier, channel: str, subject: str, incoming: IncomingMessage
) -> Message:
    """A conversation with its first message, for a caller who knows that the message is new.

    Locks nothing: until the commit nobody else can see the conversation. Raises IntegrityError
    for a message that is there already.
    """
    conversation = _new_conversation(identifier, channel, subject)
    conversation.last_message_at = incoming.received_at
    conversation.save(force_insert=True)
    message = Message.objects.create(
        conversation=conversation, external_id=incoming.external_id, **_recorded(incoming)
    )
    _note_received(message, incoming)
    return message


@transaction.atomic(savepoint=False)
def receive_message(
    *, conversation: Conversation, incoming: IncomingMessage
) -> tuple[Message, bool]:
    """Records a customer's message once; the second value tells whether it is new.

    Raises nothing for a duplicate: the message of the same `external_id` is returned. Locks the
    conversation first, so that the ids of its messages rise as they are committed.
    """
    Conversation.objects.select_for_update().get(pk=conversation.pk)
    message, created = Message.objects.get_or_create(
        external_id=incoming.external_id,
        defaults={"conversation": conversation, **_recorded(incoming)},
    )
    if created:
        Conversation.objects.filter(pk=conversation.pk).update(last_message_at=incoming.received_at)
        _note_received(message, incoming)
    return message, created


def may_be_code(message: Message, *, now: datetime) -> bool:
    """Whether the message may be the code that its conversation waits for: then a job finds out,
    and nobody is to answer it before. One query, and none for most messages."""
    if not find_code(message.text):
        return False
    asked = ConfirmationCode.objects.filter(conversation=message.conversation_id)
    return asked.waiting_for_code(now).exists()


def printable(text: str) -> str:
    """Text without NUL and other control characters, which PostgreSQL or a terminal refuse.

    Line breaks and tabs stay; so do bidirectional marks and joiners, which languages need.
    """
    unified = text.replace("\r\n", "\n").replace("\r", "\n")
    return (
        "".join(
            character
            for character in unified
            if character in "\n\t" or (ord(character) >= 32 and not 127 <= ord(character) < 160)
        )
        .encode("utf-8", "ignore")
        .decode("utf-8")
    )


def _new_conversation(identifier: CustomerIdentifier, channel: str, subject: str) -> Conversation:
    """Not yet saved."""
    return Conversation(
        customer_id=identifier.customer_id,
        identifier=identifier,
        channel=channel,
        subject=printable(subject)[:300],
    )


def _recorded(incoming: IncomingMessage) -> dict[str, Any]:
    """The fields of a customer's message that only depend on what came."""
    return {
        "direction": Message.Direction.INBOUND,
        "author": Message.Author.CUSTOMER,
        "state": Message.State.RECEIVED,
        "text": printable(incoming.text),
        "full_text": printable(incoming.full_text),
        "html": printable(incoming.html),
        "remarks": [printable(remark) for remark in incoming.remarks],
        "created_at": incoming.received_at,
    }


def _note_received(message: Message, incoming: IncomingMessage) -> None:
    """What a new message brings along, and what it sets in motion."""
    Attachment.objects.bulk_create(
        Attachment(
            message=message,
            name=printable(file.name)[:200],
            content_type=file.content_type[:100],
            size=len(file.content),
            content_id=printable(file.content_id)[:255],
            content=file.content,
        )
        for file in incoming.files
    )
    _look_into(message, trust=incoming.trust)


def _look_into(message: Message, *, trust: int) -> None:
    """Leaves what a message says of its writer's other addresses to jobs; most need none."""
    if may_name_address(message.text):
        jobs.enqueue("crm.suggest_merges", message_id=message.pk)
    if may_be_code(message, now=timezone.now()):
        jobs.enqueue("crm.take_code", message_id=message.pk, trust=trust)
