"""How likely it is that an article's passages answer a question, from what the search told.

A logistic model of three figures. Its weights were fitted on the first, third, … of the sample
company's answerable messages and of 40 questions near its knowledge (tests/agent/near_misses.yaml),
and looked at on the others: there it let 85 % of the answerable through at 0.5, and 3 of 23 of
those that no article answers. `manage.py evaluate` repeats the measurement.
"""

import math
import re
from collections.abc import Sequence

from agent.candidates import Candidate
from agent.quoting import Quote
from agent.wording import content_words

_SIMILARITY = 7.57
_SHARED_WORDS = 3.21
_QUOTE = 3.25
_BIAS = -9.34
# An error code is what its bearer asks about: an article that has it is meant, any other is not.
# By design, not fitted: the messages hold too few.
_CODE = 3.0
_CODES = re.compile(r"\b[A-Z]{2,6}-\d{2,5}\b")


def estimate_confidence(question: str, passages: Sequence[Candidate], quote: Quote) -> float:
    """0..1 for the passages of one article and what would be quoted from them.

    Counts the best cosine, the logarithm of how many of the question's words the passages hold,
    and how well the quoted paragraph fits.
    """
    if not passages or not quote.text:
        return 0.0
    everything = "\n".join(passage.everything for passage in passages)
    words = content_words(everything)
    logit = (
        _SIMILARITY * max(passage.similarity for passage in passages)
        + _SHARED_WORDS * math.log1p(len(content_words(question) & words))
        + _QUOTE * quote.score
        + _CODE * _compare_codes(question, everything)
        + _BIAS
    )
    return 1 / (1 + math.exp(-logit))


def _compare_codes(question: str, everything: str) -> int:
    """1 if the passages hold a code of the question, -1 if they lack them all, 0 without any."""
    codes = set(_CODES.findall(question))
    if not codes:
        return 0
    return 1 if codes & set(_CODES.findall(everything)) else -1
