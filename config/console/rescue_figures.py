"""What the rescue finds now and what it took up of late, for the page of the jobs."""

from dataclasses import dataclass
from datetime import datetime

from procrastinate.contrib.django.models import ProcrastinateJob

from channels.models import Delivery
from config.job_control import stalled
from crm.models import Rescue
from crm.rescues import count_rescues


@dataclass(frozen=True, slots=True)
class Figures:
    """`stalled` jobs and `expired` leases wait for the next round; `rescued` is the last week's
    count of each kind, in words."""

    stalled: int
    expired: int
    rescued: list[tuple[str, int]]

    @property
    def total(self) -> int:
        return sum(count for _kind, count in self.rescued)


def read_figures(*, now: datetime) -> Figures:
    """Three queries."""
    counts = count_rescues(now=now)
    return Figures(
        stalled=ProcrastinateJob.objects.filter(stalled(now)).count(),
        expired=Delivery.objects.filter(state=Delivery.State.SENDING, lease_until__lt=now).count(),
        rescued=[(str(kind.label), counts[kind]) for kind in Rescue.Kind],
    )
