"""A question or a reply from the web: stored, recorded and queued in one commit."""

import uuid
from datetime import datetime

from django.db import transaction

from channels import intake
from channels.models import InboundEvent
from channels.types import Submission
from crm.identity import resolve_identifier
from crm.models import Conversation, Message
from crm.services import begin_conversation, receive_message
from crm.types import Contact, IncomingFile, IncomingMessage
from tickets.models import Ticket
from tickets.services import (
    continue_ticket,
    follow_merges,
    get_ticket_of_conversation,
    open_ticket,
)


@transaction.atomic
def submit_question(*, submission: Submission, now: datetime) -> Ticket:
    """The ticket of a submission; a repeated one (same token) gives the ticket it gave before.

    Raises ValidationError for a malformed e-mail address or phone number.
    """
    event, first = _accept(submission.token, _described(submission), now=now)
    if not first:
        return _ticket_of(event)
    identifier = resolve_identifier(
        Contact(
            name=submission.name,
            email=submission.email,
            phone=submission.phone,
            language=submission.language,
        )
    )
    message = begin_conversation(
        identifier=identifier,
        channel=Conversation.Channel.WEB,
        subject=submission.subject,
        incoming=IncomingMessage(
            external_id=event.external_id,
            text=submission.message,
            received_at=now,
            files=submission.files,
        ),
    )
    _conclude(event, message)
    return open_ticket(
        message=message,
        subject=submission.subject,
        category=submission.category,
        priority=submission.priority,
    )


@transaction.atomic
def submit_reply(
    *, ticket: Ticket, text: str, files: tuple[IncomingFile, ...], token: str, now: datetime
) -> Message:
    """A further message from the status page; a repeated one gives the message it gave before.

    Of a merged ticket it belongs to the conversation in which that goes on.
    """
    event, first = _accept(token, {"ticket": ticket.reference}, now=now)
    if not first:
        return _message_of(event)
    message, _created = receive_message(
        conversation=follow_merges(ticket.conversation),
        incoming=IncomingMessage(
            external_id=event.external_id, text=text, received_at=now, files=files
        ),
    )
    _conclude(event, message)
    continue_ticket(message=message)
    return message


def _accept(token: str, payload: dict[str, str], *, now: datetime) -> tuple[InboundEvent, bool]:
    """The event, and whether it is new. A second writer waits here for the first to commit, and
    then finds it processed."""
    event = InboundEvent(
        external_id=f"web:{uuid.UUID(token)}",
        channel=Conversation.Channel.WEB,
        payload=payload,
        received_at=now,
    )
    stored = intake.insert_event(event)
    if stored is not None:
        event.pk = stored
        return event, True
    known = InboundEvent.objects.select_related("message__conversation")
    return known.get(external_id=event.external_id), False


def _conclude(event: InboundEvent, message: Message) -> None:
    event.state = InboundEvent.State.PROCESSED
    event.message = message
    event.save(update_fields=["state", "message"])


def _described(submission: Submission) -> dict[str, str]:
    """What came with the question besides its text and files, which the message keeps."""
    return {
        "name": submission.name,
        "email": submission.email,
        "phone": submission.phone,
        "category": submission.category,
        "priority": submission.priority,
    }


def _message_of(event: InboundEvent) -> Message:
    if event.message is None:  # erased since
        raise Message.DoesNotExist
    return event.message


def _ticket_of(event: InboundEvent) -> Ticket:
    ticket = get_ticket_of_conversation(_message_of(event).conversation)
    if ticket is None:
        raise Ticket.DoesNotExist
    return ticket
