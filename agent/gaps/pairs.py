"""The nearest pairs among many vectors, in memory that their number of pairs does not swell."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

# So many rows are compared with all others at once: 50 MB with 100,000 of them.
_ROWS_AT_ONCE = 128


@dataclass(frozen=True, slots=True)
class Rows:
    """Vectors of length one, and by row to whom it belongs and with what it can be compared."""

    vectors: NDArray[np.float32]
    owners: NDArray[np.int64]
    groups: NDArray[np.int64]


def find_nearest_pairs(rows: Rows, *, above: float, limit: int) -> list[tuple[int, int]]:
    """The positions of the `limit` pairs of one group and two owners whose cosine is `above` or
    more and highest, the nearest first."""
    kept = np.empty(0, np.float32)
    pairs = np.empty((0, 2), np.int64)
    for start in range(0, len(rows.vectors), _ROWS_AT_ONCE):
        likeness, found = _compare(rows, start, above)
        kept, pairs = np.concatenate([kept, likeness]), np.concatenate([pairs, found])
        if len(kept) > limit:
            best = np.argpartition(-kept, limit - 1)[:limit]
            kept, pairs = kept[best], pairs[best]
            above = max(above, float(kept.min()))
    order = np.lexsort((pairs[:, 1], pairs[:, 0], -kept))
    return [(int(left), int(right)) for left, right in pairs[order]]


def _compare(rows: Rows, start: int, above: float) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """A block of rows with itself and those after it."""
    block = slice(start, start + _ROWS_AT_ONCE)
    likeness = rows.vectors[block] @ rows.vectors[start:].T
    near = likeness >= above
    near &= rows.owners[block, None] != rows.owners[None, start:]
    near &= rows.groups[block, None] == rows.groups[None, start:]
    left, right = np.nonzero(np.triu(near, k=1))
    return likeness[left, right], np.stack([left, right], axis=1) + start
