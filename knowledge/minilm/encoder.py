"""Runs the built graph: texts to vectors, with onnxruntime, tokenizers and numpy.

Importing this module costs what those three cost; `LocalEmbedder` imports it on first use.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnxruntime
from tokenizers import Tokenizer

# The model was trained on at most 256 tokens, two of them the markers around the text.
MAX_INPUT_TOKENS = 256

# More texts in one run are no faster on a processor, and cost memory: attention needs
# 48 bytes for each text and each pair of its tokens.
BATCH_SIZE = 8


class Encoder:
    """A loaded model. May be shared between threads; not usable in a forked child."""

    def __init__(self, *, graph: Path, tokenizer: bytes, threads: int) -> None:
        """`graph` is the file that write_graph made, `tokenizer` the content of tokenizer.json."""
        self._tokenizer = Tokenizer.from_str(tokenizer.decode())
        # The published file pads every text to 128 tokens and cuts it there.
        self._tokenizer.no_padding()
        self._tokenizer.no_truncation()

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        self._session = onnxruntime.InferenceSession(
            graph, options, providers=["CPUExecutionProvider"]
        )

    def count_tokens(self, text: str) -> int:
        """The tokens of the whole text, without the two markers around it."""
        return len(self._tokenise(text, markers=False))

    def encode(self, texts: Sequence[str]) -> list[list[float]]:
        """One unit vector of 384 numbers for each text, in the order of the texts."""
        inputs = [_cut(self._tokenise(text, markers=True)) for text in texts]
        # Neighbours in length share a batch, so that little is padded.
        order = sorted(range(len(inputs)), key=lambda index: len(inputs[index]))
        vectors: dict[int, list[float]] = {}
        for start in range(0, len(order), BATCH_SIZE):
            batch = order[start : start + BATCH_SIZE]
            vectors.update(zip(batch, self._run([inputs[index] for index in batch]), strict=True))
        return [vectors[index] for index in range(len(inputs))]

    def _tokenise(self, text: str, *, markers: bool) -> list[int]:
        # A lone surrogate, which JSON can carry, is no character; the tokenizer refuses it.
        text = text.encode(errors="replace").decode()
        # One at a time: encode_batch starts threads of its own, which a later fork would break,
        # and tokenising is less than a hundredth of the work.
        ids: list[int] = self._tokenizer.encode(text, add_special_tokens=markers).ids
        return ids

    def _run(self, batch: Sequence[Sequence[int]]) -> list[list[float]]:
        shape = (len(batch), max(len(ids) for ids in batch))
        # Zero is the id of padding, and in the mask it says that nothing is there.
        input_ids = np.zeros(shape, np.int64)
        attention_mask = np.zeros(shape, np.int64)
        for row, ids in enumerate(batch):
            input_ids[row, : len(ids)] = ids
            attention_mask[row, : len(ids)] = 1
        (vectors,) = self._session.run(
            ["embedding"], {"input_ids": input_ids, "attention_mask": attention_mask}
        )
        rows: list[list[float]] = vectors.tolist()
        return rows


def _cut(ids: list[int]) -> list[int]:
    """At most MAX_INPUT_TOKENS; the last is the closing marker, which a cut text keeps."""
    if len(ids) <= MAX_INPUT_TOKENS:
        return ids
    return [*ids[: MAX_INPUT_TOKENS - 1], ids[-1]]
