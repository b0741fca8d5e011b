"""Moves each intent on each channel up or down, by what became of the answers."""

from dataclasses import dataclass
from datetime import datetime
from typing import assert_never

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from agent.autonomy.permission import FIRST_LEVEL
from agent.autonomy.records import Record, read_records
from agent.models import Intent, Rung
from crm import alerts
from crm.models import Conversation, User

Level = Rung.Level
Risk = Intent.Risk

# To rise takes so many outcomes since the last change, and this share of good ones.
RISE_FROM_SHADOW = (10, 0.8)
RISE_FROM_DRAFT: dict[str, tuple[int, float]] = {Risk.LOW: (20, 0.85), Risk.MEDIUM: (20, 0.9)}
# To fall takes the latest so many, of which fewer than this share were good.
FALL_FROM_AUTOMATIC = (5, 0.7)
FALL_FROM_DRAFT = (10, 0.4)


@dataclass(frozen=True, slots=True)
class Move:
    level: str
    why: str


def ensure_rungs(*, now: datetime) -> None:
    """A rung for every intent, and for what has none, on every channel, where it begins."""
    risks = {"": Risk.MEDIUM, **dict(Intent.objects.values_list("name", "risk"))}
    Rung.objects.bulk_create(
        (
            Rung(channel=channel, intent=intent, level=FIRST_LEVEL[risk], changed_at=now)
            for channel in Conversation.Channel.values
            for intent, risk in risks.items()
        ),
        ignore_conflicts=True,
    )


def move_rungs(*, now: datetime) -> int:
    """Moves every rung that is not fixed and has earned it; returns how many. A fall from
    answering by itself is an alert. May run twice at once: a rung moves once."""
    ensure_rungs(now=now)
    risks = dict(Intent.objects.values_list("name", "risk"))
    records = read_records(now=now)
    moved = 0
    for rung in Rung.objects.filter(is_fixed=False):
        record = records.get(((rung.channel, rung.intent), rung.level), Record())
        move = choose_move(
            rung.level, record.since(rung.changed_at), risk=risks.get(rung.intent, Risk.MEDIUM)
        )
        if move:
            moved += _apply(rung, move, now=now)
    return moved


def choose_move(level: str, record: Record, *, risk: str) -> Move | None:
    """Where the outcomes since the last change lead, None where they leave it. What is of high
    risk never answers by itself unless staff fix it so."""
    match Level(level):
        case Level.SHADOW:
            return _rise(record, RISE_FROM_SHADOW, Level.DRAFT)
        case Level.DRAFT:
            needed = RISE_FROM_DRAFT.get(risk)
            up = _rise(record, needed, Level.AUTOMATIC) if needed else None
            return up or _fall(record, FALL_FROM_DRAFT, Level.SHADOW)
        case Level.AUTOMATIC:
            return _fall(record, FALL_FROM_AUTOMATIC, Level.DRAFT)
        case never:
            assert_never(never)


def say_next(rung: Rung, record: Record, *, risk: str) -> str:
    """What it takes for the rung to move, for staff."""
    if rung.is_fixed:
        return _("fixed by staff")
    if rung.level == Level.AUTOMATIC:
        count, share = FALL_FROM_AUTOMATIC
        return _("falls below %(share).0f %% of %(count)d") % {"share": share * 100, "count": count}
    needed = RISE_FROM_SHADOW if rung.level == Level.SHADOW else RISE_FROM_DRAFT.get(risk)
    if needed is None:
        return _("of high risk: rises only by staff")
    count, share = needed
    if record.total < count:
        return _("%(missing)d more to rise") % {"missing": count - record.total}
    return _("rises with %(share).0f %% of %(count)d") % {"share": share * 100, "count": count}


@transaction.atomic
def fix_rungs(rungs: QuerySet[Rung], *, level: str, staff: User, now: datetime) -> int:
    """Staff decide: nothing but staff moves them from here on. Returns how many."""
    chosen = list(rungs.select_for_update())
    for rung in chosen:
        rung.level, rung.is_fixed, rung.changed_at = level, True, now
        rung.why = _("Set by %(staff)s.") % {"staff": staff}
        rung.save(update_fields=["level", "is_fixed", "changed_at", "why"])
    return len(chosen)


@transaction.atomic
def release_rungs(rungs: QuerySet[Rung], *, staff: User) -> int:
    """Figures move them again from where they stand. Returns how many."""
    chosen = list(rungs.select_for_update().filter(is_fixed=True))
    for rung in chosen:
        rung.is_fixed = False
        rung.why = _("Released by %(staff)s.") % {"staff": staff}
        rung.save(update_fields=["is_fixed", "why"])
    return len(chosen)


def _rise(record: Record, needed: tuple[int, float], level: str) -> Move | None:
    count, share = needed
    latest = record.latest(count)
    if latest.total < count or latest.share < share:
        return None
    return Move(level, _say(latest))


def _fall(record: Record, needed: tuple[int, float], level: str) -> Move | None:
    count, share = needed
    latest = record.latest(count)
    if latest.total < count or latest.share >= share:
        return None
    return Move(level, _say(latest))


def _say(record: Record) -> str:
    return _("%(good)s of the latest %(total)s answers were good.") % {
        "good": record.good,
        "total": record.total,
    }


def _apply(rung: Rung, move: Move, *, now: datetime) -> int:
    """A conditional update: staff may be deciding the same rung."""
    before = rung.level
    changed = Rung.objects.filter(
        pk=rung.pk, level=before, is_fixed=False, changed_at=rung.changed_at
    ).update(level=move.level, why=move.why, changed_at=now)
    if not changed:
        return 0
    rung.refresh_from_db()
    Rung.history.bulk_history_create([rung], update=True)
    if before == Level.AUTOMATIC:
        alerts.raise_alert(
            f"autonomy:{rung.pk}",
            title=_("The agent answers less by itself"),
            detail=_("%(rung)s: drafts again. %(why)s") % {"rung": rung, "why": move.why},
            now=now,
        )
    return 1
