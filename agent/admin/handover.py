"""What a person reads first who takes a ticket from the agent."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.http import HttpRequest
from django.template.loader import render_to_string

from agent.admin.looks import get_runs
from agent.models import AgentRun
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
    run = next(
        (
            run for run in get_runs(request, ticket)
            if hasattr(run, "handover") and run.started_at >= ticket.created_at
        ),
        None,
    )  # fmt: skip
    if run is None:
        return ""
    context = {
        "handover": run.handover,
        "run": run,
        "writer": _writer(ticket.conversation, getattr(run, "elsewhere", ())),
        "watched": run.decision == AgentRun.Decision.SHADOW,
        "told_why": ticket.escalation_detail.startswith(run.explanation),
    }
    return render_to_string("agent/admin/_handover.html", context, request=request)


def _writer(conversation: Conversation, elsewhere: Sequence[str]) -> Writer:
    """As it is known now: customers are merged, un-merged and confirmed after a hand-over.
    `elsewhere` are the other channels that the customer wrote on."""
    proven = get_proven_identifier(conversation)
    is_proven = may_see_history_across_channels(proven)
    identifier = proven or conversation.identifier
    return Writer(
        trust=identifier.get_trust_display() if identifier else "",
        is_proven=is_proven,
        elsewhere=[
            str(channel.label)
            for channel in Conversation.Channel
            if is_proven and channel in elsewhere
        ],
    )
