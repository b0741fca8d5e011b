"""A periodic job: what was asked in vain since the last time joins the gap that it belongs to."""

from datetime import datetime

import numpy as np
from django.db import IntegrityError, transaction

from agent import meaning
from agent.gaps.clusters import Groups, Vector, find_centre
from agent.gaps.questions import list_unanswered, read_question, tell_why
from agent.models import AgentRun, Gap, GapQuestion

MAX_AT_ONCE = 1_000


def find_gaps(*, now: datetime) -> list[int]:
    """Puts new questions under gaps; returns the gaps that grew. May run twice at once: a run
    has one place. No transaction is open while a text is embedded."""
    groups = _load_groups()
    grown: set[int] = set()
    for run in list_unanswered(now=now)[:MAX_AT_ONCE]:
        text = read_question(run)
        if not text:
            continue
        vector = np.asarray(meaning.embed(text), dtype=np.float32)
        gap_id = _place(run, text, vector, groups.find(vector))
        if gap_id is not None:
            groups.add(gap_id, vector)
            grown.add(gap_id)
    for gap_id in grown:
        _retitle(gap_id)
    return sorted(grown)


def _load_groups() -> Groups:
    """The gaps by the vectors of today's model; those of another one are left as they are."""
    groups = Groups()
    rows = GapQuestion.objects.filter(embedding_model=meaning.model_name()).order_by("pk")
    for gap_id, vector in rows.values_list("gap_id", "vector"):
        groups.add(gap_id, _read(vector))
    return groups


def _place(run: AgentRun, text: str, vector: Vector, gap_id: int | None) -> int | None:
    """The gap that the run is under now; None if another worker was first."""
    try:
        with transaction.atomic():
            if gap_id is None:
                gap_id = Gap.objects.create(title=_shorten(text)).pk
            GapQuestion.objects.create(
                gap_id=gap_id,
                run=run,
                why=tell_why(run),
                text=text,
                asked_at=run.message.created_at,
                vector=vector.tobytes(),
                embedding_model=meaning.model_name(),
            )
    except IntegrityError:
        return None
    return gap_id


def _retitle(gap_id: int) -> None:
    rows = list(
        GapQuestion.objects.filter(gap=gap_id, embedding_model=meaning.model_name()).values_list(
            "text", "vector"
        )
    )
    centre = find_centre([_read(vector) for _text, vector in rows])
    Gap.objects.filter(pk=gap_id).update(title=_shorten(rows[centre][0]))


def _read(vector: bytes | memoryview) -> Vector:
    return np.frombuffer(bytes(vector), dtype=np.float32)


def _shorten(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 200 else f"{line[:198].rstrip()} …"
