"""Runs an ONNX graph: texts to vectors, with onnxruntime, tokenizers and numpy.

Importing this module costs what those three cost; embedders import it on first use.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnxruntime
from tokenizers import Tokenizer

from knowledge.embeddings import Words


class Encoder:
    """A loaded model. May be shared between threads; not usable in a forked child.

    The graph takes `input_ids` and, where it knows them, `attention_mask` and `token_type_ids`. Its
    first output is a vector for each token, whose mean is taken, or one for the whole text. For
    `encode_words` it also has an output `tokens` with one for each token.
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
        self._first_output = self._session.get_outputs()[0].name

    def count_tokens(self, text: str) -> int:
        """The tokens of the whole text, without the markers around it."""
        return len(self._tokenise(text, markers=False))

    def encode(self, texts: Sequence[str]) -> list[list[float]]:
        """One unit vector for each text, in the order of the texts.

        One text at a time: batches are no faster on a processor, cost memory, and where a graph
        rounds its numbers by the batch they would lend a text something of its neighbours.
        """
        return [self._run(self._cut(self._tokenise(text, markers=True))) for text in texts]

    def encode_words(self, text: str) -> Words:
        """A word's vector is the mean of its tokens'. Punctuation is no word."""
        text = _clean(text)
        encoding = self._tokenizer.encode(text)
        tokens: dict[int, list[int]] = {}
        for place, word in enumerate(encoding.word_ids[: self._max_tokens - 1]):
            if word is not None:
                tokens.setdefault(word, []).append(place)
        spans = [(encoding.word_to_chars(word), places) for word, places in tokens.items()]
        named = [(text[slice(*span)].lower(), places) for span, places in spans if span]
        words = [(name, places) for name, places in named if any(map(str.isalnum, name))]
        if not words:
            return Words((), np.zeros((0, 0), np.float32))
        output = self._infer(self._cut(encoding.ids), "tokens")
        vectors = np.stack([output[places].mean(axis=0) for _, places in words])
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        return Words(tuple(name for name, _ in words), vectors)

    def _tokenise(self, text: str, *, markers: bool) -> list[int]:
        ids: list[int] = self._tokenizer.encode(_clean(text), add_special_tokens=markers).ids
        return ids

    def _cut(self, ids: list[int]) -> list[int]:
        """At most so many; the last is the closing marker, which a cut text keeps."""
        if len(ids) <= self._max_tokens:
            return ids
        return [*ids[: self._max_tokens - 1], ids[-1]]

    def _run(self, ids: list[int]) -> list[float]:
        vector = np.asarray(self._infer(ids, self._first_output), np.float64)
        if vector.ndim == 2:
            vector = vector.mean(axis=0)
        length = np.linalg.norm(vector)
        numbers: list[float] = (vector / length if length else vector).tolist()
        return numbers

    def _infer(self, ids: list[int], output: str) -> npt.NDArray[np.float32]:
        input_ids = np.array([ids], np.int64)
        inputs = {
            "input_ids": input_ids,
            "attention_mask": np.ones_like(input_ids),
            "token_type_ids": np.zeros_like(input_ids),
        }
        taken = {name: value for name, value in inputs.items() if name in self._inputs}
        of_the_text: npt.NDArray[np.float32] = self._session.run([output], taken)[0][0]
        return of_the_text


def _clean(text: str) -> str:
    """A lone surrogate, which JSON can carry, is no character; the tokenizer refuses it."""
    return text.encode(errors="replace").decode()
