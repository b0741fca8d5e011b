"""The learned weights of the emotions, as they stand in the package. Plain arrays, no pickles."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from agent.intents.vocabulary import Floats, Vocabulary
from agent.lexicon import SATURATION, WEIGHTS

WEIGHTS_FILE = Path(__file__).with_name("weights.npz")
# How much the vector and the words count beside the lexicon: chosen by cross-validation over
# sentences.yaml, with all that was made of one sentence on one side.
VECTOR_SCALE = 4.0
WORD_SCALE = 4.0


@dataclass(frozen=True, slots=True)
class Head:
    """A linear function for each emotion; `embedder` is the model whose vectors it knows."""

    emotions: tuple[str, ...]
    embedder: str
    vocabulary: Vocabulary
    word_weights: Floats
    vector_weights: Floats
    lexicon_weights: Floats
    bias: Floats

    def share(
        self, text: str, vector: Sequence[float], features: Mapping[str, float]
    ) -> dict[str, float]:
        """How likely each emotion is; the shares add up to one."""
        columns, values = self.vocabulary.weigh(text)
        meaning = np.asarray(vector, np.float32)
        margins = (
            self.bias
            + (WORD_SCALE * values) @ self.word_weights[columns]
            + (VECTOR_SCALE * meaning) @ self.vector_weights
            + np.array(scale(features), np.float32) @ self.lexicon_weights
        )
        powers = np.exp(margins - margins.max())
        shares = powers / powers.sum()
        return dict(zip(self.emotions, shares.tolist(), strict=True))


def scale(features: Mapping[str, float]) -> list[float]:
    """The lexicon's counts, each between 0 and 1, and VADER's word as it is."""
    return [features[name] / SATURATION.get(name, 1) for name in WEIGHTS]


@functools.cache
def get_head() -> Head:
    with np.load(WEIGHTS_FILE, allow_pickle=False) as arrays:
        about = json.loads(arrays["about"].tobytes())
        return Head(
            emotions=tuple(about["emotions"]),
            embedder=about["embedder"],
            vocabulary=Vocabulary(tuple(about["terms"]), arrays["rarities"]),
            word_weights=arrays["word_weights"].astype(np.float32),
            vector_weights=arrays["vector_weights"].astype(np.float32),
            lexicon_weights=arrays["lexicon_weights"].astype(np.float32),
            bias=arrays["bias"],
        )


def write_head(head: Head) -> None:
    about = {
        "emotions": head.emotions,
        "embedder": head.embedder,
        "terms": head.vocabulary.terms,
    }
    np.savez_compressed(
        WEIGHTS_FILE,
        about=np.frombuffer(json.dumps(about).encode(), np.uint8),
        rarities=head.vocabulary.rarities,
        word_weights=head.word_weights.astype(np.float16),
        vector_weights=head.vector_weights.astype(np.float16),
        lexicon_weights=head.lexicon_weights.astype(np.float16),
        bias=head.bias,
    )
