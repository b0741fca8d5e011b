"""Which questions go to people by a rule, whatever rung the ladder gives them."""

from django.db.models import Count, Q

from agent.models import AgentRun
from tickets.models import Ticket

# The newest runs that are looked at; of an intent with fewer than so many nothing is said.
LOOKED_AT = 2_000
MIN_RUNS = 3

_NOT_BY_RULE = (Ticket.Reason.NO_KNOWLEDGE, Ticket.Reason.FAILURE)


def list_ruled_intents() -> frozenset[str]:
    """The intents of which rules handed over half or more lately. One query."""
    newest = AgentRun.objects.order_by("-pk").values("pk")[:LOOKED_AT]
    by_rule = Q(decision=AgentRun.Decision.HAND_OVER) & ~Q(reason__in=_NOT_BY_RULE)
    rows = (
        AgentRun.objects.filter(pk__in=newest, state=AgentRun.State.DONE)
        .exclude(intent="")  # of all kinds
        .order_by()
        .values("intent")
        .annotate(runs=Count("pk"), ruled=Count("pk", filter=by_rule))
        .filter(runs__gte=MIN_RUNS)
    )
    return frozenset(row["intent"] for row in rows if 2 * row["ruled"] >= row["runs"])
