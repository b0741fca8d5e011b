"""What the configured models may cost: for a conversation, a customer and the whole desk.

Where one is used up the offline model answers, and staff are told. What a call costs is known
only once it has been made, so the calls that run at the same moment may go beyond a bound.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db.models import Aggregate, Count, Q, QuerySet, Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from agent.models import ModelBudget, ModelCall
from crm import alerts
from crm.models import Conversation, StaffAlert

Scope = ModelBudget.Scope

_KEY = "model-budget:"


@dataclass(frozen=True, slots=True)
class Spent:
    """`usd` is what is known of the cost; `unpriced` calls are not in it."""

    usd: Decimal
    tokens: int
    unpriced: int


def find_exhausted(conversation: Conversation | None, *, now: datetime) -> str:
    """The scope whose budget is used up, "" if none is; of what belongs to no conversation the
    day's only. Staff are told once while it lasts."""
    limits = {budget.scope: budget for budget in ModelBudget.objects.all()}
    if not limits:
        return ""
    if conversation is None:
        spent: Mapping[str, Spent] = {Scope.DAY: measure_today(now=now)}
    else:
        spent = measure_spent(conversation, now=now)
    for scope, used in spent.items():
        if scope in limits and _is_used_up(limits[scope], used):
            _tell(limits[scope], used, now)
            return scope
    return ""


def measure_spent(conversation: Conversation, *, now: datetime) -> Mapping[str, Spent]:
    """What was spent by scope, in one query; a day begins at midnight of the desk's own time."""
    today = Q(created_at__gte=_start_of_day(now))
    return _measure(
        ModelCall.objects.filter(today | Q(conversation=conversation)),
        {
            Scope.CONVERSATION: Q(conversation=conversation),
            Scope.CUSTOMER: Q(conversation__customer=conversation.customer_id) & today,
            Scope.DAY: today,
        },
    )


def measure_today(*, now: datetime) -> Spent:
    today = Q(created_at__gte=_start_of_day(now))
    return _measure(ModelCall.objects.filter(today), {Scope.DAY: today})[Scope.DAY]


def _measure(calls: QuerySet[ModelCall], scopes: Mapping[str, Q]) -> dict[str, Spent]:
    sums: dict[str, Aggregate] = {}
    for scope, rows in scopes.items():
        sums[f"{scope}_usd"] = Sum("cost", filter=rows)
        sums[f"{scope}_in"] = Sum("input_tokens", filter=rows)
        sums[f"{scope}_out"] = Sum("output_tokens", filter=rows)
        sums[f"{scope}_unpriced"] = Count("pk", filter=rows & Q(cost=None, failure=""))
    row = calls.aggregate(**sums)
    return {
        scope: Spent(
            usd=row[f"{scope}_usd"] or Decimal(0),
            tokens=(row[f"{scope}_in"] or 0) + (row[f"{scope}_out"] or 0),
            unpriced=row[f"{scope}_unpriced"],
        )
        for scope in scopes
    }


def clear_past_alerts(*, now: datetime) -> None:
    """Closes the alerts of budgets that were not met again since the day began."""
    past = StaffAlert.objects.filter(
        key__startswith=_KEY, cleared_at=None, last_seen_at__lt=_start_of_day(now)
    )
    for key in past.values_list("key", flat=True):
        alerts.clear_alert(key, now=now)


def _is_used_up(budget: ModelBudget, spent: Spent) -> bool:
    return (budget.usd is not None and spent.usd >= budget.usd) or (
        budget.tokens is not None and spent.tokens >= budget.tokens
    )


def _tell(budget: ModelBudget, spent: Spent, now: datetime) -> None:
    alerts.raise_alert(
        f"{_KEY}{budget.scope}",
        title=_("The model budget is used up: %(scope)s") % {"scope": budget.get_scope_display()},
        detail=_(
            "$%(usd).2f and %(tokens)d tokens were used, with %(unpriced)d calls of unknown "
            "price. The offline model answers what it can, the rest goes to people. Raise the "
            "budget, or find out what uses so much."
        )
        % {"usd": spent.usd, "tokens": spent.tokens, "unpriced": spent.unpriced},
        now=now,
    )


def _start_of_day(now: datetime) -> datetime:
    return timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
