"""A message that asks more than one thing, as the questions that it asks."""

import re
from collections.abc import Sequence

from agent.wording import content_words, split_sentences

MAX_PARTS = 3
# A question with fewer words of its own belongs to the one before it: "On which plan?"
WORDS_OF_A_PART = 2
# An answer tells of a part if it has more than half of its words, since half of two is the subject
# alone; an article is about it with half.
WORDS_OF_AN_ANSWER = 0.6
WORDS_OF_A_SUBJECT = 0.5

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


def is_told(part: str, answers: Sequence[str]) -> bool:
    """Whether what is going to be said has enough of the part's words to answer it."""
    return _share(part, answers) >= WORDS_OF_AN_ANSWER


def is_subject(part: str, passages: Sequence[str]) -> bool:
    """Whether the passages have enough of the part's words to be about it."""
    return _share(part, passages) >= WORDS_OF_A_SUBJECT


def _share(part: str, texts: Sequence[str]) -> float:
    wanted = content_words(part)
    return len(wanted & content_words("\n".join(texts))) / len(wanted) if wanted else 1.0
