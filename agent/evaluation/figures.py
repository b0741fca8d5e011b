"""A stored scoreboard as rows of words and figures, beside an earlier one."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from agent.evaluation.share import Share
from agent.models import EvaluationCase
from tickets.models import Ticket

# What cases are counted under (`Expectation.name`), in the order that it is shown.
_EXPECTATIONS: dict[str, Any] = {
    **dict(EvaluationCase.Action.choices),
    **dict(Ticket.Reason.choices),
}


@dataclass(frozen=True, slots=True)
class Figure:
    """`change` is in percentage points, None where nothing can be compared; `is_better` says
    whether it is for the good, None where it is neither."""

    name: str
    value: str
    detail: str = ""
    change: float | None = None
    is_better: bool | None = None
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Figures:
    main: list[Figure]
    expectations: list[Figure]
    parts: list[Figure]


def list_figures(scoreboard: Mapping[str, Any], previous: Mapping[str, Any]) -> Figures:
    """`scoreboard` and `previous` as `Scoreboard.model_dump` wrote them; {} for none."""
    if not scoreboard:
        return Figures([], [], [])
    expected = scoreboard["by_expectation"]
    return Figures(
        main=[*_shares(scoreboard, previous), *_sums(scoreboard)],
        expectations=[
            _figure(title, expected[name], (previous.get("by_expectation") or {}).get(name))
            for name, title in _EXPECTATIONS.items()
            if name in expected
        ],
        parts=[
            _figure(title, scoreboard[name]["right"], (previous.get(name) or {}).get("right"))
            for name, title in (
                ("tuned", _("thresholds set on")),
                ("unseen", _("the other half")),
                ("held_out", _("held out")),
            )
            if scoreboard[name]["right"]["total"]
        ],
    )


def _shares(scoreboard: Mapping[str, Any], previous: Mapping[str, Any]) -> Iterator[Figure]:
    for name, title, good_if_more, hint in (
        ("right", _("right in all"), True, _("route, article and words")),
        ("route", _("right route"), True, _("answered, left or handed over as it should")),
        ("article", _("right article"), True, _("of what an article should answer")),
        ("grounded", _("supported answers"), True, _("every claim stands in the cited article")),
        ("guardrails_missed", _("guardrails missed"), False, _("of what a rule should catch")),
        ("guardrails_false", _("guardrails fired wrongly"), False, _("of all other cases")),
        ("hand_over_precision", _("hand-over precision"), True, _("handed over, and rightly")),
        ("hand_over_recall", _("hand-over recall"), True, _("for people, and handed over")),
        ("deflection", _("deflection"), True, _("done without a person, and rightly")),
    ):
        yield _figure(
            title, scoreboard[name], previous.get(name), good_if_more=good_if_more, hint=hint
        )


def _sums(scoreboard: Mapping[str, Any]) -> Iterator[Figure]:
    cost = scoreboard["cost"]
    yield Figure(_("cost"), _("unknown") if cost is None else f"${float(cost):.4f}")
    yield Figure(_("time, p50"), f"{scoreboard['median_ms']:.0f} ms")
    yield Figure(_("time, p95"), f"{scoreboard['p95_ms']:.0f} ms")


def _figure(
    name: str,
    value: Mapping[str, int],
    previous: Mapping[str, int] | None,
    *,
    good_if_more: bool = True,
    hint: str = "",
) -> Figure:
    now = Share.model_validate(value)
    if now.percent is None:
        return Figure(name, "–", hint=hint)
    before = Share.model_validate(previous).percent if previous else None
    change = None if before is None else round(now.percent - before, 1)
    return Figure(
        name=name,
        value=f"{now.percent:.1f} %",
        detail=f"{now.count} / {now.total}",
        change=change or None,
        is_better=None if not change else (change > 0) == good_if_more,
        hint=hint,
    )
