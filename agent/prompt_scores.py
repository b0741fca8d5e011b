"""How a version of a prompt does on a suite of cases."""

from collections.abc import Callable
from datetime import datetime

from django.conf import settings

from agent.evaluation.outcomes import run_cases
from agent.evaluation.passes import list_cases
from agent.models import PromptVersion


def score(version_id: int, *, suite: str, clock: Callable[[], datetime]) -> None:
    """Tries the cases with nothing recorded but the score; may run twice.

    Slow, and a configured model is paid for it. Raises EvaluationError for a suite without cases.
    """
    version = PromptVersion.objects.select_related("prompt").get(pk=version_id)
    outcomes = list(run_cases(list_cases(suite), version=version))
    PromptVersion.objects.filter(pk=version_id).update(
        scored_on=suite,
        right=sum(outcome.is_right for outcome in outcomes),
        total=len(outcomes),
        scored_with=settings.LLM_MODEL[:120],
        scored_at=clock(),
    )
