"""Words, pairs of words and pieces of words, weighted by how rare they are (TF-IDF)."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
import numpy.typing as npt

# What a text is read for; a message's matter stands early, and time grows with length.
MAX_CHARACTERS = 2_000
_PIECES = (2, 3, 4)  # letters, within a word and with its edges
_SEEN_IN = 2  # texts; what is rarer says nothing of the next text
_LARGEST = 30_000  # of each kind, the most frequent
# The two kinds beside a vector of length _VECTOR: chosen on validation parts of Banking77's and
# CLINC150's training data.
SCALE = 0.5

_WORD = re.compile(r"\w+")
# No word begins with these marks, so the kinds never meet.
_KINDS = ("w", "c")

Floats = npt.NDArray[np.float32]
Integers = npt.NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The terms that count, each with a column and a weight."""

    terms: tuple[str, ...]
    rarities: Floats
    _columns: dict[str, int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        columns = {term: column for column, term in enumerate(self.terms)}
        object.__setattr__(self, "_columns", columns)

    def __len__(self) -> int:
        return len(self.terms)

    def weigh(self, text: str) -> tuple[Integers, Floats]:
        """The columns that the text has, and their values: each kind of length SCALE, or 0."""
        columns: list[int] = []
        values: list[float] = []
        for terms in _split(text):
            found = [
                (column, (1 + math.log(count)) * float(self.rarities[column]))
                for term, count in Counter(terms).items()
                if (column := self._columns.get(term)) is not None
            ]
            length = math.sqrt(sum(value * value for _, value in found)) / SCALE
            columns += [column for column, _ in found]
            values += [value / length for _, value in found]
        return np.array(columns, np.int32), np.array(values, np.float32)


def build_vocabulary(texts: Sequence[str]) -> Vocabulary:
    """The terms of at least two of the texts, the most frequent of each kind."""
    terms: list[str] = []
    rarities: list[float] = []
    split = [_split(text) for text in texts]
    for kind in range(len(_KINDS)):
        seen = Counter(term for parts in split for term in set(parts[kind]))
        for term, count in seen.most_common(_LARGEST):
            if count < _SEEN_IN:
                break
            terms.append(term)
            rarities.append(math.log((1 + len(texts)) / (1 + count)) + 1)
    return Vocabulary(tuple(terms), np.array(rarities, np.float32))


def _split(text: str) -> tuple[list[str], list[str]]:
    """The words and pairs of words of a text, and the pieces of its words."""
    lower = text[:MAX_CHARACTERS].lower()
    words = _WORD.findall(lower)
    pairs = (f"{first} {second}" for first, second in pairwise(words))
    return (
        [f"w{term}" for term in (*words, *pairs)],
        [f"c{piece}" for word in lower.split() for piece in _cut(f" {word} ")],
    )


def _cut(word: str) -> Iterable[str]:
    for size in _PIECES:
        if len(word) <= size:
            yield word
            break
        for start in range(len(word) - size + 1):
            yield word[start : start + size]
