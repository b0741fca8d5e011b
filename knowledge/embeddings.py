"""What the rest of the project knows of embedding models, and the choice between them."""

from __future__ import annotations

import functools
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from django.conf import settings
from django.utils.module_loading import import_string

LOCAL = "local"


class Embedder(Protocol):
    """Turns texts into vectors. Vectors of two embedders compare only if their names are equal."""

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


def get_embedder(model: str | None = None) -> Embedder:
    """The embedder for `model`, or for settings.EMBEDDING_MODEL: one per model and process.

    "local" is the model inside the process, built in settings.EMBEDDING_MODEL_DIR; anything else
    is a LiteLLM name. settings.EMBEDDERS names the class of each kind. Cheap: nothing is loaded
    before the embedder is used, if its class keeps to that.
    """
    model = model or settings.EMBEDDING_MODEL
    # Two threads that ask at once must not get two models, each with its memory.
    with _creating:
        if model == LOCAL:
            return _create(settings.EMBEDDERS["local"], settings.EMBEDDING_MODEL_DIR)
        return _create(settings.EMBEDDERS["litellm"], model)


_creating = threading.Lock()


@functools.cache
def _create(dotted_class: str, argument: Path | str) -> Embedder:
    embedder: Embedder = import_string(dotted_class)(argument)
    return embedder
