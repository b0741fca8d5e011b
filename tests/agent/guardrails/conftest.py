"""Rules written for a test, and saved the way the console does."""

from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from agent.guardrails.submission import submit_rule
from agent.models import GuardrailRule

EXAMPLES = """
My parcel arrived broken.
The lamp came with a crack in the glass.
There is a hole in the shirt that you sent me.
The box was crushed and the cup inside is in pieces.
One leg of the chair was snapped off when I unpacked it.
The screen has a scratch right out of the box.
"""


@pytest.fixture
def save_rule(db: None) -> Callable[..., GuardrailRule]:
    """Checks a rule as the form does and submits it; changes are made to a rule about damage."""

    def save(rule: GuardrailRule | None = None, **changes: Any) -> GuardrailRule:
        values = {
            "name": "Damaged goods",
            "reason": "account",
            "route": "Returns",
            "examples": EXAMPLES,
            "must_match": "The plate was cracked when it came",
            "must_not_match": "How do I wash the shirt?",
        }
        rule = rule or GuardrailRule(**values)
        for name, value in changes.items():
            setattr(rule, name, value)
        rule.full_clean()
        submit_rule(rule, now=timezone.now())
        rule.refresh_from_db()
        return rule

    return save
