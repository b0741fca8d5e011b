"""What a rule would have done to past messages, had it been in force. For the worker.

Asked for in the web process by `submission.request_trial`.
"""

from collections.abc import Iterator
from datetime import datetime

from django.db import transaction

from agent import plaintext
from agent.guardrails import checking, rulebook
from agent.guardrails.forms import Forms
from agent.guardrails.rulebook import Finding, Rule, Rulebook
from agent.models import GuardrailTrial, RuleContent, RuleInForce, TrialFinding
from agent.patterns import SlowPatternError
from crm.models import Message
from crm.services import printable
from tickets.models import Ticket

Stage = RuleContent.Stage
Change = TrialFinding.Change

MESSAGES = 500


def run_trial(trial_id: int, *, now: datetime) -> None:
    """Compares the rule on trial with the one in force, over the last messages of each kind that
    either looks at. Keeps only where they differ. May run twice."""
    trial = GuardrailTrial.objects.filter(pk=trial_id, finished_at=None).first()
    if trial is None:
        return
    tried = rulebook.make_rule(trial.name, trial, rulebook.learn(trial))
    row = RuleInForce.objects.filter(rule=trial.rule, rule__enabled=True).first()
    in_force = rulebook.make_rule(trial.name, row, rulebook.learn(row)) if row else None
    book = rulebook.build([tried])
    findings = []
    looked_at = 0
    for stage in (Stage.BEFORE, Stage.AFTER):
        rules = [rule for rule in (tried, in_force) if rule and rule.looks_at(stage)]
        for message in _list_messages(stage) if rules else ():
            looked_at += 1
            finding = _compare(message, tried, in_force, stage=stage, book=book)
            if finding:
                findings.append(finding)
    for finding in findings:
        finding.trial = trial
    with transaction.atomic():
        done = GuardrailTrial.objects.filter(pk=trial_id, finished_at=None).update(
            finished_at=now,
            looked_at=looked_at,
            wrong=checking.try_examples(tried, trial).describe(),
        )
        if done:
            TrialFinding.objects.bulk_create(findings)


def _compare(
    message: Message, tried: Rule, in_force: Rule | None, *, stage: str, book: Rulebook
) -> TrialFinding | None:
    text = plaintext.read(plaintext.said(message.text))
    forms = [book.read(text.shown), book.read(text.hidden)]
    before, after = (_find(rule, forms, stage) for rule in (in_force, tried))
    if bool(before) == bool(after):
        return None
    finding = after or before
    because = finding.example or finding.words if finding else ""
    return TrialFinding(
        message=message,
        change=Change.FIRES if after else Change.RESTS,
        because=printable(because[:300]),
    )


def _find(rule: Rule | None, forms: list[Forms], stage: str) -> Finding | None:
    if rule is None or not rule.looks_at(stage):
        return None
    looked_at = forms if rule.reason == Ticket.Reason.INJECTION else forms[:1]
    try:
        return next(filter(None, map(rule.find, looked_at)), None)
    except SlowPatternError:
        return None


def _list_messages(stage: str) -> Iterator[Message]:
    """The newest messages that customers wrote, or that the agent did."""
    author = Message.Author.CUSTOMER if stage == Stage.BEFORE else Message.Author.AGENT
    newest = Message.objects.filter(author=author).order_by("-pk").only("pk", "text")
    return iter(newest[:MESSAGES])
