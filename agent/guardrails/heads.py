"""What a rule learns from its example sentences: a direction in the space of meanings.

Ridge regression on the local model's vectors, the examples at 1 and ordinary questions, with
what the rule must not match, at -1: solved at once, the same every time, and as few numbers as a
vector has. Chosen on the validation parts of `benchmarks/guardrails` over the nearest example,
with and without its distance to the nearest ordinary question. For the worker only: it loads the
model.
"""

import functools
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import numpy as np
from numpy.typing import NDArray

from agent import meaning
from knowledge.embeddings import LOCAL, get_embedder

# The strength of the ridge; less lets a few odd sentences decide, more forgets single examples.
_RIDGE = 0.03
_ORDINARY = Path(__file__).with_name("ordinary.txt")

Vectors = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Head:
    """`weights` has one number for each of a vector's and one more; `vectors` are the examples'."""

    model: str
    weights: Vectors
    vectors: Vectors

    def score(self, vectors: Vectors) -> Vectors:
        """For each row, about 1 for what the examples say and -1 for what is ordinary."""
        return cast("Vectors", vectors @ self.weights[:-1] + self.weights[-1])

    def nearest(self, vector: Vectors) -> int:
        """The place of the example that comes nearest."""
        return int(np.argmax(self.vectors @ vector))


# Learning again what another rule row, or a test's rolled back one, has taught costs nothing.
@functools.lru_cache(maxsize=64)
def learn(examples: tuple[str, ...], counterexamples: tuple[str, ...]) -> Head:
    """The head for the sentences. Slow: each is embedded."""
    like = _embed(examples)
    unlike = np.vstack([_embed_ordinary(), _embed(counterexamples)])
    rows = np.vstack([like, unlike]).astype(np.float64)
    rows = np.hstack([rows, np.ones((len(rows), 1))])
    aims = np.concatenate([np.ones(len(like)), -np.ones(len(unlike))])
    # Either side weighs the same, however many sentences it has.
    shares = np.concatenate(
        [np.full(len(like), 0.5 / len(like)), np.full(len(unlike), 0.5 / len(unlike))]
    )
    weighted = rows * shares[:, None]
    ridge = _RIDGE * np.eye(rows.shape[1])
    ridge[-1, -1] = 0  # the constant is free
    weights = np.linalg.solve(weighted.T @ rows + ridge, weighted.T @ aims)
    return Head(meaning.model_name(), weights.astype(np.float32), like)


def restore(model: str, weights: bytes, vectors: bytes) -> Head:
    """The head whose numbers were stored as 32-bit floats."""
    flat = np.frombuffer(weights, np.float32)
    return Head(model, flat, np.frombuffer(vectors, np.float32).reshape(-1, len(flat) - 1))


def embed(texts: tuple[str, ...]) -> Vectors:
    """One row for each text; each text's vector is shared with all that asks for its meaning."""
    return np.array([meaning.embed(text) for text in texts], np.float32)


@functools.lru_cache(maxsize=1)
def _embed_ordinary() -> Vectors:
    lines = _ORDINARY.read_text(encoding="utf-8").splitlines()
    return _embed(tuple(line for line in lines if line.strip()))


def _embed(texts: tuple[str, ...]) -> Vectors:
    # Past the small cache of `meaning`, which is for messages.
    embedder = get_embedder(LOCAL)
    return np.array(embedder.embed(texts), np.float32).reshape(-1, embedder.dimensions)
