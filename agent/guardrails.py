"""Matters that no model decides: found by rules, before any model is asked."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from agent.models import GuardrailRule
from agent.types import MAX_QUESTION, HandOver, Question
from tickets.models import Ticket


@dataclass(frozen=True, slots=True)
class Hit:
    rule: str
    reason: str
    route: str
    words: str

    def hand_over(self) -> HandOver:
        return HandOver(
            self.reason,
            _("Rule “%(rule)s”: “%(words)s”.") % {"rule": self.rule, "words": self.words[:160]},
            self.route,
        )


def screen(question: Question) -> Hit | None:
    """The first rule, in the rules' order, that catches what the customer wrote.

    Hidden text is looked at for attempts to instruct the agent only: the customer may not know
    of it, and no model sees it.
    """
    for rule in GuardrailRule.objects.filter(enabled=True):
        texts = [question.full_text]
        if rule.reason == Ticket.Reason.INJECTION and question.hidden:
            texts.append(question.hidden[-MAX_QUESTION:])
        for text in texts:
            words = rule.find(text)
            if words:
                return Hit(rule.name, rule.reason, rule.route, words)
    return None
