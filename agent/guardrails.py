"""Matters that no model decides: found by rules, before any model is asked."""

import time
from dataclasses import dataclass

from django.utils.translation import gettext as _

from agent.models import GuardrailRule
from agent.patterns import SlowPatternError
from agent.plaintext import fold
from agent.types import MAX_QUESTION, HandOver, Question
from tickets.models import Ticket

# After this no more rules are asked, if one of them was too slow.
SCREEN_SECONDS = 3.0


@dataclass(frozen=True, slots=True)
class Hit:
    rule: str
    reason: str
    route: str
    words: str
    explanation: str = ""

    def hand_over(self) -> HandOver:
        return HandOver(
            self.reason,
            self.explanation
            or _("Rule “%(rule)s”: “%(words)s”.") % {"rule": self.rule, "words": self.words[:160]},
            self.route,
        )


def screen(question: Question) -> Hit | None:
    """The first rule, in the rules' order, that catches what the customer wrote.

    Hidden text is looked at for attempts to instruct the agent only: the customer may not know
    of it, and no model sees it. A rule that takes too long catches nothing; unless another one
    does, a person looks instead.
    """
    shown = _variants(question.full_text)
    hidden = _variants(question.hidden[-MAX_QUESTION:])
    slow: GuardrailRule | None = None
    deadline = time.monotonic() + SCREEN_SECONDS
    for rule in GuardrailRule.objects.filter(enabled=True):
        texts = shown + hidden if rule.reason == Ticket.Reason.INJECTION else shown
        try:
            words = next(filter(None, map(rule.find, texts)), "")
        except SlowPatternError:
            slow = slow or rule
            words = ""
        if words:
            return Hit(rule.name, rule.reason, rule.route, words)
        if slow and time.monotonic() > deadline:
            break
    return _unchecked(slow) if slow else None


def _variants(text: str) -> list[str]:
    """The text, and how it reads once its disguises are taken off."""
    return [variant for variant in dict.fromkeys((text, fold(text))) if variant]


def _unchecked(rule: GuardrailRule) -> Hit:
    why = _("The rule “%(rule)s” took too long on this message, so a person looks at it.")
    return Hit(rule.name, Ticket.Reason.FAILURE, rule.route, "", why % {"rule": rule.name})
