"""The agent's looks at a ticket's conversation, which several panels of its page show."""

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest

from agent.models import AgentRun, Draft
from crm.models import Conversation
from tickets.models import Ticket

_NEWEST = 6
_ATTRIBUTE = "_runs_of_ticket"


def get_runs(request: HttpRequest, ticket: Ticket) -> list[AgentRun]:
    """The newest runs, and the newest one with a hand-over if that is older; newest first. Each
    with its draft and hand-over, whether the draft is `decidable`, and on which channels the
    customer wrote `elsewhere`. Read once a request.

    While a draft can be decided the agent does not look at the conversation again, so that its
    run is among the newest.
    """
    known: list[AgentRun] | None = getattr(request, _ATTRIBUTE, None)
    if known is None:
        known = list(_runs_of(ticket)[: _NEWEST + 1])
        setattr(request, _ATTRIBUTE, known)
    return known


def _runs_of(ticket: Ticket) -> QuerySet[AgentRun]:
    runs = AgentRun.objects.filter(conversation=ticket.conversation_id).order_by("-id")
    newest = Q(pk__in=runs.values("pk")[:_NEWEST])
    elsewhere = (
        Conversation.objects.filter(customer=ticket.conversation.customer_id)
        .exclude(channel=ticket.conversation.channel)
        .order_by()
    )
    return (
        runs.filter(newest | Q(handover__isnull=False))
        .annotate(
            decidable=Exists(Draft.objects.decidable().filter(run=OuterRef("pk"))),
            elsewhere=ArraySubquery(elsewhere.values("channel").distinct()),
        )
        .select_related("proposal", "handover")
        .defer("sources")
    )
