"""Learns the emotions from sentences.yaml and writes the weights into the package.

`python -m agent.emotions.training [--measure]`, by developers, after a change of the sentences,
the lexicon or the local embedding model. `--measure` prints cross-validation and held-out figures
and writes nothing.
"""

import os
import sys
from collections.abc import Sequence

import django
import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold

from agent.emotions.head import VECTOR_SCALE, WORD_SCALE, Head, scale, write_head
from agent.emotions.sentences import Sentence, read_held_out, read_sentences
from agent.intents.vocabulary import Floats, Vocabulary, build_vocabulary
from agent.lexicon import WEIGHTS, features

_UNHAPPY = ("anger", "frustration")


def train(sentences: Sequence[Sentence], vectors: Floats, *, embedder: str) -> Head:
    vocabulary = build_vocabulary([sentence.text for sentence in sentences])
    machine = LogisticRegression(C=1.0, max_iter=1_000, class_weight="balanced")
    machine.fit(
        _build_matrix(vocabulary, [sentence.text for sentence in sentences], vectors),
        [sentence.emotion for sentence in sentences],
    )
    weights = machine.coef_.T.astype(np.float32)
    words, meaning = len(vocabulary), vectors.shape[1]
    return Head(
        emotions=tuple(machine.classes_),
        embedder=embedder,
        vocabulary=vocabulary,
        word_weights=weights[:words],
        vector_weights=weights[words : words + meaning],
        lexicon_weights=weights[words + meaning :],
        bias=machine.intercept_.astype(np.float32),
    )


def measure(head: Head, sentences: Sequence[Sentence], vectors: Floats) -> dict[str, float]:
    """The share of right emotions, and how many of the angry and frustrated are found."""
    taken = [
        max(shares, key=lambda emotion: shares[emotion])
        for shares in (
            head.share(sentence.text, vector, features(sentence.text))
            for sentence, vector in zip(sentences, vectors.tolist(), strict=True)
        )
    ]
    right = [sentence.emotion for sentence in sentences]
    unhappy = [
        (was in _UNHAPPY, seemed in _UNHAPPY) for was, seemed in zip(right, taken, strict=True)
    ]
    found = sum(was and seemed for was, seemed in unhappy)
    return {
        "accuracy": sum(a == b for a, b in zip(right, taken, strict=True)) / len(right),
        "unhappy_found": found / sum(was for was, _ in unhappy),
        "false_alarms": sum(seemed and not was for was, seemed in unhappy)
        / sum(not was for was, _ in unhappy),
    }


def _cross_validate(
    sentences: Sequence[Sentence], vectors: Floats, embedder: str
) -> list[dict[str, float]]:
    families = [sentence.family for sentence in sentences]
    parts = GroupKFold(5, shuffle=True, random_state=0).split(families, groups=families)
    figures = []
    for learned, unseen in parts:
        head = train([sentences[row] for row in learned], vectors[learned], embedder=embedder)
        figures.append(measure(head, [sentences[row] for row in unseen], vectors[unseen]))
    return figures


def _build_matrix(vocabulary: Vocabulary, texts: Sequence[str], vectors: Floats) -> Floats:
    words = np.zeros((len(texts), len(vocabulary)), np.float32)
    for row, text in enumerate(texts):
        columns, values = vocabulary.weigh(text)
        words[row, columns] = WORD_SCALE * values
    counts = np.array([scale(features(text)) for text in texts], np.float32)
    return np.hstack([words, VECTOR_SCALE * vectors, counts.reshape(len(texts), len(WEIGHTS))])


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    # Needs the settings.
    from agent import meaning

    def embed(sentences: Sequence[Sentence]) -> Floats:
        return np.array([meaning.embed(sentence.text) for sentence in sentences], np.float32)

    sentences, held_out = read_sentences(), read_held_out()
    vectors = embed(sentences)
    head = train(sentences, vectors, embedder=meaning.model_name())
    if "--measure" in sys.argv:
        parts = _cross_validate(sentences, vectors, head.embedder)
        mean = {name: sum(part[name] for part in parts) / len(parts) for name in parts[0]}
        print(f"cross-validation, {len(sentences)} sentences: {_describe(mean)}")  # noqa: T201
        figures = measure(head, held_out, embed(held_out))
        print(f"held out, {len(held_out)} sentences: {_describe(figures)}")  # noqa: T201
    else:
        write_head(head)


def _describe(figures: dict[str, float]) -> str:
    return ", ".join(f"{name} {value:.3f}" for name, value in figures.items())


if __name__ == "__main__":
    main()
