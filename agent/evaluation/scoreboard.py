"""The figures of one pass over a suite."""

import math
from collections.abc import Sequence
from decimal import Decimal

from pydantic import BaseModel, ConfigDict

from agent.evaluation.outcomes import Outcome
from agent.evaluation.share import Share
from agent.models import AgentRun

Action = AgentRun.Decision


class Part(BaseModel):
    """One set of the cases: what was right of it, and how the rest went wrong."""

    model_config = ConfigDict(frozen=True)

    right: Share
    wrong_answers: int
    needless_hand_overs: int


class Scoreboard(BaseModel):
    """What `manage.py evaluate` prints and every stored run keeps.

    `route`: whether the case was answered, left or handed over for a right reason, whatever the
    answer says. `article`: right articles, of the cases that one should answer. `grounded`: answers
    whose every claim the cited articles support. `guardrails_missed` of the cases that a rule
    should catch, `guardrails_false` of all others. `hand_over_precision` and `_recall` whatever
    the reason. `deflection`: cases closed without a person, and rightly. `cost` in USD, None if
    one model's price is not known. Times are milliseconds.
    """

    model_config = ConfigDict(frozen=True)

    right: Share
    route: Share
    article: Share
    grounded: Share
    guardrails_missed: Share
    guardrails_false: Share
    hand_over_precision: Share
    hand_over_recall: Share
    deflection: Share
    wrong_answers: int
    needless_hand_overs: int
    answered_for_people: int
    cost: Decimal | None
    median_ms: float
    p95_ms: float
    by_expectation: dict[str, Share]
    tuned: Part
    unseen: Part
    held_out: Part


def build_scoreboard(outcomes: Sequence[Outcome]) -> Scoreboard:
    """`tuned` are the 1st, 3rd, … of what is not held out: thresholds may be set on them alone.
    `unseen` are the others, `held_out` was written before anything was changed."""
    usual = [outcome for outcome in outcomes if not outcome.case.is_held_out]
    held_out = [outcome for outcome in outcomes if outcome.case.is_held_out]
    for_people = [one for one in outcomes if one.case.expect.action == "hand_over"]
    handed_over = [one for one in outcomes if one.decision.action == Action.HAND_OVER]
    answered = [one for one in outcomes if one.is_answered]
    guarded = [one for one in outcomes if one.is_guarded]
    times = sorted(one.trial.milliseconds for one in outcomes)
    costs = [one.trial.journal.cost for one in outcomes]
    return Scoreboard(
        right=_right(outcomes),
        route=Share.of(one.has_route for one in outcomes),
        article=Share.of(one.has_article for one in outcomes if one.has_article is not None),
        grounded=Share.of(one.is_grounded for one in answered),
        guardrails_missed=Share.of(one.missed_guardrail for one in guarded),
        guardrails_false=Share.of(one.false_guardrail for one in outcomes if not one.is_guarded),
        hand_over_precision=Share.of(one in for_people for one in handed_over),
        hand_over_recall=Share.of(one in handed_over for one in for_people),
        deflection=Share.of(
            one.is_right and one.decision.action in {Action.SEND, Action.NO_REPLY}
            for one in outcomes
        ),
        wrong_answers=_count_wrong_answers(outcomes),
        needless_hand_overs=_count_needless_hand_overs(outcomes),
        answered_for_people=sum(one.is_answered for one in for_people),
        cost=None if None in costs else sum((cost for cost in costs if cost), Decimal(0)),
        median_ms=_quantile(times, 0.5),
        p95_ms=_quantile(times, 0.95),
        by_expectation=_by_expectation(outcomes),
        tuned=_part(usual[::2]),
        unseen=_part(usual[1::2]),
        held_out=_part(held_out),
    )


def _by_expectation(outcomes: Sequence[Outcome]) -> dict[str, Share]:
    """Scores for "answer" and for each reason to hand over, in the order of the cases."""
    groups: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        groups.setdefault(outcome.case.expect.name, []).append(outcome)
    return {name: _right(group) for name, group in groups.items()}


def _part(outcomes: Sequence[Outcome]) -> Part:
    return Part(
        right=_right(outcomes),
        wrong_answers=_count_wrong_answers(outcomes),
        needless_hand_overs=_count_needless_hand_overs(outcomes),
    )


def _right(outcomes: Sequence[Outcome]) -> Share:
    return Share.of(one.is_right for one in outcomes)


def _count_wrong_answers(outcomes: Sequence[Outcome]) -> int:
    """Answers that were not right, or that a person should have given."""
    return sum(one.is_answered and not one.is_right for one in outcomes)


def _count_needless_hand_overs(outcomes: Sequence[Outcome]) -> int:
    """Cases for an answer that reached a person instead: slower, but no harm."""
    return sum(
        one.case.expect.action == "answer" and one.decision.action == Action.HAND_OVER
        for one in outcomes
    )


def _quantile(ordered: Sequence[float], share: float) -> float:
    """The nearest rank; 0 of nothing."""
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)] if ordered else 0.0
