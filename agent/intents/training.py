"""Learns a classifier from labelled texts, and measures it on what it did not learn from.

Imports scikit-learn, so only the process that `agent.intents.process` starts imports this.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy import sparse
from sklearn.model_selection import StratifiedKFold
from sklearn.svm import LinearSVC

from agent.intents.classifier import VECTOR_SCALE, Classifier, belong
from agent.intents.figures import FEWEST, NONE, Figures
from agent.intents.vocabulary import Floats, Vocabulary, build_vocabulary

# Fewer examples of "none of them" teach nothing; they are left out.
FEWEST_OF_NONE = 10
# The share of texts that belong to an intent which the threshold keeps.
KEPT = 0.95
# Every text is judged by weights that did not learn from it; from here on a fifth is enough.
_FOLDS = FEWEST
_MANY = 3_000
_PULLS = (0.0, 1.0, 2.0, 5.0)
_SHARPNESSES = (0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0)
_CONFUSIONS = 25

Numbers = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Trained:
    classifier: Classifier
    figures: Figures


@dataclass(frozen=True, slots=True)
class _Weights:
    vocabulary: Vocabulary
    words: Floats
    vector: Floats
    bias: Floats
    centres: Floats


def train(
    texts: Sequence[str], labels: Sequence[str], vectors: Floats, *, embedder: str
) -> Trained:
    """Learns from all of the texts; figures and threshold come from parts held out in turn.

    Every label but NONE needs at least five texts, and there are at least two such labels;
    raises ValueError otherwise.
    """
    names = tuple(sorted(set(labels) - {NONE}))
    rows = np.arange(len(texts))
    if labels.count(NONE) < FEWEST_OF_NONE:
        rows = np.array([row for row, label in enumerate(labels) if label != NONE])
    fewest = Counter(label for label in labels if label != NONE)
    if len(names) < 2 or min(fewest.values()) < _FOLDS:
        raise ValueError(f"Two intents of at least {_FOLDS} examples each are needed.")
    numbers = np.array([names.index(label) if label else len(names) for label in labels])
    judging = _judge_unseen(texts, numbers, vectors, rows, len(names))
    pull = _fit_pull(judging, numbers, len(names))
    judging = replace(judging, margins=judging.margins + pull * judging.nearness)
    weights = _learn([texts[int(row)] for row in rows], numbers[rows], vectors[rows], len(names))
    classifier = Classifier(
        labels=names,
        embedder=embedder,
        vocabulary=weights.vocabulary,
        word_weights=weights.words.astype(np.float16),
        vector_weights=weights.vector,
        bias=weights.bias,
        centres=weights.centres,
        pull=pull,
        sharpness=_fit_sharpness(judging, numbers, len(names)),
        threshold=_fit_threshold(judging, numbers, len(names)),
    )
    return Trained(classifier, _measure(judging, numbers, names, classifier.threshold, len(texts)))


@dataclass(frozen=True, slots=True)
class _Judging:
    """The judged rows, their labels' margins, their nearness to the labels' centres, and how much
    they belong to any."""

    rows: Numbers
    margins: Floats
    nearness: Floats
    belonging: Floats


def _judge_unseen(
    texts: Sequence[str], numbers: Numbers, vectors: Floats, rows: Numbers, labels: int
) -> _Judging:
    folds = StratifiedKFold(_FOLDS, shuffle=True, random_state=0).split(rows, numbers[rows])
    parts = []
    for learned, unseen in folds:
        seen, judged = rows[learned], rows[unseen]
        weights = _learn([texts[row] for row in seen], numbers[seen], vectors[seen], labels)
        margins = (
            _weigh(weights.vocabulary, [texts[row] for row in judged]) @ weights.words
            + VECTOR_SCALE * vectors[judged] @ weights.vector
            + weights.bias
        )
        nearness = vectors[judged] @ weights.centres.T
        belonging = belong(margins, labels, nearness.max(axis=1))
        parts.append((judged, margins[:, :labels], nearness, belonging))
        if len(rows) > _MANY:
            break
    return _Judging(*(np.concatenate(part) for part in zip(*parts, strict=True)))


def _learn(texts: Sequence[str], numbers: Numbers, vectors: Floats, labels: int) -> _Weights:
    vocabulary = build_vocabulary(texts)
    features = sparse.hstack(
        [_weigh(vocabulary, texts), sparse.csr_matrix(VECTOR_SCALE * vectors)]
    ).tocsr()
    machine = LinearSVC(C=1.0, random_state=0).fit(features, numbers)
    coefficients, bias = machine.coef_, machine.intercept_
    if len(machine.classes_) == 2:  # of two classes only one side is stored
        coefficients, bias = np.vstack([-coefficients, coefficients]), np.concatenate([-bias, bias])
    weights = coefficients.T.astype(np.float32)
    means = np.stack([vectors[numbers == label].mean(axis=0) for label in range(labels)])
    return _Weights(
        vocabulary,
        weights[: len(vocabulary)],
        weights[len(vocabulary) :],
        bias.astype(np.float32),
        (means / np.linalg.norm(means, axis=1, keepdims=True)).astype(np.float32),
    )


def _weigh(vocabulary: Vocabulary, texts: Sequence[str]) -> sparse.csr_matrix:
    weighed = [vocabulary.weigh(text) for text in texts]
    starts = np.concatenate([[0], np.cumsum([len(columns) for columns, _ in weighed])])
    return sparse.csr_matrix(
        (
            np.concatenate([values for _, values in weighed]),
            np.concatenate([columns for columns, _ in weighed]),
            starts,
        ),
        shape=(len(texts), len(vocabulary)),
        dtype=np.float32,
    )


def _fit_pull(judging: _Judging, numbers: Numbers, labels: int) -> float:
    """That with which most texts get their intent; the smallest of equals."""
    own = numbers[judging.rows] < labels
    right = numbers[judging.rows][own]

    def count(pull: float) -> int:
        sums = judging.margins[own] + pull * judging.nearness[own]
        return int((sums.argmax(axis=1) == right).sum())

    return max(_PULLS, key=count)


def _fit_sharpness(judging: _Judging, numbers: Numbers, labels: int) -> float:
    """That under which the right intents are the least surprising."""
    own = numbers[judging.rows] < labels
    margins, right = judging.margins[own], numbers[judging.rows][own]

    def surprise(sharpness: float) -> float:
        powers = sharpness * (margins - margins.max(axis=1, keepdims=True))
        shares = powers - np.log(np.exp(powers).sum(axis=1, keepdims=True))
        return -float(shares[np.arange(len(right)), right].mean())

    return min(_SHARPNESSES, key=surprise)


def _fit_threshold(judging: _Judging, numbers: Numbers, labels: int) -> float:
    own = judging.belonging[numbers[judging.rows] < labels]
    return float(np.quantile(own, 1 - KEPT))


def _measure(
    judging: _Judging, numbers: Numbers, names: Sequence[str], threshold: float, texts: int
) -> Figures:
    right = numbers[judging.rows]
    taken = judging.margins.argmax(axis=1)
    inside = judging.belonging >= threshold
    own = right < len(names)
    judged: list[str | None] = [None] * texts
    for row, number, kept in zip(judging.rows, taken, inside, strict=True):
        judged[int(row)] = names[number] if kept else NONE
    mistakes = Counter(
        (names[was], names[seemed])
        for was, seemed in zip(right[own], taken[own], strict=True)
        if was != seemed
    )
    return Figures(
        accuracy=round(float((taken[own] == right[own]).mean()), 4),
        kept=round(float(inside[own].mean()), 4),
        none_caught=None if own.all() else round(float((~inside[~own]).mean()), 4),
        confusions=[(*pair, count) for pair, count in mistakes.most_common(_CONFUSIONS)],
        judged=judged,
    )
