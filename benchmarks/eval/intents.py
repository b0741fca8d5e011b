"""Intents: accuracy on Banking77 and CLINC150, and out-of-scope recall on CLINC150.

Weights learn from the training texts as the product's do. Kept back, and looked at by no choice of
method: of Banking77 a tenth of the published training part, since its test part is not at hand; of
CLINC150 the published validation parts, in scope and out of scope. What was chosen (the features
and their scales, the scope score) was chosen on other parts of the training texts.
"""

import csv
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TextIO

import numpy as np
from sklearn.model_selection import StratifiedShuffleSplit

from agent.intents.classifier import Classifier
from agent.intents.figures import NONE
from agent.intents.process import train_apart
from agent.intents.vocabulary import Floats
from benchmarks.eval.figures import DataMissing, Figure, at_least
from knowledge.embeddings import LOCAL, get_embedder

_BANKING = "intents/banking77_train.csv"
_CLINC = "intents/clinc150_train_val.json"
_KEPT_BACK = 1_000
_KEPT = 0.95

Texts = Sequence[str]


def measure_banking(folder: Path) -> list[Figure]:
    """Raises DataMissing."""
    with _open(folder / _BANKING) as file:
        rows = list(csv.DictReader(file))
    texts, labels = [row["text"] for row in rows], [row["category"] for row in rows]
    split = StratifiedShuffleSplit(1, test_size=_KEPT_BACK, random_state=77)
    learned, unseen = next(split.split(texts, labels))
    vectors = _embed(texts)
    classifier = _learn(
        [texts[row] for row in learned], [labels[row] for row in learned], vectors[learned]
    )
    right = [
        classifier.guess(texts[row], vectors[row].tolist()).label == labels[row] for row in unseen
    ]
    note = f"{len(right)} of the published training texts, kept back; learned from {len(learned)}"
    return [at_least("intents", "Banking77 accuracy", 100 * _mean(right), 94, note=note)]


def measure_clinc(folder: Path) -> list[Figure]:
    """Raises DataMissing."""
    with _open(folder / _CLINC) as file:
        parts: dict[str, list[tuple[str, str]]] = json.load(file)
    learned = [*parts["train"], *((text, NONE) for text, _ in parts["oos_train"])]
    texts = [text for text, _ in learned]
    classifier = _learn(texts, [label for _, label in learned], _embed(texts))
    inside = [text for text, _ in parts["val"]]
    guesses = list(zip(inside, _embed(inside).tolist(), strict=True))
    right = [
        classifier.guess(text, vector).label == label
        for (text, vector), (_, label) in zip(guesses, parts["val"], strict=True)
    ]
    belonging = np.array([classifier.judge(text, vector)[1] for text, vector in guesses])
    outside = [text for text, _ in parts["oos_val"]]
    strange = np.array(
        [
            classifier.judge(text, vector)[1]
            for text, vector in zip(outside, _embed(outside).tolist(), strict=True)
        ]
    )
    at_kept = float((strange < np.quantile(belonging, 1 - _KEPT)).mean())
    own_kept = float((belonging >= classifier.threshold).mean())
    own_caught = float((strange < classifier.threshold).mean())
    return [
        at_least(
            "intents",
            "CLINC150 accuracy",
            100 * _mean(right),
            96,
            note=f"the published validation part, {len(right)} texts of 150 intents",
        ),
        at_least(
            "intents",
            "out of scope recognised at 95 % kept",
            100 * at_kept,
            92,
            note=f"{len(outside)} texts; threshold read off the in-scope texts kept back",
        ),
        Figure(
            "intents",
            "the same by the model's own threshold",
            100 * own_caught,
            note=f"which keeps {100 * own_kept:.1f} % in scope",
        ),
    ]


def _learn(texts: Texts, labels: Texts, vectors: Floats) -> Classifier:
    classifier, _figures = train_apart(texts, labels, vectors, embedder=get_embedder(LOCAL).name)
    return classifier


def _embed(texts: Texts) -> Floats:
    embedder = get_embedder(LOCAL)
    parts = [
        np.array(embedder.embed(texts[start : start + 256]), np.float32)
        for start in range(0, len(texts), 256)
    ]
    return np.concatenate(parts)


def _open(path: Path) -> TextIO:
    try:
        return path.open(newline="", encoding="utf-8")
    except FileNotFoundError:
        raise DataMissing(f"There is no {path}.") from None


def _mean(verdicts: Sequence[bool]) -> float:
    return sum(verdicts) / len(verdicts)
