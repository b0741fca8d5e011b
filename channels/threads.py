"""Which conversation a message from outside belongs to, by what it says that it answers.

References, ticket numbers and Reply-To can be forged, so a message only ever joins a conversation
of its own writer: of the same customer and of the very address that wrote. A customer's other
addresses have conversations of their own, also after a merge: what one of them writes is answered
there, and a merge can be undone without one owner's words among the other's. Staff see all of them
under the one customer.
"""

from channels.gmail.automatic import plain_address
from channels.models import ThreadKey
from channels.types import Arrival
from crm.models import Conversation, CustomerIdentifier
from tickets import services as tickets

Channel = Conversation.Channel
Trust = CustomerIdentifier.Trust


def find_conversation(arrival: Arrival, identifier: CustomerIdentifier) -> Conversation | None:
    """By thread, then by the ticket's number in the subject, then by the channel's one thread.

    A Reply-To that names a known address, which did not write this, joins nothing.
    """
    if arrival.trust == Trust.UNVERIFIED and identifier.trust > Trust.UNVERIFIED:
        return None
    theirs = Conversation.objects.filter(
        customer=identifier.customer, identifier=identifier, channel=arrival.channel
    )
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
        return theirs.order_by("-id").first()
    return None


def find_by_plus_address(arrival: Arrival) -> Conversation | None:
    """The thread of the same mailbox under another plus-address (RFC 5233), which the CRM keeps
    apart. A mail must name the thread for it: that is what nobody else knows."""
    if arrival.channel != Channel.EMAIL or arrival.trust == Trust.UNVERIFIED:
        return None
    threaded = (
        Conversation.objects.select_related("identifier")
        .filter(channel=Channel.EMAIL, thread_keys__key__in=arrival.references)
        .exclude(identifier__value=arrival.identity.value)
        .order_by("-id")
        .distinct()
    )
    return next((each for each in threaded if _writes_from(each, arrival)), None)


def find_by_thread(arrival: Arrival) -> Conversation | None:
    """The sender's own conversation in the thread that the message names, for what no person
    wrote: nobody becomes a customer by it."""
    return next((each for each in list_thread(arrival) if _writes_from(each, arrival)), None)


def list_thread(arrival: Arrival) -> list[Conversation]:
    """The conversations that the message names, whosever they are, the one of the newest name
    first."""
    keys = (
        ThreadKey.objects.filter(
            key__in=[*arrival.references, *arrival.keys], conversation__channel=arrival.channel
        )
        .select_related("conversation__identifier")
        .order_by("-id")
    )
    return list({key.conversation_id: key.conversation for key in keys}.values())


def remember_thread(conversation: Conversation, keys: tuple[str, ...]) -> None:
    """Later messages that name one of the keys belong to the conversation, unless the key is
    another's already."""
    ThreadKey.objects.bulk_create(
        (ThreadKey(conversation=conversation, key=key[:500]) for key in keys),
        ignore_conflicts=True,
    )


def _writes_from(conversation: Conversation, arrival: Arrival) -> bool:
    """Whether the conversation's address wrote this; plus-addresses are one mailbox."""
    known = conversation.identifier
    if known is None or known.customer_id != conversation.customer_id:
        return False
    own = {(each.kind, each.value) for each in (arrival.identity, *arrival.further)}
    if (known.kind, known.value) in own:
        return True
    return arrival.channel == Channel.EMAIL and (
        plain_address(known.address) == plain_address(arrival.identity.address)
    )
