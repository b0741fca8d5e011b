"""What a message from outside means: a question, a bounce, our own mail, a machine's."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from channels import bounces, own_mail, recovery, threads
from channels.gmail.quotes import cut_quotes
from channels.gmail.threads import list_earlier_texts
from channels.types import Arrival
from config import jobs
from crm import services as crm
from crm import unanswered
from crm.identity import remember_identity, resolve_identity
from crm.models import Conversation, CustomerIdentifier, Message
from crm.types import Identity, IncomingMessage
from tickets import services as tickets

Channel = Conversation.Channel
Trust = CustomerIdentifier.Trust


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
        return _record_own(arrival, now=now)
    if arrival.automatic:
        return _record_automatic(arrival, now=now)
    found = threads.find_by_plus_address(arrival)
    if found is None:
        identifier = _resolve_sender(arrival)
        found = threads.find_conversation(arrival, identifier)
    if found is not None:
        conversation = tickets.follow_merges(found)
    else:
        conversation = crm.start_conversation(
            identifier=identifier, channel=arrival.channel, subject=arrival.subject
        )
    message, created = crm.receive_message(
        conversation=conversation, incoming=_incoming(arrival, text=_new_text(arrival, found))
    )
    threads.remember_thread(conversation, arrival.keys)
    if not created:
        return Recorded(message)
    if arrival.channel == Channel.EMAIL and arrival.trust >= Trust.AUTHENTICATED:
        recovery.note_sign_of_life(channel=arrival.channel, address=arrival.identity.value)
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
            remember_identity(known.customer, arrival.identity, trust, beside=known)
    identifier = resolve_identity(arrival.identity, name=arrival.name, trust=trust)
    for identity in (arrival.identity, *arrival.further):
        remember_identity(identifier.customer, identity, trust, beside=identifier)
    return identifier


def _find_identifier(identity: Identity) -> CustomerIdentifier | None:
    return (
        CustomerIdentifier.objects.select_related("customer")
        .filter(kind=identity.kind, value=identity.value)
        .first()
    )


def _new_text(arrival: Arrival, conversation: Conversation | None) -> str:
    """What is new in the message. Where a mail program does not mark what it quotes, an answer
    typed into the quote is told from it by what the conversation holds."""
    if conversation is None or arrival.channel != Channel.EMAIL or not arrival.full_text:
        return arrival.text
    return cut_quotes(arrival.full_text, earlier=list_earlier_texts(conversation))


def _record_bounce(arrival: Arrival, *, now: datetime) -> Recorded:
    if arrival.bounce is None:
        raise ValueError("not a bounce")
    message = bounces.record_bounce(arrival.bounce, now=now)
    if message is None:
        return Recorded(parked=_("A delivery report on a message that this desk did not send."))
    return Recorded(message)


def _record_own(arrival: Arrival, *, now: datetime) -> Recorded:
    """Our own sent mail comes back with the history. What staff wrote in their mail client
    belongs into the conversation with whom they wrote to, and the agent stays out of it from
    then on. Never into another's: its customer would read it."""
    if arrival.delivery_token:
        own_mail.settle_sent(arrival, now=now)
        return Recorded()
    conversation = next(
        (
            each
            for each in threads.list_thread(arrival)
            if each.identifier and each.identifier.value in arrival.recipients
        ),
        None,
    )
    if conversation is None:
        return Recorded(parked=_("Sent by us, to nobody whose conversation it belongs to."))
    conversation = tickets.follow_merges(conversation)
    message = crm.record_outside_reply(conversation=conversation, incoming=_incoming(arrival))
    threads.remember_thread(conversation, arrival.keys)
    ticket = tickets.get_ticket_of_conversation(conversation)
    if ticket:
        tickets.note_staff_reply(ticket=ticket, now=arrival.received_at)
    return Recorded(message)


def _record_automatic(arrival: Arrival, *, now: datetime) -> Recorded:
    """Kept, and shown in the sender's own thread; nothing is answered and nothing is reopened."""
    conversation = threads.find_by_thread(arrival)
    if conversation is None:
        return Recorded(parked=arrival.automatic)
    conversation = tickets.follow_merges(conversation)
    message, _created = crm.receive_message(conversation=conversation, incoming=_incoming(arrival))
    unanswered.mark_message_answered(message=message, now=now)
    return Recorded(message, parked=arrival.automatic)


def _incoming(arrival: Arrival, *, text: str | None = None) -> IncomingMessage:
    return IncomingMessage(
        external_id=arrival.external_id,
        text=arrival.text if text is None else text,
        received_at=arrival.received_at,
        files=arrival.files,
        full_text=arrival.full_text,
        html=arrival.html,
        remarks=arrival.remarks,
        trust=arrival.trust,
    )


def _subject(arrival: Arrival) -> str:
    """A title for what has none: its first words, or the channel."""
    words = " ".join(arrival.text.split())
    return words[:80] or str(Channel(arrival.channel).label)
