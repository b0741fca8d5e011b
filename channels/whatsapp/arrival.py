"""A stored WhatsApp message as an arrival."""

from channels.models import InboundEvent
from channels.types import Arrival, Unreadable
from channels.whatsapp.inbound import parse_inbound
from channels.whatsapp.types import InboundWhatsApp, MalformedWebhook
from crm.models import Conversation, CustomerIdentifier
from crm.types import Identity


def parse_event(event: InboundEvent) -> InboundWhatsApp:
    """The webhook's parameters, as stored, read again. Raises Unreadable."""
    try:
        return parse_inbound((name, value) for name, value in event.payload["parameters"])
    except MalformedWebhook as problem:
        raise Unreadable(str(problem)) from None


def read_whatsapp_event(event: InboundEvent) -> Arrival:
    """Files follow later, by a job of their own: fetching them is a network call.

    Twilio signs its webhooks and WhatsApp knows its users, so the sender is authenticated.
    """
    message = parse_event(event)
    sender = message.from_identity
    return Arrival(
        channel=Conversation.Channel.WHATSAPP,
        external_id=event.external_id,
        identity=Identity(sender.kind, sender.value, sender.address),
        name=message.profile_name,
        trust=CustomerIdentifier.Trust.AUTHENTICATED,
        text=message.text,
        received_at=event.received_at,
        keys=(message.external_id,),
        references=(f"whatsapp:{message.replied_to_sid}",) if message.replied_to_sid else (),
    )
