"""Learned weights, and what they say of a text. Plain arrays: nothing stored is ever executed."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from agent.intents.vocabulary import Floats, Vocabulary

# How much a vector counts beside the words.
VECTOR_SCALE = 1.5
# How much nearness to what an intent's examples mean counts beside the margin, where the
# question is whether a text belongs to any of them.
NEARNESS = 2.0

_FORMAT = 1


class WeightsError(Exception):
    """The content is not what `Classifier.to_bytes` writes."""


@dataclass(frozen=True, slots=True)
class Guess:
    """The likeliest intent, how likely it is among the intents, and whether it is any of them."""

    label: str
    score: float
    in_scope: bool


@dataclass(frozen=True, slots=True)
class Classifier:
    """One linear function of words and vector for each label, and one for "none of them" if there
    were examples of that; it then stands last.

    `centres` are the mean directions of the labels' vectors, and `pull` is how much nearness to
    them counts beside the margins: much where examples are few. `sharpness` turns the sums into
    shares; below `threshold` a text is out of scope.
    """

    labels: tuple[str, ...]
    embedder: str
    vocabulary: Vocabulary
    word_weights: npt.NDArray[np.float16]
    vector_weights: Floats
    bias: Floats
    centres: Floats
    pull: float
    sharpness: float
    threshold: float

    def guess(self, text: str, vector: Sequence[float]) -> Guess:
        sums, belonging = self.judge(text, vector)
        best = int(sums.argmax())
        shares = np.exp(self.sharpness * (sums - sums[best]))
        return Guess(
            label=self.labels[best],
            score=round(float(1 / shares.sum()), 3),
            in_scope=belonging >= self.threshold,
        )

    def judge(self, text: str, vector: Sequence[float]) -> tuple[Floats, float]:
        """What speaks for each label, and how much the text belongs to any of them."""
        meaning = np.asarray(vector, np.float32)
        columns, values = self.vocabulary.weigh(text)
        scaled: Floats = VECTOR_SCALE * meaning
        margins: Floats = self.bias + scaled @ self.vector_weights
        margins += values @ self.word_weights[columns].astype(np.float32)
        nearness: Floats = self.centres @ meaning
        own = margins[: len(self.labels)] + self.pull * nearness
        belonging = belong(margins[np.newaxis], len(self.labels), nearness.max(keepdims=True))
        return own, float(belonging[0])

    def to_bytes(self) -> bytes:
        head = {
            "format": _FORMAT,
            "labels": self.labels,
            "embedder": self.embedder,
            "pull": self.pull,
            "sharpness": self.sharpness,
            "threshold": self.threshold,
        }
        file = io.BytesIO()
        np.savez_compressed(
            file,
            head=_write(json.dumps(head)),
            terms=_write("\n".join(self.vocabulary.terms)),
            rarities=self.vocabulary.rarities,
            word_weights=self.word_weights,
            vector_weights=self.vector_weights,
            bias=self.bias,
            centres=self.centres,
        )
        return file.getvalue()


def read_classifier(content: bytes) -> Classifier:
    """What `to_bytes` wrote. Raises WeightsError for anything else."""
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
            head = json.loads(_read(arrays["head"]))
            if head["format"] != _FORMAT:
                raise WeightsError(f"Format {head['format']} is not {_FORMAT}.")
            terms = _read(arrays["terms"])
            return Classifier(
                labels=tuple(head["labels"]),
                embedder=head["embedder"],
                vocabulary=Vocabulary(
                    tuple(terms.split("\n")) if terms else (), arrays["rarities"]
                ),
                word_weights=arrays["word_weights"],
                vector_weights=arrays["vector_weights"],
                bias=arrays["bias"],
                centres=arrays["centres"],
                pull=float(head["pull"]),
                sharpness=float(head["sharpness"]),
                threshold=float(head["threshold"]),
            )
    except (OSError, KeyError, EOFError, ValueError) as error:
        raise WeightsError(f"These are no weights: {error}") from error


def belong(margins: Floats, labels: int, nearness: Floats) -> Floats:
    """How much each text belongs to any label: its best margin against that of "none of them",
    and how near it is to the nearest centre. `margins` has a row for each text."""
    best: Floats = margins[:, :labels].max(axis=1) + NEARNESS * nearness
    return best - margins[:, labels] if margins.shape[1] > labels else best


def _write(text: str) -> npt.NDArray[np.uint8]:
    return np.frombuffer(text.encode(), np.uint8)


def _read(array: npt.NDArray[np.uint8]) -> str:
    return array.tobytes().decode()
