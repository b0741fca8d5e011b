"""How like texts are in meaning, with the vectors of what is quoted again and again kept."""

import functools
import threading
from collections import OrderedDict
from collections.abc import Sequence

from knowledge.embeddings import get_embedder

# Of a few hundred articles every paragraph; 384 numbers of 32 bytes each make some 50 MB at most.
MAX_KEPT = 4_000

_kept: OrderedDict[tuple[str, str], list[float]] = OrderedDict()
_keeping = threading.Lock()


def embed_known(texts: Sequence[str]) -> list[list[float]]:
    """One vector for each text, in order. Those of texts seen lately cost nothing: give it
    what articles say, not what customers write."""
    embedder = get_embedder()
    keys = [(embedder.name, text) for text in texts]
    with _keeping:
        known = {key: _kept[key] for key in keys if key in _kept}
    missing = [key for key in dict.fromkeys(keys) if key not in known]
    if missing:
        vectors = embedder.embed([text for _, text in missing])
        known.update(zip(missing, vectors, strict=True))
    with _keeping:
        for key in keys:
            _kept[key] = known[key]
            _kept.move_to_end(key)
        while len(_kept) > MAX_KEPT:
            _kept.popitem(last=False)
    return [known[key] for key in keys]


def embed_question(question: str) -> list[float]:
    """The vector of a customer's words, kept while they are being answered: titles and
    paragraphs are compared with it in turn."""
    return _embed_question(get_embedder().name, question)


@functools.lru_cache(maxsize=32)
def _embed_question(_embedder: str, question: str) -> list[float]:
    return get_embedder().embed([question])[0]


def dot(left: Sequence[float], right: Sequence[float]) -> float:
    return sum(a * b for a, b in zip(left, right, strict=True))
