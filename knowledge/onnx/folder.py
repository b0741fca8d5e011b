"""An embedding model of the operator's own: a folder with model.onnx and tokenizer.json."""

from __future__ import annotations

import functools
import hashlib
import json
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from knowledge.embeddings import EmbeddingError

if TYPE_CHECKING:
    from knowledge.onnx.encoder import Encoder

GRAPH_FILE = "model.onnx"
TOKENIZER_FILE = "tokenizer.json"
# What encoders of the BERT family read at most, for a tokenizer that does not say.
_MAX_TOKENS = 512


class FolderEmbedder:
    """Turns texts into unit vectors by mean pooling; may be shared between threads.

    Constructing it is free; the first use reads the files and raises EmbeddingError if that fails.
    Its name holds a sum of the files' contents: other files in the same folder are another model.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._encoder: Encoder | None = None
        self._loading = threading.Lock()

    @functools.cached_property
    def name(self) -> str:
        total = hashlib.sha256()
        try:
            for file in (GRAPH_FILE, TOKENIZER_FILE):
                with (self._folder / file).open("rb") as content:
                    total.update(hashlib.file_digest(content, "sha256").digest())
        except OSError as error:
            raise _unreadable(self._folder, error) from error
        return f"onnx:{self._folder.name}:{total.hexdigest()[:12]}"

    @functools.cached_property
    def dimensions(self) -> int:
        return len(self.embed(["dimensions"])[0])

    def embed(self, texts: Sequence[str]) -> list[list[float]]:
        """One vector of length 1 for each text, in order, of as much of it as the model reads."""
        return self._load().encode(texts) if texts else []

    def count_tokens(self, text: str) -> int:
        return self._load().count_tokens(text)

    def _load(self) -> Encoder:
        with self._loading:
            if self._encoder is None:
                # Imported here because it costs a process 40 MB that one which never embeds saves.
                from knowledge.onnx.encoder import Encoder

                try:
                    tokenizer = (self._folder / TOKENIZER_FILE).read_bytes()
                    self._encoder = Encoder(
                        graph=self._folder / GRAPH_FILE,
                        tokenizer=tokenizer,
                        max_tokens=_read_max_tokens(json.loads(tokenizer)),
                    )
                # onnxruntime and tokenizers raise classes of their own, and bare Exception too.
                except Exception as error:
                    raise _unreadable(self._folder, error) from error
            return self._encoder


def _read_max_tokens(tokenizer: dict[str, Any]) -> int:
    """Where the model's own tokenizer cuts a text."""
    return int((tokenizer.get("truncation") or {}).get("max_length") or _MAX_TOKENS)


def _unreadable(folder: Path, error: Exception) -> EmbeddingError:
    return EmbeddingError(
        f"EMBEDDING_MODEL_PATH: {folder} has no {GRAPH_FILE} and {TOKENIZER_FILE} that can be "
        f"used ({type(error).__name__})."
    )
