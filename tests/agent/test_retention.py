from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from agent.models import AgentRun, AgentStep, ModelCall
from agent.retention import forget_calls, forget_steps
from tickets.models import Ticket


@pytest.mark.django_db
def test_old_steps_go_and_what_was_decided_stays(
    ask: Callable[..., Ticket], run_jobs: Callable[[], int], settings: Any
) -> None:
    ask()
    run_jobs()
    run = AgentRun.objects.get()
    steps = run.steps.count()
    assert steps
    later = timezone.now() + timedelta(days=181)
    assert forget_steps(now=timezone.now()) == 0
    settings.KEEP_STEPS_DAYS = 0
    assert forget_steps(now=later) == 0
    settings.KEEP_STEPS_DAYS = 180
    assert forget_steps(now=later) == steps
    assert not AgentStep.objects.exists()
    decided = AgentRun.objects.get()
    assert (decided.decision, decided.draft) == (run.decision, run.draft)


@pytest.mark.django_db
def test_old_calls_go_and_newer_ones_stay(settings: Any) -> None:
    now = timezone.now()
    old, new = (
        ModelCall.objects.create(model="m", milliseconds=1, created_at=now - timedelta(days=days))
        for days in (181, 179)
    )
    settings.KEEP_STEPS_DAYS = 0
    assert forget_calls(now=now) == 0
    settings.KEEP_STEPS_DAYS = 180
    assert forget_calls(now=now) == 1
    assert ModelCall.objects.get() == new
    assert forget_calls(now=old.created_at) == 0
