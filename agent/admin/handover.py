"""What a person reads first who takes a ticket from the agent."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.http import HttpRequest
from django.template.loader import render_to_string

from agent.models import AgentRun, Handover
from crm.models import Conversation
from crm.trust import get_proven_identifier, may_see_history_across_channels
from tickets.models import Ticket
from tickets.panels import Place, ticket_panel


@dataclass(frozen=True, slots=True)
class Writer:
    """Who writes: how far their address is trusted here, and where else they wrote, which counts
    only for who is proven to own it."""

    trust: str
    is_proven: bool
    elsewhere: Sequence[str]


@ticket_panel(Place.TOP, order=10)
def handover_panel(request: HttpRequest, ticket: Ticket) -> str:
    """The newest hand-over of a conversation that people hold and that goes on."""
    held = ticket.conversation.handler == Conversation.Handler.STAFF
    if not held or ticket.is_finished() or not request.user.has_perm("agent.view_handover"):
        return ""
    handover = (
        Handover.objects.filter(
            run__conversation=ticket.conversation_id, run__started_at__gte=ticket.created_at
        )
        .select_related("run")
        .first()
    )
    if handover is None:
        return ""
    context = {
        "handover": handover,
        "run": handover.run,
        "writer": read_writer(ticket.conversation),
        "watched": handover.run.decision == AgentRun.Decision.SHADOW,
        "told_why": ticket.escalation_detail.startswith(handover.run.explanation),
    }
    return render_to_string("agent/admin/_handover.html", context, request=request)


def read_writer(conversation: Conversation) -> Writer:
    """As it is known now: customers are merged, un-merged and confirmed after a hand-over."""
    proven = get_proven_identifier(conversation)
    is_proven = may_see_history_across_channels(proven)
    identifier = proven or conversation.identifier
    channels: list[str] = []
    if is_proven:
        elsewhere = Conversation.objects.filter(customer=conversation.customer_id)
        elsewhere = elsewhere.exclude(channel=conversation.channel).order_by()
        found = set(elsewhere.values_list("channel", flat=True))
        channels = [str(channel.label) for channel in Conversation.Channel if channel in found]
    return Writer(identifier.get_trust_display() if identifier else "", is_proven, channels)
