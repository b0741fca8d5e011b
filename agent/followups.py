"""Whether a message only makes sense with the one before it, and what both ask together."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from agent.wording import content_words

# A question with fewer words that carry meaning may lean on what was asked before.
WORDS_OF_A_QUESTION = 3
# With a word that points back, one with up to so many does.
WORDS_OF_A_POINTER = 5

_JOINS = re.compile(
    r"^\W*(?:and|or|but|also|then|what about|how about|what if|und|oder|et|y|e)\b", re.IGNORECASE
)
_POINTS_BACK = re.compile(
    r"\b(?:it|its|them|they|those|these|this|that|there|one|ones|same|so|then|again)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Asked:
    """`question` is what is to be answered; `own` is what a follow-up adds to the topic, "" where
    the message stands for itself. One that points nowhere may have begun a new topic."""

    question: str
    own: str = ""
    may_stand_alone: bool = False


def read_asked(texts: Sequence[str]) -> Asked:
    """What the last of a customer's messages asks, oldest first."""
    if not texts:
        return Asked("")
    *earlier, newest = texts
    topics = [text for text in earlier if not _leans(text)]
    first = [text for text in earlier if content_words(text)][:1]  # however short it was
    topic = (topics or first or [""])[-1]
    if not topic or not _leans(newest):
        return Asked(newest)
    return Asked(f"{topic}\n{newest}", newest, may_stand_alone=not _points(newest))


def _leans(text: str) -> bool:
    return len(content_words(text)) < WORDS_OF_A_QUESTION or _points(text)


def _points(text: str) -> bool:
    """Whether it begins as a sequel or has a word that stands for something said before."""
    if len(content_words(text)) > WORDS_OF_A_POINTER:
        return False
    return bool(_JOINS.search(text) or _POINTS_BACK.search(text))
