"""How alike two texts are, by the runs of words that they share."""

import hashlib
import re

# Hashes of texts that share nine tenths of their runs differ in no more bits than this; texts on
# one matter in other words differ in about thirty.
NEAR_BITS = 12
_RUN = 3
_MAX_WORDS = 20_000
_WORDS = re.compile(r"\w+")


def similarity_hash(text: str) -> int | None:
    """A signed 64-bit number that differs in few bits for texts that are nearly the same
    (Charikar's simhash over runs of three words); None for a text without words."""
    runs = _runs(text)
    if not runs:
        return None
    counts = [0] * 64
    for run in runs:
        digest = int.from_bytes(hashlib.blake2b(run.encode(), digest_size=8).digest())
        for bit in range(64):
            counts[bit] += 1 if digest >> bit & 1 else -1
    unsigned = sum(1 << bit for bit, count in enumerate(counts) if count > 0)
    return unsigned - (1 << 64) if unsigned >> 63 else unsigned


def similarity(first: str, second: str) -> float:
    """The share of runs of three words that both texts have, 0..1."""
    one, other = _runs(first), _runs(second)
    together = len(one | other)
    return len(one & other) / together if together else 0.0


def _runs(text: str) -> set[str]:
    words = _WORDS.findall(text.casefold())[:_MAX_WORDS]
    if not words:
        return set()
    return {" ".join(words[at : at + _RUN]) for at in range(max(1, len(words) - _RUN + 1))}
