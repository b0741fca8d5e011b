"""A periodic job: public articles that say different things of the same matter."""

import hashlib
from collections.abc import Iterator
from datetime import datetime

import numpy as np

from agent.candidates import Candidate
from agent.disagreement import find_contradiction
from agent.models import Contradiction
from knowledge.models import Passage, PassageEmbedding
from knowledge.vectors import get_active_index

# Cosine from which two passages may be of one matter; what is below is not looked at. The sample
# company's 320 passages have 2,988 such pairs, which take two seconds.
NEAR = 0.4
MAX_PAIRS = 20_000
_ROWS_AT_ONCE = 512


def find_contradictions(*, now: datetime) -> int:
    """Keeps what is new, drops what no longer stands in both articles; returns how many are new.

    What staff said is none stays known and is not brought up again. Slow; no transaction may be
    open.
    """
    standing, new = set(), 0
    for left, right in _list_near_pairs():
        found = find_contradiction(left.text, [_as_candidate(right)])
        if found is None:
            continue
        fingerprint = _fingerprint(found.claim, found.counterclaim)
        standing.add(fingerprint)
        _row, created = Contradiction.objects.get_or_create(
            fingerprint=fingerprint,
            defaults={
                "article": left.article,
                "other": right.article,
                "claim": found.claim,
                "counterclaim": found.counterclaim,
                "found_at": now,
            },
        )
        new += created
    gone = Contradiction.objects.filter(state=Contradiction.State.OPEN)
    gone.exclude(fingerprint__in=standing).delete()
    return new


def _list_near_pairs() -> Iterator[tuple[Passage, Passage]]:
    """Pairs of passages of two public articles in one language, the nearest first."""
    index = get_active_index()
    if index is None:
        return
    rows = list(
        PassageEmbedding.objects.filter(
            index=index, passage__article__state="published", passage__article__audience="public"
        )
        .select_related("passage__article")
        .order_by("passage_id")
    )
    if not rows:
        return
    vectors = np.array([row.vector for row in rows], dtype=np.float32)
    pairs: list[tuple[float, int, int]] = []
    for start in range(0, len(rows), _ROWS_AT_ONCE):
        likeness = vectors[start : start + _ROWS_AT_ONCE] @ vectors.T
        for i, j in zip(*np.nonzero(likeness >= NEAR), strict=True):
            left, right = int(i) + start, int(j)
            if left < right and _comparable(rows[left].passage, rows[right].passage):
                pairs.append((float(likeness[i, j]), left, right))
    for _likeness, left, right in sorted(pairs, reverse=True)[:MAX_PAIRS]:
        yield rows[left].passage, rows[right].passage


def _comparable(left: Passage, right: Passage) -> bool:
    return left.article_id != right.article_id and left.article.language == right.article.language


def _as_candidate(passage: Passage) -> Candidate:
    return Candidate(
        id=passage.pk,
        article=passage.article_id,
        title=passage.article.title,
        headings=passage.heading_path,
        text=passage.text,
        similarity=0.0,
        text_rank=0.0,
    )


def _fingerprint(claim: str, counterclaim: str) -> str:
    return hashlib.sha256("\0".join(sorted((claim, counterclaim))).encode()).hexdigest()
