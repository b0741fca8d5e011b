"""What a run did, step by step and call by call, is kept for a while; what it decided stays."""

from datetime import datetime, timedelta

from django.conf import settings

from agent.models import AgentStep, ModelCall

_BATCH = 2000


def forget_steps(*, now: datetime) -> int:
    """Removes the steps of runs that began before KEEP_STEPS_DAYS; returns how many.

    Steps are written in the order of time, so the oldest stand first and a look costs as much
    as there is to remove. In batches, each its own commit.
    """
    if not settings.KEEP_STEPS_DAYS:
        return 0
    before = now - timedelta(days=settings.KEEP_STEPS_DAYS)
    removed = 0
    while True:
        oldest = AgentStep.objects.order_by("pk").values_list("pk", "run__started_at")[:_BATCH]
        batch = [pk for pk, started_at in oldest if started_at < before]
        AgentStep.objects.filter(pk__in=batch).delete()
        removed += len(batch)
        if len(batch) < _BATCH:
            return removed


def forget_calls(*, now: datetime) -> int:
    """Removes the single calls of models from before KEEP_STEPS_DAYS; returns how many. What a run
    and what a day took in all stays with them.

    By the index of their time, in batches, each its own commit.
    """
    if not settings.KEEP_STEPS_DAYS:
        return 0
    old = ModelCall.objects.filter(created_at__lt=now - timedelta(days=settings.KEEP_STEPS_DAYS))
    removed = 0
    while batch := list(old.order_by("created_at").values_list("pk", flat=True)[:_BATCH]):
        ModelCall.objects.filter(pk__in=batch).delete()
        removed += len(batch)
    return removed
