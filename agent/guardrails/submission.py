"""How a rule that staff saved comes into force: at once, or when its meaning has been checked.

For the web process, which matches words only; the rest is `checking`'s.
"""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction
from django.db.models import F

from agent.models import GuardrailRule, GuardrailTrial, RuleContent, RuleInForce
from agent.patterns import list_lines
from config import jobs
from crm.models import User

State = GuardrailRule.State


@transaction.atomic
def submit_rule(rule: GuardrailRule, *, now: datetime) -> None:
    """Saves a rule that full_clean has passed.

    In force at once: whether it is enabled, its order and name, its team, and all of a rule that
    goes by words alone or whose wording is as it was. Anything else waits for a job that tries
    its examples by meaning; the last version that held stays in force meanwhile.
    """
    rule.refusal = ""
    in_force = RuleInForce.objects.filter(rule_id=rule.pk).first() if rule.pk else None
    needs_check = bool(list_lines(rule.examples)) and not _says_the_same(rule, in_force)
    rule.state = State.CHECKING if needs_check else State.ACTIVE
    rule.save()
    GuardrailRule.objects.filter(pk=rule.pk).update(revision=F("revision") + 1)
    if needs_check:
        jobs.enqueue("agent.check_guardrail", queue="agent", rule_id=rule.pk)
    else:
        put_in_force(rule, now=now, learned={} if list_lines(rule.examples) else NOTHING_LEARNED)


Learned = Mapping[str, str | bytes]
NOTHING_LEARNED: Learned = {"embedding_model": "", "weights": b"", "vectors": b""}


def put_in_force(rule: GuardrailRule, *, now: datetime, learned: Learned) -> None:
    """Lets the agent go by the row's content from its next message on. `learned` are the fields
    of RuleInForce that hold it; without them what was learned before stays."""
    RuleInForce.objects.update_or_create(
        rule=rule, defaults={"since": now, **rule.content(), **learned}
    )


def _says_the_same(rule: GuardrailRule, in_force: RuleInForce | None) -> bool:
    return in_force is not None and all(
        list_lines(str(getattr(rule, name))) == list_lines(str(getattr(in_force, name)))
        for name in RuleContent.CHECKED
    )


@transaction.atomic
def request_trial(rule: GuardrailRule, *, actor: User, now: datetime) -> GuardrailTrial:
    """Enqueues the comparison of a rule, saved or not, with what is in force. Trials of before
    that the same person asked for are forgotten: they hold what customers wrote."""
    GuardrailTrial.objects.filter(requested_by=actor).delete()
    trial = GuardrailTrial.objects.create(
        rule=rule if rule.pk else None,
        name=rule.name,
        requested_by=actor,
        created_at=now,
        **rule.content(),
    )
    jobs.enqueue("agent.try_guardrail", queue="knowledge", trial_id=trial.pk)
    return trial


def adopt_trial(trial: GuardrailTrial, *, now: datetime) -> None:
    """Saves the trial's rule with what was tried. Raises ValidationError, as a form would."""
    rule = trial.rule
    if rule is None:
        raise ValueError("The rule that was tried has not been saved yet.")
    for name, value in trial.content().items():
        setattr(rule, name, value)
    rule.full_clean()
    submit_rule(rule, now=now)
