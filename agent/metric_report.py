"""What the console's page of figures shows: in all, by channel, and day by day."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import DurationField, F
from django.db.models.functions import TruncDate
from django.utils import timezone
from django.utils.formats import date_format

from agent.metrics import (
    FIGURES,
    ChannelMetrics,
    Percentile,
    list_channel_metrics,
    read_figures,
)
from agent.models import AgentMetric
from crm.models import Conversation
from tickets.models import Ticket


@dataclass(frozen=True, slots=True)
class Line:
    """One row of a table: what it is about, its figures, and its part of the busiest row."""

    title: str
    metrics: ChannelMetrics
    busy: float

    @property
    def deflected(self) -> int:
        """Of the table's width, in percent: what the agent settled alone."""
        return round(100 * self.busy * (self.metrics.deflection or 0))

    @property
    def handed_over(self) -> int:
        return round(100 * self.busy * (self.metrics.escalation_rate or 0))


@dataclass(frozen=True, slots=True)
class Report:
    """`person_seconds` is how long half of those waited at most who were handed to people and
    have been answered by one; None if nobody was."""

    total: ChannelMetrics
    person_seconds: float | None
    channels: Sequence[Line]
    days: Sequence[Line]


def build_report(*, days: int, now: datetime) -> Report:
    """The last days, today the last of them. Four queries."""
    today = timezone.localdate(now)
    first = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    since = first - timedelta(days=days - 1)
    runs = AgentMetric.objects.filter(recorded_at__range=(since, now)).order_by()
    by_day = {
        row["day"]: row
        for row in runs.annotate(day=TruncDate("recorded_at")).values("day").annotate(**FIGURES)
    }
    shown = [today - timedelta(days=ago) for ago in range(days)]
    return Report(
        total=read_figures(runs.aggregate(**FIGURES), channel=""),
        person_seconds=_measure_people(since, now),
        channels=_make_lines(
            [
                (str(Conversation.Channel(metrics.channel).label), metrics)
                for metrics in list_channel_metrics(since=since, now=now)
            ]
        ),
        days=_make_lines(
            [(_name(day), read_figures(by_day.get(day), channel="")) for day in shown]
        ),
    )


def _measure_people(since: datetime, now: datetime) -> float | None:
    waits = Ticket.objects.filter(
        escalated_at__range=(since, now), first_response_at__gt=F("escalated_at")
    ).aggregate(
        median=Percentile(
            F("first_response_at") - F("escalated_at"), 0.5, output_field=DurationField()
        )
    )
    median: timedelta | None = waits["median"]
    return median.total_seconds() if median else None


def _make_lines(rows: Sequence[tuple[str, ChannelMetrics]]) -> list[Line]:
    most = max((metrics.conversations for _title, metrics in rows), default=0) or 1
    return [Line(title, metrics, metrics.conversations / most) for title, metrics in rows]


def _name(day: date) -> str:
    return date_format(day, "DATE_FORMAT")
