"""A stored WhatsApp message as an arrival."""

from datetime import datetime

from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from channels.models import InboundEvent
from channels.types import Arrival, Unreadable
from channels.whatsapp import types
from channels.whatsapp.inbound import clean_parameters, parse_inbound
from channels.whatsapp.placeholders import REACTION_REMOVED
from channels.whatsapp.types import InboundWhatsApp, MalformedWebhook, Parameters
from crm.models import Conversation, CustomerIdentifier
from crm.types import Identity


def event_payload(
    parameters: Parameters, *, written_at: datetime | None = None
) -> dict[str, object]:
    """What an event keeps of a webhook; `written_at` is when the customer wrote, where it is
    known and long before it was accepted."""
    kept: dict[str, object] = {"parameters": [list(each) for each in clean_parameters(parameters)]}
    return kept if written_at is None else {**kept, "written_at": written_at.isoformat()}


def parse_event(event: InboundEvent) -> InboundWhatsApp:
    """The webhook's parameters, as stored, read again. Raises Unreadable."""
    try:
        return parse_inbound((name, value) for name, value in event.payload["parameters"])
    except MalformedWebhook as problem:
        raise Unreadable(str(problem)) from None


def read_whatsapp_event(event: InboundEvent) -> Arrival:
    """Files follow later, by a job of their own: fetching them is a network call.

    Twilio signs its webhooks and WhatsApp knows its users, so the sender is authenticated. An
    address has one conversation, so which message is quoted decides nothing, except of a
    reaction that was taken back: it only belongs to what it was on.
    """
    message = parse_event(event)
    removed = message.text == REACTION_REMOVED
    quoted = types.external_id(message.replied_to_sid) if message.replied_to_sid else ""
    return Arrival(
        channel=Conversation.Channel.WHATSAPP,
        external_id=event.external_id,
        identity=_identity(message.from_identity),
        further=tuple(_identity(each) for each in message.further_identities),
        name=message.profile_name,
        trust=CustomerIdentifier.Trust.AUTHENTICATED,
        text=message.text,
        received_at=_written_at(event),
        files_to_fetch=len(message.media),
        keys=(message.external_id,),
        references=(quoted,) if removed and quoted else (),
        automatic=_("A reaction was taken back.") if removed else "",
    )


def _identity(identity: types.Identity) -> Identity:
    return Identity(identity.kind, identity.value, identity.address)


def _written_at(event: InboundEvent) -> datetime:
    """Never later than it was accepted, whatever the provider's clock says."""
    said = parse_datetime(str(event.payload.get("written_at", "")))
    return min(said, event.received_at) if said else event.received_at
