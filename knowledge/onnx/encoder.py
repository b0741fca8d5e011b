"""Runs an ONNX graph: texts to vectors, with onnxruntime, tokenizers and numpy.

Importing this module costs what those three cost; embedders import it on first use.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnxruntime
from tokenizers import Tokenizer


class Encoder:
    """A loaded model. May be shared between threads; not usable in a forked child.

    The graph takes `input_ids` and, where it knows them, `attention_mask` and `token_type_ids`. Its
    first output is a vector for each token, whose mean is taken, or one for the whole text.
    """

    def __init__(self, *, graph: Path, tokenizer: bytes, max_tokens: int) -> None:
        """`tokenizer` is the content of a tokenizer.json; `max_tokens` counts the markers too."""
        self._tokenizer = Tokenizer.from_str(tokenizer.decode())
        # The file may pad every text to a length or cut it at one that is not the model's.
        self._tokenizer.no_padding()
        self._tokenizer.no_truncation()
        self._max_tokens = max_tokens

        options = onnxruntime.SessionOptions()
        # One thread a run: the worker's own threads are what shares the processors.
        options.intra_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(
            graph, options, providers=["CPUExecutionProvider"]
        )
        self._inputs = {each.name for each in self._session.get_inputs()}

    def count_tokens(self, text: str) -> int:
        """The tokens of the whole text, without the markers around it."""
        return len(self._tokenise(text, markers=False))

    def encode(self, texts: Sequence[str]) -> list[list[float]]:
        """One unit vector for each text, in the order of the texts.

        One text at a time: batches are no faster on a processor, cost memory, and where a graph
        rounds its numbers by the batch they would lend a text something of its neighbours.
        """
        return [self._run(self._cut(self._tokenise(text, markers=True))) for text in texts]

    def _tokenise(self, text: str, *, markers: bool) -> list[int]:
        # A lone surrogate, which JSON can carry, is no character; the tokenizer refuses it.
        text = text.encode(errors="replace").decode()
        ids: list[int] = self._tokenizer.encode(text, add_special_tokens=markers).ids
        return ids

    def _cut(self, ids: list[int]) -> list[int]:
        """At most so many; the last is the closing marker, which a cut text keeps."""
        if len(ids) <= self._max_tokens:
            return ids
        return [*ids[: self._max_tokens - 1], ids[-1]]

    def _run(self, ids: list[int]) -> list[float]:
        input_ids = np.array([ids], np.int64)
        inputs = {
            "input_ids": input_ids,
            "attention_mask": np.ones_like(input_ids),
            "token_type_ids": np.zeros_like(input_ids),
        }
        output = self._session.run(
            None, {name: value for name, value in inputs.items() if name in self._inputs}
        )[0]
        vector = np.asarray(output[0], np.float64)
        if vector.ndim == 2:
            vector = vector.mean(axis=0)
        length = np.linalg.norm(vector)
        numbers: list[float] = (vector / length if length else vector).tolist()
        return numbers
