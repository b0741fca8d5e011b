"""Weights as they are stored."""

import io
import pickle

import numpy as np
import pytest

from agent.intents.classifier import Classifier, WeightsError, read_classifier
from agent.intents.vocabulary import SCALE, build_vocabulary


def make_classifier() -> Classifier:
    vocabulary = build_vocabulary(["the red invoice", "the red door", "a blue door"])
    columns = len(vocabulary)
    random = np.random.default_rng(1)
    return Classifier(
        labels=("first", "second"),
        embedder="test",
        vocabulary=vocabulary,
        word_weights=random.normal(size=(columns, 3)).astype(np.float16),
        vector_weights=random.normal(size=(4, 3)).astype(np.float32),
        bias=random.normal(size=3).astype(np.float32),
        centres=np.eye(2, 4, dtype=np.float32),
        pull=1.0,
        sharpness=2.0,
        threshold=0.1,
    )


def test_what_is_read_back_says_the_same() -> None:
    classifier = make_classifier()
    again = read_classifier(classifier.to_bytes())
    vector = [0.5, 0.5, 0.5, 0.5]
    assert again.vocabulary.terms == classifier.vocabulary.terms
    assert again.guess("the red door", vector) == classifier.guess("the red door", vector)


def test_each_kind_of_term_has_its_length() -> None:
    vocabulary = make_classifier().vocabulary
    columns, values = vocabulary.weigh("The RED door!")
    words = np.array([vocabulary.terms[column][0] == "w" for column in columns])
    assert np.linalg.norm(values[words]) == pytest.approx(SCALE)
    assert np.linalg.norm(values[~words]) == pytest.approx(SCALE)
    assert len(vocabulary.weigh("zzz qqq")[0]) == 0


def test_a_pickle_is_never_opened() -> None:
    file = io.BytesIO()
    np.savez(file, head=np.array([{"a": 1}], dtype=object))
    for content in (pickle.dumps("x"), file.getvalue(), b"", b"PK"):
        with pytest.raises(WeightsError):
            read_classifier(content)
