"""Fits the weights, and counts what they would decide."""

from collections.abc import Sequence
from dataclasses import astuple, dataclass

import numpy as np
import numpy.typing as npt
from sklearn.linear_model import LogisticRegression

from agent.confidence import Figures
from agent.decision import SEND_CONFIDENCE
from benchmarks.confidence.questions import Tried

# A wrong answer's weight beside a needless hand-over's 1, and how little large weights are
# punished, each figure scaled to a deviation of 1.
WRONG_ANSWER = 1.0
LOOSENESS = 0.3

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Fitted:
    weights: Figures
    bias: float


@dataclass(frozen=True, slots=True)
class Count:
    """What became of one part's questions; `right` are answered rightly or handed over rightly."""

    questions: int
    right: int
    wrong_answers: int
    needless_hand_overs: int


def fit(tried: Sequence[Tried]) -> Fitted:
    known = [one for one in tried if one.figures is not None]
    figures = np.array([astuple(one.figures) for one in known if one.figures])
    right = [one.is_right for one in known]
    mean, deviation = figures.mean(axis=0), figures.std(axis=0)
    machine = LogisticRegression(
        C=LOOSENESS, max_iter=5_000, class_weight={False: WRONG_ANSWER, True: 1.0}
    )
    machine.fit((figures - mean) / deviation, right)
    weights: Floats = machine.coef_[0] / deviation
    bias = float(machine.intercept_[0] - weights @ mean)
    return Fitted(Figures(*(round(float(weight), 2) for weight in weights)), round(bias, 2))


def count(tried: Sequence[Tried], fitted: Fitted) -> Count:
    sent = [_is_sure(one, fitted) for one in tried]
    pairs = list(zip(tried, sent, strict=True))
    wrong = sum(is_sent and not one.is_right for one, is_sent in pairs)
    needless = sum(not is_sent and one.is_answerable for one, is_sent in pairs)
    return Count(len(tried), len(tried) - wrong - needless, wrong, needless)


def _is_sure(one: Tried, fitted: Fitted) -> bool:
    if one.figures is None:
        return False
    logit = fitted.bias + float(np.dot(astuple(fitted.weights), astuple(one.figures)))
    return bool(1 / (1 + np.exp(-logit)) >= SEND_CONFIDENCE)
