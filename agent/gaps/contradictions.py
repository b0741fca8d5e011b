"""A periodic job: public articles that say different things of the same matter."""

import hashlib
from collections.abc import Iterator
from datetime import datetime

import numpy as np

from agent.candidates import Candidate
from agent.disagreement import find_contradiction
from agent.gaps.clusters import Vector
from agent.gaps.pairs import Rows, find_nearest_pairs
from agent.models import Contradiction
from knowledge.models import EmbeddingIndex, Passage, PassageEmbedding
from knowledge.vectors import get_active_index

# Cosine from which two passages may be of one matter; what is below is not looked at. The sample
# company's 320 passages have 2,988 such pairs, which take two seconds.
NEAR = 0.4
MAX_PAIRS = 20_000
_PAIRS_AT_ONCE = 500
_READ_AT_ONCE = 1_000


def find_contradictions(*, now: datetime) -> int:
    """Keeps what is new, drops what no longer stands in both articles; returns how many are new.

    What staff said is none stays known and is not brought up again. Without an index nothing can
    be compared, and what was found stays. Slow; no transaction may be open.
    """
    index = get_active_index()
    if index is None:
        return 0
    standing, new = set(), 0
    for left, right in _list_near_pairs(index):
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


def _list_near_pairs(index: EmbeddingIndex) -> Iterator[tuple[Passage, Passage]]:
    """Pairs of passages of two public articles in one language, the nearest first."""
    ids, rows = _read_rows(index)
    pairs = find_nearest_pairs(rows, above=NEAR, limit=MAX_PAIRS)
    passages = Passage.objects.select_related("article").defer("article__body")
    for start in range(0, len(pairs), _PAIRS_AT_ONCE):
        some = [(ids[left], ids[right]) for left, right in pairs[start : start + _PAIRS_AT_ONCE]]
        found = passages.in_bulk({passage_id for pair in some for passage_id in pair})
        for left, right in some:
            if left in found and right in found:
                yield found[left], found[right]


def _read_rows(index: EmbeddingIndex) -> tuple[list[int], Rows]:
    """The passages' ids and vectors, which go straight into an array: a list of Python's numbers
    is eight times as large."""
    embeddings = PassageEmbedding.objects.filter(
        index=index, passage__article__state="published", passage__article__audience="public"
    ).order_by("passage_id")
    languages: dict[str, int] = {}
    ids: list[int] = []
    owners: list[int] = []
    groups: list[int] = []
    vectors: list[Vector] = []
    for passage_id, article_id, language, vector in embeddings.values_list(
        "passage_id", "passage__article_id", "passage__article__language", "vector"
    ).iterator(chunk_size=_READ_AT_ONCE):
        ids.append(passage_id)
        owners.append(article_id)
        groups.append(languages.setdefault(language, len(languages)))
        vectors.append(np.array(vector, dtype=np.float32))
    stacked = np.stack(vectors) if vectors else np.empty((0, index.dimensions), np.float32)
    return ids, Rows(stacked, np.array(owners, np.int64), np.array(groups, np.int64))


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
