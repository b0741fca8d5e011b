"""A text in the forms that rules look at: by words with and without disguises, and by meaning."""

import functools
import re
from collections.abc import Set

from agent.guardrails.disguises import unmask
from agent.guardrails.heads import Vectors, embed
from agent.plaintext import fold, normalise

# A short text is looked at sentence by sentence; a longer one in chunks, so that looking at the
# longest takes no more than this many vectors.
_MAX_SENTENCES = 6
_MAX_CHUNKS = 24
_CHUNK = 300  # characters, or more where there would be too many chunks
_WHOLE = 1_200  # about as much as the model reads
_SHORT = 15  # characters that say little by themselves
_SENTENCE = re.compile(r"(?<=[.!?…。！？])\s+|\n+")


class Forms:
    """One text, made ready once for all rules. Vectors are made when first asked for."""

    def __init__(self, text: str, vocabulary: Set[str]) -> None:
        unmasked = [normalise(found) for found in unmask(text, vocabulary)]
        self.wordings = _distinct([text, fold(text), *unmasked])
        self._texts = _distinct([text, *unmasked])

    @functools.cached_property
    def passages(self) -> tuple[str, ...]:
        """What is compared by meaning: each text as a whole and in parts."""
        return tuple(_distinct([part for text in self._texts for part in split(text)]))

    @functools.cached_property
    def vectors(self) -> Vectors:
        """One row for each of the passages."""
        return embed(self.passages)


def split(text: str) -> list[str]:
    """The text's beginning, then its sentences or, of a longer one, chunks of sentences."""
    sentences = _gather([part.strip() for part in _SENTENCE.split(text)], _SHORT)
    if len(sentences) > _MAX_SENTENCES:
        sentences = _gather(sentences, max(_CHUNK, len(text) // _MAX_CHUNKS))
    return [text[:_WHOLE].strip(), *(part for part in sentences if part != text.strip())]


def _gather(parts: list[str], size: int) -> list[str]:
    """The parts, joined until each has at least `size` characters, the last perhaps fewer."""
    gathered: list[str] = []
    for part in parts:
        if gathered and len(gathered[-1]) < size:
            gathered[-1] = f"{gathered[-1]} {part}".strip()
        elif part:
            gathered.append(part)
    return gathered


def _distinct(texts: list[str]) -> list[str]:
    return [text for text in dict.fromkeys(texts) if text.strip()]
