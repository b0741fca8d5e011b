"""Whether a rule's examples hold by words and by meaning, and what follows. For the worker."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from agent import meaning
from agent.guardrails import rulebook
from agent.guardrails.rulebook import Rule
from agent.guardrails.submission import NOTHING_LEARNED, put_in_force
from agent.models import GuardrailRule, RuleContent, RuleInForce
from agent.patterns import SlowPatternError, list_lines

State = GuardrailRule.State


@dataclass(frozen=True, slots=True)
class Examples:
    """The sentences that go wrong."""

    missed: tuple[str, ...]
    caught: tuple[str, ...]

    def describe(self) -> str:
        """ "" if none does."""
        lines = []
        if self.missed:
            lines.append(_("Not caught: %(lines)s") % {"lines": " | ".join(self.missed)})
        if self.caught:
            lines.append(_("Caught: %(lines)s") % {"lines": " | ".join(self.caught)})
        return "\n".join(lines)


def check_rule(rule_id: int, *, now: datetime) -> None:
    """Puts the rule in force if its examples hold, or says on it which do not. May run twice.

    A rule that was saved again meanwhile is left to the job of that save.
    """
    rule = GuardrailRule.objects.filter(pk=rule_id, state=State.CHECKING).first()
    if rule is None:
        return
    head = rulebook.learn(rule)
    refusal = try_examples(rulebook.make_rule(rule.name, rule, head), rule).describe()
    with transaction.atomic():
        changed = GuardrailRule.objects.filter(
            pk=rule_id, revision=rule.revision, state=State.CHECKING
        ).update(state=State.REFUSED if refusal else State.ACTIVE, refusal=refusal)
        if changed and not refusal:
            learned = NOTHING_LEARNED if head is None else rulebook.store(head)
            put_in_force(rule, now=now, learned=learned)


def renew_rules(*, now: datetime) -> None:
    """After a change of the embedding model: learns anew what is in force, and says on a rule
    whose examples no longer hold under it."""
    # One that is switched off is learned anew when it is asked again.
    enabled = RuleInForce.objects.filter(rule__enabled=True).exclude(examples="")
    outdated = enabled.exclude(embedding_model=meaning.model_name())
    if not outdated.exists():
        return
    rules = list(GuardrailRule.objects.filter(in_force__in=outdated, state=State.ACTIVE))
    rulebook.get_rulebook()
    for rule in rules:
        wrong = try_examples(rulebook.make_rule(rule.name, rule, rulebook.learn(rule)), rule)
        if wrong.describe():
            GuardrailRule.objects.filter(pk=rule.pk, revision=rule.revision).update(
                state=State.REFUSED, refusal=wrong.describe()
            )


def try_examples(rule: Rule, content: RuleContent) -> Examples:
    """Which of the sentences that it must and must not match go wrong."""
    return Examples(
        missed=tuple(line for line in list_lines(content.must_match) if not _fires(rule, line)),
        caught=tuple(line for line in list_lines(content.must_not_match) if _fires(rule, line)),
    )


def _fires(rule: Rule, line: str) -> bool:
    try:
        return rule.find(rulebook.build([rule]).read(line)) is not None
    except SlowPatternError:
        return False
