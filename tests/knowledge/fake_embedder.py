"""Embedders that cost nothing and know only words: equal words give equal directions."""

import hashlib
import math
import re
from collections.abc import Callable, Sequence


class BagOfWordsEmbedder:
    """Faithful where tests look: deterministic, unit vectors, nearer with more shared words."""

    name = "fake:bag-of-words"
    dimensions = 64

    def __init__(self, argument: object) -> None:
        self.embedded: list[str] = []
        self.before_embedding: Callable[[], None] = lambda: None

    def embed(self, texts: Sequence[str]) -> list[list[float]]:
        self.before_embedding()
        self.embedded.extend(texts)
        return [self._vector(text) for text in texts]

    def count_tokens(self, text: str) -> int:
        return len(re.findall(r"\w+|[^\w\s]", text))

    def _vector(self, text: str) -> list[float]:
        values = [0.0] * self.dimensions
        for word in re.findall(r"\w+", text.lower()):
            values[int(hashlib.sha256(word.encode()).hexdigest(), 16) % self.dimensions] += 1.0
        length = math.hypot(*values) or 1.0
        return [value / length for value in values] if any(values) else [1.0, *values[1:]]


class OtherEmbedder(BagOfWordsEmbedder):
    """Another model, with vectors of another length."""

    name = "fake:other"
    dimensions = 32
