"""A message that asks more than one thing, as the questions that it asks."""

import re
from collections.abc import Sequence

from agent.wording import content_words, split_sentences

MAX_PARTS = 3
# A question with fewer words of its own belongs to the one before it: "On which plan?"
WORDS_OF_A_PART = 2
# A part is told of by a text that has so many of its words.
ENOUGH_SHARED = 0.5

_JOINT = re.compile(
    r"[,;]?\s+(?:and|or|also|but)\s+(?:also\s+)?(?=(?:can|could|do|does|is|are|will|would|how|what"
    r"|where|when|which|who|why|may)\b)",
    re.IGNORECASE,
)


def split_parts(question: str) -> list[str]:
    """The questions in order, if there are two or three that stand alone, else [].

    Only what is asked is split: sentences that tell something are left out.
    """
    asked = [sentence for sentence in split_sentences(question) if sentence.endswith("?")]
    parts: list[str] = []
    for piece in (piece for sentence in asked for piece in _JOINT.split(sentence)):
        if parts and len(content_words(piece)) < WORDS_OF_A_PART:
            parts[-1] += f" {piece}"
        else:
            parts.append(piece)
    own = [part for part in parts if len(content_words(part)) >= WORDS_OF_A_PART]
    return own if 2 <= len(own) <= MAX_PARTS else []


def is_told(part: str, texts: Sequence[str]) -> bool:
    """Whether the texts have enough of the part's words to be about it."""
    wanted = content_words(part)
    return len(wanted & content_words("\n".join(texts))) >= ENOUGH_SHARED * len(wanted)
