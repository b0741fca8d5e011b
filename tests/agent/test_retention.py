from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from agent.models import AgentRun, AgentStep
from agent.retention import forget_steps
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
