"""How far a text speaks of what a message speaks of, word by word and sentence by sentence.

Of a message of several sentences the one that fits best counts: the others mostly tell of
circumstances that no answer repeats. What else is asked is `agent.parts`' matter.
"""

import functools
from collections.abc import Sequence

from agent.likeness import dot, embed_known, embed_question
from agent.wording import content_words, split_sentences, strip_marker
from knowledge.embeddings import Words, get_word_embedder

# Each sentence of a message costs two runs of the model, some 5 ms.
MAX_SENTENCES = 12
# Texts whose words' vectors are kept: 60 words make some 100 KB.
_KEPT = 64


def share_meaning(message: str, text: str) -> float:
    """The mean, over a sentence's words that carry meaning, of how near the nearest word of the
    text comes to each, both in their company: 1 where all of them stand there in the same sense.
    0 for a message or a text without such a word."""
    return max((_share(sentence, text) for sentence in _split(message)), default=0.0)


def compare_sentences(message: str, text: str) -> float:
    """The cosine of the sentence and the sentence or list item of an article that are nearest."""
    told: Sequence[str] = [strip_marker(each) for each in split_sentences(text)]
    vectors = embed_known(told) if told else []
    asked = [embed_question(sentence) for sentence in _split(message)]
    return max((dot(one, other) for one in asked for other in vectors), default=0.0)


def _share(sentence: str, text: str) -> float:
    asked, told = _embed_words(sentence), _embed_words(text)
    rows = [row for row, word in enumerate(asked.texts) if content_words(word)]
    if not rows or not told.texts:
        return 0.0
    return float((asked.vectors[rows] @ told.vectors.T).max(axis=1).mean())


def _split(message: str) -> list[str]:
    sentences = [each for each in split_sentences(message) if content_words(each)]
    return sentences[:MAX_SENTENCES] or [message]


@functools.lru_cache(maxsize=_KEPT)
def _embed_words(text: str) -> Words:
    return get_word_embedder().embed_words(text)
