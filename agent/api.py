"""The agent's figures and hand-overs as JSON; `config.api` mounts the router and says who may read
it."""

from datetime import datetime, timedelta
from typing import Annotated

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Router, Schema
from pydantic import Field

from agent.metrics import list_channel_metrics
from agent.models import Handover
from crm.models import User
from tickets.models import Ticket
from tickets.services import get_ticket_for_staff

router = Router(tags=["metrics"])


class ChannelMetricsOut(Schema):
    """One channel; rates are 0..1, null where nothing was counted; cost is in USD."""

    channel: str
    conversations: int
    average_sentiment: float | None
    escalation_rate: float | None
    latency_median: float | None
    latency_p95: float | None
    deflection: float | None
    cost: float | None


class MetricsOut(Schema):
    since: datetime
    until: datetime
    channels: list[ChannelMetricsOut]


@router.get("/metrics/channels", response=MetricsOut, summary="Figures for each channel")
def get_metrics(
    request: HttpRequest, hours: Annotated[int, Field(ge=1, le=24 * 366)] = 24
) -> MetricsOut:
    """What the agent did in the last hours, one row for every channel."""
    del request
    now = timezone.now()
    since = now - timedelta(hours=hours)
    return MetricsOut(
        since=since,
        until=now,
        channels=[
            ChannelMetricsOut.model_validate(metrics, from_attributes=True)
            for metrics in list_channel_metrics(since=since, now=now)
        ],
    )


class FoundOut(Schema):
    """A passage that the agent read; `fit` is 0..1 as a rule."""

    title: str
    headings: str
    audience: str
    fit: float
    disagrees: bool


class HandoverOut(Schema):
    """What a person is told who takes the ticket; `told` is a model's wording, "" without one."""

    at: datetime
    reason: str
    why: str
    asked: str
    tried: list[str]
    searches: list[str]
    found: list[FoundOut]
    emotion: str
    trend: str
    prepared: str
    told: str


@router.get(
    "/tickets/{reference}/handover",
    response=HandoverOut,
    summary="Read why and with what a ticket was handed over",
    tags=["tickets"],
)
def read_handover(request: HttpRequest, reference: str, response: HttpResponse) -> HandoverOut:
    """The ticket's newest one, for staff with a session who may view tickets; 404 for everybody
    else."""
    staff = request.user
    ticket = get_ticket_for_staff(staff, reference) if isinstance(staff, User) else None
    found = _find_handover(ticket) if ticket else None
    if found is None:
        raise Http404
    response["Cache-Control"] = "no-store"
    return HandoverOut(
        at=found.run.finished_at or found.run.started_at,
        reason=found.run.reason,
        why=found.run.explanation,
        asked=found.asked,
        tried=found.tried,
        searches=found.searches,
        found=[FoundOut(**note) for note in found.passages],
        emotion=found.emotion,
        trend=found.trend,
        prepared=found.run.draft,
        told=found.told,
    )


def _find_handover(ticket: Ticket) -> Handover | None:
    """The newest one from the ticket's own time: its conversation may have had tickets before, and
    go on in another."""
    handovers = Handover.objects.filter(
        run__conversation=ticket.conversation_id, run__started_at__gte=ticket.created_at
    )
    later = Ticket.objects.filter(conversation=ticket.conversation_id, pk__gt=ticket.pk)
    following = later.order_by("pk").first()
    if following is not None:
        handovers = handovers.filter(run__started_at__lt=following.created_at)
    return handovers.select_related("run").first()
