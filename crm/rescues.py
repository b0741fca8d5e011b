"""The books of the rescue: what was taken up again that a process had left behind.

A day without any says that nothing was lost; many of one kind say where to look.
"""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, Sum
from django.utils import timezone

from crm.models import Rescue

Kind = Rescue.Kind
SHOWN = timedelta(days=7)


@transaction.atomic
def note_rescue(kind: str, *, now: datetime, count: int = 1) -> None:
    """Adds to the day's count; nothing is written for none."""
    if count:
        day = timezone.localdate(now)
        Rescue.objects.bulk_create([Rescue(day=day, kind=kind)], ignore_conflicts=True)
        Rescue.objects.filter(day=day, kind=kind).update(count=F("count") + count)


def count_rescues(*, now: datetime) -> dict[str, int]:
    """Of the last week, by kind; kinds without any are 0."""
    since = timezone.localdate(now - SHOWN)
    rows = Rescue.objects.filter(day__gt=since).values_list("kind").annotate(Sum("count"))
    return {**dict.fromkeys(Kind.values, 0), **dict(rows.order_by())}
