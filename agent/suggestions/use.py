"""Which offers people answered with, and how much of them they left as it was."""

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Avg, Count, Q

from agent.models import Suggestion
from crm.models import Message

# As a form names an offer, "suggestion:12".
PREFIX = "suggestion:"
COUNTED = timedelta(days=30)
_MAX_COMPARED = 4_000


@dataclass(frozen=True, slots=True)
class Figures:
    """Of one kind of offers: used in so many replies, and the share of their text that was sent,
    None while nothing was used."""

    used: int
    kept: float | None


def note_use(*, suggestion_id: int, message_id: int) -> bool:
    """Keeps that a reply was written from an offer of its own conversation, once; False if not."""
    message = Message.objects.filter(pk=message_id, author=Message.Author.STAFF).first()
    offer = Suggestion.objects.filter(pk=suggestion_id, reply__isnull=True).first()
    if message is None or offer is None or offer.conversation_id != message.conversation_id:
        return False
    changed = Suggestion.objects.filter(pk=offer.pk, reply__isnull=True).update(
        reply=message, used_by=message.staff, kept=measure_kept(offer.text, message.text)
    )
    return bool(changed)


def measure_kept(offered: str, sent: str) -> float:
    """The share of the offered words that were sent, in their order, 0..1."""
    before, after = offered.split()[:_MAX_COMPARED], sent.split()[:_MAX_COMPARED]
    if not before:
        return 0.0
    matcher = difflib.SequenceMatcher(None, before, after, autojunk=False)
    return round(sum(block.size for block in matcher.get_matching_blocks()) / len(before), 3)


def read_figures(*, now: datetime) -> Mapping[str, Figures]:
    """By the offers' kind, what was used of late."""
    rows = (
        Suggestion.objects.filter(reply__isnull=False, created_at__gt=now - COUNTED)
        .order_by()
        .values("kind")
        .annotate(used=Count("pk", filter=Q(kept__isnull=False)), kept_share=Avg("kept"))
    )
    return {row["kind"]: Figures(row["used"], row["kept_share"]) for row in rows}
