"""What the agent would have said, compared with what staff wrote instead."""

from datetime import datetime, timedelta

from django.db.models import OuterRef, Subquery

from agent import meaning
from agent.likeness import dot
from agent.models import AgentRun
from crm.models import Message

_AT_ONCE = 200
# What nobody answered by then never will be.
_REMEMBERED = timedelta(days=30)


def compare_shadows(*, now: datetime) -> int:
    """Notes on each run that only watched how like its answer is to the first that staff sent
    after it, as a cosine; returns how many. Loads the embedding model: for the worker."""
    reply = (
        Message.objects.filter(
            conversation=OuterRef("conversation"),
            author=Message.Author.STAFF,
            created_at__gt=OuterRef("finished_at"),
        )
        .order_by("id")
        .values("text")[:1]
    )
    waiting = (
        AgentRun.objects.filter(
            decision=AgentRun.Decision.SHADOW,
            agreement__isnull=True,
            finished_at__gt=now - _REMEMBERED,
        )
        .annotate(answer=Subquery(reply))
        .filter(answer__isnull=False)
        .order_by("id")
        .values_list("pk", "draft", "answer")[:_AT_ONCE]
    )
    rows = list(waiting)
    for pk, draft, answer in rows:
        likeness = dot(meaning.embed(draft), meaning.embed(answer))
        AgentRun.objects.filter(pk=pk).update(agreement=round(likeness, 3))
    return len(rows)
