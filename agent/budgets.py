"""What the configured models may cost: for a conversation, a customer and the whole desk.

Where one is used up the offline model answers, and staff are told. What a call costs is known
only once it has been made, so the calls that run at the same moment may go beyond a bound.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _

from agent.models import ModelBudget, ModelCall
from crm import alerts
from crm.models import Conversation, StaffAlert

Scope = ModelBudget.Scope

_KEY = "model-budget:"

# Of each scope what it used; a day is never added up anew. No sum reads more than one
# conversation's or one customer's calls, however many there are in all.
_SPENT = """
    SELECT 'conversation' AS scope, coalesce(sum(cost), 0) AS used_usd,
        coalesce(sum(input_tokens + output_tokens), 0) AS used_tokens,
        count(*) FILTER (WHERE cost IS NULL AND failure = '') AS unpriced
    FROM agent_modelcall WHERE conversation_id = %(conversation)s
    UNION ALL
    SELECT 'customer', coalesce(sum(cost), 0), coalesce(sum(input_tokens + output_tokens), 0),
        count(*) FILTER (WHERE cost IS NULL AND failure = '')
    FROM agent_modelcall WHERE created_at >= %(midnight)s AND conversation_id IN (
        SELECT id FROM crm_conversation WHERE customer_id = %(customer)s
    )
    UNION ALL
    SELECT 'day', coalesce(sum(usd), 0), coalesce(sum(tokens), 0), coalesce(sum(unpriced), 0)
    FROM agent_dayspend WHERE day = %(day)s
"""
_BUDGETS = """
    SELECT scope, used_usd, used_tokens, unpriced, budget.usd, budget.tokens
    FROM agent_modelbudget budget JOIN (SPENT) spent USING (scope) ORDER BY scope
""".replace("SPENT", _SPENT)
_COUNT = """
    WITH held AS (  -- first, for the foreign key waits for whoever has the conversation locked
        SELECT id FROM crm_conversation WHERE id = %(conversation)s FOR KEY SHARE
    ), counted AS (
        INSERT INTO agent_dayspend AS spent (day, usd, tokens, unpriced)
        SELECT %(day)s::date, %(usd)s::numeric, %(tokens)s::bigint, %(unpriced)s::integer
        FROM (SELECT count(*) FROM held) AS waited
        ON CONFLICT (day) DO UPDATE SET usd = spent.usd + excluded.usd,
            tokens = spent.tokens + excluded.tokens, unpriced = spent.unpriced + excluded.unpriced
    )
    INSERT INTO agent_modelcall (run_id, conversation_id, model, failure, input_tokens,
        output_tokens, cost, milliseconds, created_at)
    VALUES (%(run)s, %(conversation)s, %(model)s, %(failure)s, %(input)s,
        %(output)s, %(cost)s, %(milliseconds)s, %(at)s)
"""


@dataclass(frozen=True, slots=True)
class Spent:
    """`usd` is what is known of the cost; `unpriced` calls are not in it."""

    usd: Decimal
    tokens: int
    unpriced: int


def find_exhausted(conversation: Conversation | None, *, now: datetime) -> str:
    """The scope whose budget is used up, "" if none is; of what belongs to no conversation the
    day's only. Staff are told once while it lasts."""
    for scope, usd, tokens, unpriced, most_usd, most_tokens in _ask(_BUDGETS, conversation, now):
        if conversation is None and scope != Scope.DAY:
            continue
        over = most_usd is not None and usd >= most_usd
        if over or (most_tokens is not None and tokens >= most_tokens):
            _tell(Scope(scope), Spent(usd, int(tokens), int(unpriced)), now)
            return str(scope)
    return ""


def measure_spent(conversation: Conversation, *, now: datetime) -> Mapping[str, Spent]:
    """What was spent by scope; a day begins at midnight of the desk's own time."""
    return _measure(conversation, now)


def measure_today(*, now: datetime) -> Spent:
    return _measure(None, now)[Scope.DAY]


def count_call(call: ModelCall) -> None:
    """Writes a new call and adds it to its day, in one statement."""
    unpriced = call.cost is None and not call.failure
    parameters = {
        "day": timezone.localdate(call.created_at),
        "usd": call.cost or 0,
        "tokens": call.input_tokens + call.output_tokens,
        "unpriced": int(unpriced),
        "run": call.run_id,
        "conversation": call.conversation_id,
        "model": call.model,
        "failure": call.failure,
        "input": call.input_tokens,
        "output": call.output_tokens,
        "cost": call.cost,
        "milliseconds": call.milliseconds,
        "at": call.created_at,
    }
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, parameters)


def _measure(conversation: Conversation | None, now: datetime) -> dict[str, Spent]:
    rows = _ask(_SPENT, conversation, now)
    return {scope: Spent(usd, int(tokens), int(unpriced)) for scope, usd, tokens, unpriced in rows}


def _ask(statement: str, conversation: Conversation | None, now: datetime) -> list[tuple[Any, ...]]:
    parameters = {
        "conversation": conversation.pk if conversation else None,
        "customer": conversation.customer_id if conversation else None,
        "midnight": _start_of_day(now),
        "day": timezone.localdate(now),
    }
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return list(cursor.fetchall())


def clear_past_alerts(*, now: datetime) -> None:
    """Closes the alerts of budgets that were not met again since the day began."""
    past = StaffAlert.objects.filter(
        key__startswith=_KEY, cleared_at=None, last_seen_at__lt=_start_of_day(now)
    )
    for key in past.values_list("key", flat=True):
        alerts.clear_alert(key, now=now)


def _tell(scope: Scope, spent: Spent, now: datetime) -> None:
    alerts.raise_alert(
        f"{_KEY}{scope}",
        title=_("The model budget is used up: %(scope)s") % {"scope": scope.label},
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
