"""Which conversation a message from outside belongs to, and what it means there."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from channels import bounces, recovery
from channels.models import ThreadKey
from channels.types import Arrival
from config import jobs
from crm import services as crm
from crm.identity import remember_identity, resolve_identity
from crm.models import Conversation, CustomerIdentifier, Message
from crm.types import Identity, IncomingMessage
from tickets import services as tickets

Channel = Conversation.Channel


@dataclass(frozen=True, slots=True)
class Recorded:
    """The message, if it became one; `parked` says why a person has to look, "" if none has to."""

    message: Message | None = None
    parked: str = ""


@transaction.atomic
def record_arrival(arrival: Arrival, *, now: datetime) -> Recorded:
    """Puts the arrival where it belongs. The caller's transaction marks its event."""
    if arrival.bounce is not None:
        return _record_bounce(arrival, now=now)
    if arrival.from_us:
        return _record_own(arrival)
    if arrival.automatic:
        return _record_automatic(arrival, now=now)
    identifier = _resolve_sender(arrival)
    found = _find_conversation(arrival, identifier)
    conversation = found or crm.start_conversation(
        identifier=identifier, channel=arrival.channel, subject=arrival.subject
    )
    message, created = crm.receive_message(conversation=conversation, incoming=_incoming(arrival))
    _remember(conversation, arrival)
    if not created:
        return Recorded(message)
    if arrival.files_to_fetch:
        jobs.enqueue("channels.fetch_media", queue="inbound", message_id=message.pk)
    if arrival.forwarded_by:
        crm.add_note(conversation=conversation, staff=None, text=arrival.forwarded_by, now=now)
    if found:
        tickets.continue_ticket(message=message)
        recovery.release_held(conversation_id=conversation.pk)  # the customer wrote: it is open
    else:
        tickets.open_ticket(message=message, subject=arrival.subject or _subject(arrival))
    return Recorded(message)


def _resolve_sender(arrival: Arrival) -> CustomerIdentifier:
    """The identifier that wrote. Addresses that the channel vouches to be one person's become
    one customer's, as far as they are nobody else's yet."""
    trust = CustomerIdentifier.Trust(arrival.trust)
    if arrival.channel != Channel.WHATSAPP:
        return resolve_identity(arrival.identity, name=arrival.name, trust=trust)
    for known in (_find_identifier(each) for each in arrival.further):
        if known is not None and _find_identifier(arrival.identity) is None:
            remember_identity(known.customer, arrival.identity, trust)
    identifier = resolve_identity(arrival.identity, name=arrival.name, trust=trust)
    for identity in (arrival.identity, *arrival.further):
        remember_identity(identifier.customer, identity, trust)
    return identifier


def _find_identifier(identity: Identity) -> CustomerIdentifier | None:
    return (
        CustomerIdentifier.objects.select_related("customer")
        .filter(kind=identity.kind, value=identity.value)
        .first()
    )


def _find_conversation(arrival: Arrival, identifier: CustomerIdentifier) -> Conversation | None:
    """By thread, then by the ticket's number in the subject, then by the channel's one thread.

    Only ever a conversation of the same customer: references and numbers can be forged.
    """
    theirs = Conversation.objects.filter(customer=identifier.customer, channel=arrival.channel)
    threaded = (
        theirs.filter(thread_keys__key__in=[*arrival.references, *arrival.keys])
        .order_by("-id")
        .first()
    )
    if threaded:
        return threaded
    if arrival.ticket_reference:
        number = tickets.parse_reference(arrival.ticket_reference)
        return theirs.filter(tickets__number=number).first() if number else None
    if arrival.channel == Channel.WHATSAPP:
        return theirs.filter(identifier=identifier).order_by("-id").first()
    return None


def _record_bounce(arrival: Arrival, *, now: datetime) -> Recorded:
    if arrival.bounce is None:
        raise ValueError("not a bounce")
    message = bounces.record_bounce(arrival.bounce, now=now)
    if message is None:
        return Recorded(parked=_("A delivery report on a message that this desk did not send."))
    return Recorded(message)


def _record_own(arrival: Arrival) -> Recorded:
    """Our own sent mail comes back with the history. What staff wrote in their mail client
    belongs into the conversation, and the agent stays out of it from then on."""
    conversation = _conversation_of_thread(arrival)
    if arrival.delivery_token:
        if conversation:
            _remember(conversation, arrival)
        return Recorded()
    if conversation is None:
        return Recorded(parked=_("Sent from our own address, in no conversation of the desk."))
    message = crm.record_outside_reply(conversation=conversation, incoming=_incoming(arrival))
    _remember(conversation, arrival)
    ticket = tickets.get_ticket_of_conversation(conversation)
    if ticket:
        tickets.note_staff_reply(ticket=ticket, now=arrival.received_at)
    return Recorded(message)


def _record_automatic(arrival: Arrival, *, now: datetime) -> Recorded:
    """Kept and shown where it belongs; nothing is answered and nothing is reopened."""
    conversation = _conversation_of_thread(arrival)
    if conversation is None:
        return Recorded(parked=arrival.automatic)
    message, _created = crm.receive_message(conversation=conversation, incoming=_incoming(arrival))
    crm.mark_message_answered(message=message, now=now)
    return Recorded(message, parked=arrival.automatic)


def _conversation_of_thread(arrival: Arrival) -> Conversation | None:
    key = (
        ThreadKey.objects.filter(
            key__in=[*arrival.references, *arrival.keys], conversation__channel=arrival.channel
        )
        .select_related("conversation")
        .order_by("-id")
        .first()
    )
    return key.conversation if key else None


def _remember(conversation: Conversation, arrival: Arrival) -> None:
    ThreadKey.objects.bulk_create(
        (ThreadKey(conversation=conversation, key=key[:500]) for key in arrival.keys),
        ignore_conflicts=True,
    )


def _incoming(arrival: Arrival) -> IncomingMessage:
    return IncomingMessage(
        external_id=arrival.external_id,
        text=arrival.text,
        received_at=arrival.received_at,
        files=arrival.files,
        full_text=arrival.full_text,
        html=arrival.html,
        remarks=arrival.remarks,
    )


def _subject(arrival: Arrival) -> str:
    """A title for what has none: its first words, or the channel."""
    words = " ".join(arrival.text.split())
    return words[:80] or str(Channel(arrival.channel).label)
