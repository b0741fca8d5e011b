"""The agent's figures for each channel, and alerts when they leave their bounds."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db.models import Avg, Count, FloatField, Q, Sum
from django.db.models.aggregates import Aggregate
from django.utils.translation import gettext as _

from agent.models import AgentMetric
from crm import alerts
from crm.models import Conversation

WATCHED = timedelta(hours=24)
# Fewer runs say nothing about a rate.
MIN_RUNS = 20


@dataclass(frozen=True, slots=True)
class ChannelMetrics:
    """One channel's figures. Rates are 0..1 of the conversations, None without any.

    `latency_*` are seconds from a customer's message to the answer or the hand-over. `deflection`
    is the share of conversations that the agent answered and no person had to. `cost` is in USD,
    None if one model's price is not known.
    """

    channel: str
    conversations: int
    average_sentiment: float | None
    escalation_rate: float | None
    latency_median: float | None
    latency_p95: float | None
    deflection: float | None
    cost: Decimal | None


_HANDLED = Q(answered=True) | Q(escalated=True)


class Percentile(Aggregate):
    """PostgreSQL's percentile_cont of a number."""

    template = "percentile_cont(%(fraction)s) WITHIN GROUP (ORDER BY %(expressions)s)"
    output_field = FloatField()

    def __init__(self, expression: Any, fraction: float, **extra: Any) -> None:
        super().__init__(expression, fraction=fraction, **extra)


# What `read_figures` reads, of any group of runs.
FIGURES: Mapping[str, Aggregate] = {
    "conversations": Count("conversation", distinct=True),
    "escalations": Count("conversation", distinct=True, filter=Q(escalated=True)),
    "deflections": Count(
        "conversation",
        distinct=True,
        filter=Q(answered=True, conversation__handler=Conversation.Handler.AGENT),
    ),
    "average_sentiment": Avg("sentiment"),
    "latency_median": Percentile("latency_seconds", 0.5, filter=_HANDLED),
    "latency_p95": Percentile("latency_seconds", 0.95, filter=_HANDLED),
    "known_cost": Sum("cost"),
    "unknown_costs": Count("pk", filter=Q(cost=None)),
}


def list_channel_metrics(*, since: datetime, now: datetime) -> list[ChannelMetrics]:
    """The figures of the runs recorded in [since, now], one row for every channel."""
    runs = AgentMetric.objects.filter(recorded_at__range=(since, now)).order_by()
    rows = {row["channel"]: row for row in runs.values("channel").annotate(**FIGURES)}
    return [
        read_figures(rows.get(channel), channel=channel) for channel in Conversation.Channel.values
    ]


def check_thresholds(*, now: datetime) -> None:
    """Raises or clears an alert for each channel and bound, over the last day."""
    since = now - WATCHED
    runs = dict(
        AgentMetric.objects.filter(recorded_at__range=(since, now))
        .order_by()
        .values_list("channel")
        .annotate(Count("pk"))
    )
    for metrics in list_channel_metrics(since=since, now=now):
        enough = runs.get(metrics.channel, 0) >= MIN_RUNS
        label = Conversation.Channel(metrics.channel).label
        _watch(
            f"agent-escalation:{metrics.channel}",
            breached=enough and (metrics.escalation_rate or 0) > settings.ALERT_ESCALATION_RATE,
            title=_("%(channel)s: many hand-overs") % {"channel": label},
            detail=_("%(rate).0f %% of the last day's conversations went to people.")
            % {"rate": (metrics.escalation_rate or 0) * 100},
            now=now,
        )
        _watch(
            f"agent-latency:{metrics.channel}",
            breached=enough and (metrics.latency_median or 0) > settings.ALERT_LATENCY_SECONDS,
            title=_("%(channel)s: slow answers") % {"channel": label},
            detail=_("Half of the last day's customers waited longer than %(seconds).1f seconds.")
            % {"seconds": metrics.latency_median or 0},
            now=now,
        )


def _watch(key: str, *, breached: bool, title: str, detail: str, now: datetime) -> None:
    if breached:
        alerts.raise_alert(key, title=title, detail=detail, now=now)
    else:
        alerts.clear_alert(key, now=now)


def read_figures(row: Mapping[str, Any] | None, *, channel: str) -> ChannelMetrics:
    """FIGURES as they are shown; none for no row and for one that counts nothing."""
    if row is None or not row["conversations"]:
        return ChannelMetrics(channel, 0, None, None, None, None, None, Decimal(0))
    conversations = row["conversations"]
    return ChannelMetrics(
        channel=channel,
        conversations=conversations,
        average_sentiment=_number(row["average_sentiment"]),
        escalation_rate=round(row["escalations"] / conversations, 4),
        latency_median=_number(row["latency_median"]),
        latency_p95=_number(row["latency_p95"]),
        deflection=round(row["deflections"] / conversations, 4),
        cost=None if row["unknown_costs"] else row["known_cost"] or Decimal(0),
    )


def _number(value: float | None) -> float | None:
    return None if value is None else round(value, 3)
