"""What may be done with an answer that the agent is sure of."""

from typing import Any

import pytest
from django.utils import timezone

from agent.autonomy.permission import permit
from agent.models import Intent, Rung
from agent.types import Stakes

pytestmark = pytest.mark.django_db

EXPORT = Stakes("web", "export_board")
DELETE = Stakes("web", "delete_account")


@pytest.fixture(autouse=True)
def intents() -> None:
    Intent.objects.create(name="export_board", title="Export a board", risk="low")
    Intent.objects.create(name="delete_account", title="Delete the account", risk="high")


def rung(stakes: Stakes, level: str, **changes: Any) -> Rung:
    return Rung.objects.create(
        channel=stakes.channel,
        intent=stakes.intent,
        level=level,
        changed_at=timezone.now(),
        **changes,
    )


def action(stakes: Stakes, confidence: float = 0.9) -> str:
    return str(permit(stakes, confidence=confidence).action)


def test_automatic_sends_what_it_is_sure_of() -> None:
    assert action(EXPORT) == action(Stakes("web")) == action(DELETE) == "send"


def test_much_at_stake_takes_more_certainty_and_a_proven_sender() -> None:
    assert action(EXPORT, 0.55) == "send"
    assert action(DELETE, 0.55) == "draft"
    assert action(Stakes("web", "delete_account", is_proven=False)) == "draft"
    assert action(Stakes("web", "export_board", is_proven=False)) == "send"


def test_draft_holds_everything_back(settings: Any) -> None:
    settings.AUTONOMY = "draft"
    rung(EXPORT, "automatic", is_fixed=True)
    assert action(EXPORT) == "draft"


def test_earned_begins_by_the_intents_risk_and_follows_the_rung(settings: Any) -> None:
    settings.AUTONOMY = "earned"
    assert action(EXPORT) == action(Stakes("web")) == "draft"
    assert action(DELETE) == "shadow"
    rung(EXPORT, "automatic")
    assert action(EXPORT) == "send"
    assert action(Stakes("email", "export_board")) == "draft"


def test_what_staff_fixed_holds_under_automatic_too() -> None:
    place = rung(EXPORT, "shadow")
    assert action(EXPORT) == "send"
    Rung.objects.filter(pk=place.pk).update(is_fixed=True)
    assert action(EXPORT) == "shadow"


def test_a_rung_may_ask_for_more_certainty_and_says_so() -> None:
    rung(EXPORT, "automatic", threshold=0.95)
    permission = permit(EXPORT, confidence=0.9)
    assert permission.action == "draft"
    assert "0.95" in permission.why
    assert action(EXPORT, 0.96) == "send"
