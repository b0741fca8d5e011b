"""The embedder that needs no account: all-MiniLM-L6-v2 inside this process."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from knowledge.embeddings import Words
from knowledge.minilm.files import (
    SHA256,
    TOKENIZER_FILE,
    WEIGHTS_FILE,
    find_model_folder,
    read_verified,
)

if TYPE_CHECKING:
    from knowledge.onnx.encoder import Encoder

# The model was trained on at most 256 tokens, two of them the markers around the text.
MAX_INPUT_TOKENS = 256


class LocalEmbedder:
    """Turns texts into unit vectors; may be shared between threads.

    Constructing it is free. The first use loads the model, and builds the ONNX file in `directory`
    if it is not there yet; that use raises ModelFilesError when the published weights are missing
    or altered, and OSError when `directory` cannot be written.
    """

    # Rounded weights give other vectors than the published ones, which had the name without it.
    name = "local:all-MiniLM-L6-v2:int8"
    dimensions = 384

    def __init__(self, directory: Path, *, model_folder: Path | None = None) -> None:
        """`model_folder` is the installed package's unless given."""
        self._directory = directory
        self._model_folder = model_folder
        self._encoder: Encoder | None = None
        self._loading = threading.Lock()

    def embed(self, texts: Sequence[str]) -> list[list[float]]:
        """One vector of length 1 and 384 dimensions for each text, in order.

        Only the first 254 tokens of a text count. An empty text has a vector too, the same for
        every text without a word; it says nothing, so do not index it.
        """
        return self._load().encode(texts) if texts else []

    def embed_words(self, text: str) -> Words:
        """The words of a text, each with its vector in this company."""
        return self._load().encode_words(text)

    def count_tokens(self, text: str) -> int:
        """The model's tokens in the whole text; what is past the 254th, embed leaves out."""
        return self._load().count_tokens(text)

    def _load(self) -> Encoder:
        with self._loading:
            if self._encoder is None:
                # Imported here because onnxruntime, tokenizers and numpy cost a process 0.2 s and
                # 40 MB, which one that never embeds should not pay.
                from knowledge.onnx.encoder import Encoder

                folder = self._model_folder or find_model_folder()
                self._encoder = Encoder(
                    graph=self._provide_graph(folder),
                    tokenizer=read_verified(folder, TOKENIZER_FILE),
                    max_tokens=MAX_INPUT_TOKENS,
                )
            return self._encoder

    def _provide_graph(self, folder: Path) -> Path:
        path = self._directory / graph_file_name()
        if not path.exists():
            weights = read_verified(folder, WEIGHTS_FILE)
            # Imported here because onnx serves only this, once in the life of an installation.
            from knowledge.minilm.graph import write_graph

            write_graph(weights, path)
        return path


def graph_file_name() -> str:
    """The built file's name: other weights or another builder give another name, and a new build.

    A file that exists under it is whole, and made by this builder from verified weights.
    """
    builder = hashlib.sha256(Path(__file__).with_name("graph.py").read_bytes()).hexdigest()
    return f"all-MiniLM-L6-v2-{SHA256[WEIGHTS_FILE][:8]}-{builder[:8]}.onnx"
