"""The agent's figures as JSON; `config.api` mounts the router and says who may read it."""

from datetime import datetime, timedelta
from typing import Annotated

from django.http import HttpRequest
from django.utils import timezone
from ninja import Router, Schema
from pydantic import Field

from agent.metrics import list_channel_metrics

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
