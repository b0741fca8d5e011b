"""How many automatic replies one conversation and one sender get: what ends a loop of machines.

Enforced here, where every channel's messages leave and where the channel's settings are, rather
than in the agent, which does not know channels: so it holds for the agent's answers and for the
desk's own notices alike, and counts what really left. A channel without a daily cap (the web
form, which people fill in) is exempt. Staff's messages are never capped, nor is what a person
retries.
"""

from datetime import datetime, timedelta

from django.db.models import Q
from django.utils.translation import gettext as _

from channels import settlement
from channels.models import ChannelConfig, Delivery
from crm.models import Conversation, CustomerIdentifier, Message
from tickets import services as tickets
from tickets.models import Ticket

HOURLY_CAP = 5  # automatic replies in one conversation
_AUTOMATIC = (Message.Author.AGENT, Message.Author.SYSTEM)


def find_excess(delivery: Delivery, *, now: datetime) -> str:
    """Why this automatic reply is one too many, "" if it may go. Parts count with their first."""
    message = delivery.message
    if message.author not in _AUTOMATIC or delivery.part > 1:
        return ""
    config = ChannelConfig.objects.filter(channel=message.conversation.channel).first()
    if config is None or config.daily_cap is None:
        return ""
    why = _find_excess(message, daily_cap=config.daily_cap, now=now)
    refused_before = why and delivery.history.filter(outcome=Delivery.State.CANCELLED).exists()
    return "" if refused_before else why


def refuse(delivery: Delivery, why: str, *, now: datetime, only_if: Q) -> None:
    """Cancels the reply and leaves the conversation to people, without a word to the customer:
    the notice that a person will answer is over the cap as well, and is cancelled in its turn.

    The caller holds the conversation's lock.
    """
    state = Delivery.State.CANCELLED
    if not settlement.record_state(delivery, state, why, now=now, only_if=only_if):
        return
    conversation = delivery.message.conversation
    ticket = tickets.get_ticket_of_conversation(conversation)
    if ticket is not None and conversation.handler == Conversation.Handler.AGENT:
        tickets.escalate_ticket(
            ticket=ticket, reason=Ticket.Reason.FAILURE, detail=why, actor=tickets.SYSTEM, now=now
        )
        settlement.alert(delivery, why, now=now)


def _find_excess(message: Message, *, daily_cap: int, now: datetime) -> str:
    sent = Message.objects.filter(author__in=_AUTOMATIC, state=Message.State.SENT)
    lately = sent.filter(
        conversation=message.conversation_id, created_at__gt=now - timedelta(hours=1)
    )
    if lately.count() >= HOURLY_CAP:
        return _("More than %(count)s automatic replies in an hour; perhaps a machine answers.") % {
            "count": HOURLY_CAP
        }
    today = sent.filter(
        _to_same_sender(message.conversation), created_at__gt=now - timedelta(days=1)
    )
    if today.filter(conversation__channel=message.conversation.channel).count() >= daily_cap:
        return _("More than %(count)s automatic replies to this sender in a day.") % {
            "count": daily_cap
        }
    return ""


def _to_same_sender(conversation: Conversation) -> Q:
    """Plus-addresses are one mailbox (RFC 5233): a machine that answers from another one for each
    of its cases is one sender."""
    address = conversation.identifier
    if address is None:
        return Q(conversation__customer=conversation.customer_id)
    local, _at, domain = address.value.rpartition("@")
    name, plus, _tag = local.partition("+")
    if address.kind != CustomerIdentifier.Kind.EMAIL or not plus:
        return Q(conversation__identifier=address)
    mailbox = Q(value=f"{name}@{domain}") | Q(
        value__startswith=f"{name}+", value__endswith=f"@{domain}"
    )
    known = CustomerIdentifier.objects.filter(mailbox, kind=CustomerIdentifier.Kind.EMAIL)
    return Q(conversation__identifier__in=known.values("pk"))
