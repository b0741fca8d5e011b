"""What the rest of the project knows of embedding models, and the choice between them."""

from __future__ import annotations

import functools
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, cast

from django.conf import settings
from django.utils.module_loading import import_string

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

LOCAL = "local"
_FOLDER = "folder:"


class EmbeddingError(Exception):
    """A model cannot be opened or does not answer; the message says which and why."""


class Embedder(Protocol):
    """Turns texts into vectors. Vectors of two embedders compare only if their names are equal.

    Whatever needs the model raises EmbeddingError when it cannot be had.
    """

    @property
    def name(self) -> str:
        """Stored with every vector, so that an index knows which model made it."""

    @property
    def dimensions(self) -> int:
        """The length of every vector."""

    def embed(self, texts: Sequence[str]) -> list[list[float]]:
        """One vector for each text, in order. May be slow and may call a network."""

    def count_tokens(self, text: str) -> int:
        """How many of the model's tokens the whole text has."""


@dataclass(frozen=True, slots=True)
class Words:
    """A text's words in small letters, in order, and for each a row of length 1: what it means
    beside the others."""

    texts: tuple[str, ...]
    vectors: npt.NDArray[np.float32]


class WordEmbedder(Embedder, Protocol):
    def embed_words(self, text: str) -> Words:
        """What is past the model's longest input is left out. Slow as `embed` of the text."""


def configured_model() -> str:
    """What the settings name: "local", "folder:PATH" or a LiteLLM name."""
    if settings.EMBEDDING_MODEL_PATH:
        return f"{_FOLDER}{settings.EMBEDDING_MODEL_PATH}"
    return str(settings.EMBEDDING_MODEL)


def get_embedder(model: str | None = None) -> Embedder:
    """The embedder for `model`, as `configured_model` names it: one per model and process.

    settings.EMBEDDERS names the class of each kind. Cheap: nothing is loaded before the embedder
    is used, if its class keeps to that.
    """
    model = model or configured_model()
    # Two threads that ask at once must not get two models, each with its memory.
    with _creating:
        if model == LOCAL:
            return _create(settings.EMBEDDERS["local"], settings.EMBEDDING_MODEL_DIR)
        if model.startswith(_FOLDER):
            return _create(settings.EMBEDDERS["folder"], Path(model.removeprefix(_FOLDER)))
        return _create(settings.EMBEDDERS["litellm"], model)


def get_word_embedder() -> WordEmbedder:
    """The local model, whatever is configured: others tell only what a whole text means."""
    return cast("WordEmbedder", get_embedder(LOCAL))


_creating = threading.Lock()


@functools.cache
def _create(dotted_class: str, argument: Path | str) -> Embedder:
    embedder: Embedder = import_string(dotted_class)(argument)
    return embedder
