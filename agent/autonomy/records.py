"""What became of the agent's answers, by channel and intent: good ones and others."""

import difflib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Window
from django.db.models.functions import RowNumber

from agent.models import AgentRun, Draft, Rung
from crm.models import Message
from tickets.models import Satisfaction, TicketEvent

Level = Rung.Level

# The latest answers of each level that count, and how far back.
COUNTED = 30
REMEMBERED = timedelta(days=90)
# An answer that was sent is judged when the customer has had the time to come back.
SETTLED_AFTER = timedelta(days=2)
POOR_RATING = 2
# An edit that leaves this much of the draft corrected a word or a greeting.
SMALL_EDIT = 0.9
# Cosine of two texts that say the same. Chosen by reading pairs, not fitted.
SAME_ANSWER = 0.75

_FAILED = (TicketEvent.Kind.REOPENED, TicketEvent.Kind.ESCALATED)

Place = tuple[str, str]  # channel, intent


@dataclass(frozen=True, slots=True)
class Outcome:
    """One answer: when it was judged, and whether it could have been, or was, left alone."""

    at: datetime
    is_good: bool


@dataclass(frozen=True, slots=True)
class Record:
    """The outcomes at one place on one level, newest first."""

    outcomes: tuple[Outcome, ...] = ()

    def since(self, moment: datetime) -> "Record":
        return Record(tuple(outcome for outcome in self.outcomes if outcome.at > moment))

    def latest(self, count: int) -> "Record":
        return Record(self.outcomes[:count])

    @property
    def good(self) -> int:
        return sum(outcome.is_good for outcome in self.outcomes)

    @property
    def total(self) -> int:
        return len(self.outcomes)

    @property
    def share(self) -> float:
        return self.good / self.total if self.total else 0.0


def read_records(*, now: datetime) -> Mapping[tuple[Place, str], Record]:
    """By place and level. Three queries, whatever the number of places."""
    return {
        **_group(Level.SHADOW, _watched(now)),
        **_group(Level.DRAFT, _drafted(now)),
        **_group(Level.AUTOMATIC, _sent(now)),
    }


def _watched(now: datetime) -> Iterable[tuple[Place, Outcome]]:
    """Runs that only watched, compared with what staff wrote (`agent.autonomy.shadows`)."""
    runs = AgentRun.objects.filter(
        decision=AgentRun.Decision.SHADOW, agreement__isnull=False, finished_at__gt=now - REMEMBERED
    )
    rows = _latest(runs, "conversation__channel", "intent").values_list(
        "conversation__channel", "intent", "finished_at", "agreement"
    )
    for channel, intent, at, agreement in rows:
        yield (channel, intent), Outcome(at, agreement >= SAME_ANSWER)


def _drafted(now: datetime) -> Iterable[tuple[Place, Outcome]]:
    """Drafts that staff decided: unchanged or nearly so is good."""
    decided = Draft.objects.filter(
        state__in=(Draft.State.APPROVED, Draft.State.EDITED, Draft.State.REJECTED),
        decided_at__gt=now - REMEMBERED,
    )
    rows = _latest(decided, "conversation__channel", "run__intent").values_list(
        "conversation__channel", "run__intent", "decided_at", "state", "text", "final_text"
    )
    for channel, intent, at, state, text, final in rows:
        good = state == Draft.State.APPROVED or (
            state == Draft.State.EDITED and kept_share(text, final) >= SMALL_EDIT
        )
        yield (channel, intent), Outcome(at, good)


def _sent(now: datetime) -> Iterable[tuple[Place, Outcome]]:
    """Answers that went out by themselves: one is good unless its ticket came back or went to
    people, a person wrote after it, or it was rated poorly."""
    came_back = TicketEvent.objects.filter(
        ticket__conversation=OuterRef("conversation"),
        kind__in=_FAILED,
        created_at__gt=OuterRef("finished_at"),
        created_at__lte=OuterRef("finished_at") + SETTLED_AFTER,
    )
    corrected = Message.objects.filter(
        conversation=OuterRef("conversation"),
        author=Message.Author.STAFF,
        created_at__gt=OuterRef("finished_at"),
        created_at__lte=OuterRef("finished_at") + SETTLED_AFTER,
    )
    rated_poorly = Satisfaction.objects.filter(
        ticket__conversation=OuterRef("conversation"),
        score__lte=POOR_RATING,
        created_at__gt=OuterRef("finished_at"),
    )
    sent = AgentRun.objects.filter(
        decision=AgentRun.Decision.SEND,
        state=AgentRun.State.DONE,
        reply__author=Message.Author.AGENT,
        finished_at__range=(now - REMEMBERED, now - SETTLED_AFTER),
    )
    rows = (
        _latest(sent, "conversation__channel", "intent")
        .annotate(failed=Q(Exists(came_back)) | Q(Exists(corrected)) | Q(Exists(rated_poorly)))
        .values_list("conversation__channel", "intent", "finished_at", "failed")
    )
    for channel, intent, at, failed in rows:
        yield (channel, intent), Outcome(at, not failed)


def kept_share(before: str, after: str) -> float:
    """How much of a draft an edit kept, in 0..1, by words."""
    return difflib.SequenceMatcher(None, before.split(), after.split(), autojunk=False).ratio()


def _latest(rows: QuerySet[Any], *place: str) -> QuerySet[Any]:
    """The newest COUNTED rows of each place."""
    position = Window(
        RowNumber(), partition_by=[F(name) for name in place], order_by=F("pk").desc()
    )
    latest: QuerySet[Any] = rows.order_by().annotate(position=position)
    return latest.filter(position__lte=COUNTED)


def _group(
    level: str, outcomes: Iterable[tuple[Place, Outcome]]
) -> dict[tuple[Place, str], Record]:
    grouped: dict[Place, list[Outcome]] = defaultdict(list)
    for place, outcome in outcomes:
        grouped[place].append(outcome)
    return {
        (place, level): Record(tuple(sorted(found, key=lambda each: each.at, reverse=True)))
        for place, found in grouped.items()
    }
