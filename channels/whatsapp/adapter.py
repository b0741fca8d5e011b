"""How a message leaves by WhatsApp.

The 24-hour window is looked at when sending. Inside it the text goes out. Outside, the approved
template of the channel's settings asks the customer to write, once since their last message,
and the text is held; without a template it is held as it is. What is held follows by itself when
the customer writes again (`channels.arrivals`).
"""

from datetime import datetime
from typing import Never

from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from channels.models import Delivery
from channels.types import (
    AddressRefused,
    Finding,
    HeldBack,
    OutcomeUnknown,
    Outgoing,
    Receipt,
    Reconciled,
    TransportError,
)
from channels.whatsapp import intents, reconcile
from channels.whatsapp.client import TwilioClient, client_from_settings
from channels.whatsapp.composing import compose, get_config
from channels.whatsapp.errors import Refused
from channels.whatsapp.numbers import PREFIX
from channels.whatsapp.sending import callback_url
from channels.whatsapp.splitting import HARD_LIMIT, SOFT_LIMIT, split_text
from channels.whatsapp.status import OPTED_OUT, WINDOW_CLOSED
from channels.whatsapp.types import external_id
from channels.whatsapp.window import window_is_open
from crm.models import Conversation, CustomerIdentifier, Message

_SHORTEST_PART = 160
_VERDICTS = {
    reconcile.Outcome.NOT_SENT: Finding.NOT_SENT,
    reconcile.Outcome.UNKNOWN: Finding.UNCLEAR,
}


class WhatsAppAdapter:
    """Twilio has no key that would make a send repeatable: `Delivery.intent_ref` notes each step
    before it is made (`channels.whatsapp.intents`), under the lease, so that a worker that was
    replaced sends nothing."""

    repeatable = False

    def split(self, text: str, *, limit: int | None) -> list[str]:
        soft = max(min(limit or SOFT_LIMIT, HARD_LIMIT), _SHORTEST_PART)
        parts = split_text(text, soft, HARD_LIMIT if soft >= SOFT_LIMIT else soft)
        return parts if len(parts) > 1 else [""]

    def send(self, outgoing: Outgoing) -> Receipt:
        client = client_from_settings()
        identifier = _identifier(outgoing)
        now = timezone.now()
        last = last_inbound(identifier)
        begun = intents.read_intent(outgoing.intent_ref)
        # What Twilio said, or was asked, counts until the customer has written since.
        refused = (
            begun is not None and begun.kind != intents.TEXT and (not last or last <= begun.at)
        )
        if refused or not window_is_open(last, now):
            _ask_to_write(client, outgoing, identifier, last, now)
        outgoing.keep_intent(str(intents.Intent(intents.TEXT, now)))
        try:
            sid = client.send_text(
                address_of(identifier), compose(outgoing), callback_url(outgoing.token)
            )
        except Refused as error:
            if error.code == WINDOW_CLOSED:
                outgoing.keep_intent(str(intents.Intent(intents.CLOSED, now)))
                _ask_to_write(client, outgoing, identifier, last, now)
            raise _as_refused_address(error) from error
        return Receipt(sid, "queued", (external_id(sid),))

    def reconcile(self, outgoing: Outgoing) -> Reconciled:
        """Status callbacks prove a send by themselves (`channels.whatsapp.callbacks`); this asks
        for what they did not tell."""
        begun = intents.read_intent(outgoing.intent_ref)
        if begun is None or begun.kind != intents.TEXT:
            return Reconciled(Finding.NOT_SENT)
        identifier = _identifier(outgoing)
        verdict = reconcile.reconcile(
            client_from_settings(),
            reconcile.Intent(
                delivery_token=outgoing.token,
                to=address_of(identifier),
                text=outgoing.text,
                sent_after=begun.at,
                taken=_taken(outgoing, identifier),
            ),
            callbacks=(),
            now=timezone.now(),
        )
        if verdict.outcome is reconcile.Outcome.SENT:
            receipt = Receipt(verdict.sid, "queued", (external_id(verdict.sid),))
            return Reconciled(Finding.SENT, receipt)
        return Reconciled(_VERDICTS[verdict.outcome])


def last_inbound(identifier: CustomerIdentifier) -> datetime | None:
    """When the customer last wrote from this address on WhatsApp: what the window counts from."""
    found: datetime | None = Message.objects.filter(
        direction=Message.Direction.INBOUND,
        conversation__identifier=identifier,
        conversation__channel=Conversation.Channel.WHATSAPP,
    ).aggregate(last=Max("created_at"))["last"]
    return found


def address_of(identifier: CustomerIdentifier) -> str:
    """Where to send: the address that wrote, or the number that somebody typed."""
    written = identifier.address.startswith(PREFIX)
    return identifier.address if written else f"{PREFIX}{identifier.value}"


def _identifier(outgoing: Outgoing) -> CustomerIdentifier:
    identifier = outgoing.message.conversation.identifier
    if identifier is None:
        raise TransportError(_("The conversation has no address to send to."), permanent=True)
    return identifier


def _ask_to_write(
    client: TwilioClient,
    outgoing: Outgoing,
    identifier: CustomerIdentifier,
    last: datetime | None,
    now: datetime,
) -> Never:
    """Sends the template at most once since the customer's last message, also if nobody knows
    whether it arrived. Raises HeldBack, or TransportError where the template may go out later.
    """
    template = get_config().template_id
    if not template:
        raise HeldBack(
            _(
                "The 24 hours for free text are over. It is sent when the customer writes again. "
                "An approved template in the channel's settings would ask them to."
            )
        )
    asked = _("The 24 hours for free text are over. The approved template asked the customer to "
              "write; this follows when they do.")  # fmt: skip
    if _was_asked(outgoing.message.conversation_id, since=last):
        raise HeldBack(asked)
    outgoing.keep_intent(str(intents.Intent(intents.TEMPLATE, now)))
    try:
        client.send_template(
            address_of(identifier),
            template,
            {},
            callback_url(intents.template_token(outgoing.token)),
        )
    except OutcomeUnknown:
        pass
    except TransportError as error:
        if not error.permanent:
            outgoing.keep_intent(str(intents.Intent(intents.CLOSED, now)))
            raise
        if isinstance(error, Refused) and error.code == OPTED_OUT:
            raise _as_refused_address(error) from error
        raise HeldBack(
            _("The 24 hours for free text are over, and the template was refused: %(why)s")
            % {"why": error}
        ) from error
    raise HeldBack(asked)


def _was_asked(conversation_id: int, *, since: datetime | None) -> bool:
    references = Delivery.objects.filter(
        message__conversation=conversation_id, intent_ref__startswith=f"{intents.TEMPLATE}@"
    ).values_list("intent_ref", flat=True)
    begun = (intents.read_intent(reference) for reference in references)
    return any(each and (since is None or each.at >= since) for each in begun)


def _taken(outgoing: Outgoing, identifier: CustomerIdentifier) -> frozenset[str]:
    """The provider's ids of all other deliveries to the address."""
    others = (
        Delivery.objects.filter(message__conversation__identifier=identifier)
        .exclude(provider_id="")
        .exclude(token=outgoing.token)
    )
    return frozenset(others.values_list("provider_id", flat=True))


def _as_refused_address(error: Refused) -> TransportError:
    return AddressRefused(str(error)) if error.code == OPTED_OUT else error
