"""How likely it is that an article's passages answer a question, from what the search told.

A logistic model of five figures. Its weights were fitted on the sample company's answerable
messages, questions near its knowledge (tests/agent/near_misses.yaml) and short ones
(tests/agent/short_questions.yaml), the first, third, … of each, where a wrong answer weighed half
as much again as a needless hand-over; the others were looked at only. `manage.py evaluate` repeats
the measurement and counts what was held out of all this apart.
"""

import math
from collections.abc import Sequence

from agent.candidates import Candidate
from agent.identifiers import list_asked_codes, list_codes
from agent.quoting import Quote
from agent.wording import content_words

_SIMILARITY = 9.1
_SHARED_WORDS = 2.78
_QUOTE = 1.14
_MARGIN = 8.13
_TEXT_RANK = 2.76
_BIAS = -10.22
# An error code is what its bearer asks about: an article that has it is meant, any other is not.
_CODE = 3.74


def estimate_confidence(question: str, candidates: Sequence[Candidate], quote: Quote) -> float:
    """0..1 for what would be quoted from the best candidate's article. `candidates` are all that
    the search found, best first.

    Counts the best cosine, the logarithm of how many of the question's words the passages hold,
    how well the quoted paragraph fits, how far the next article lags behind, and the
    rarity-weighted share of the question's words in the best passage. 0 if none of its passages
    has a code that is asked for.
    """
    if not candidates or not quote.text:
        return 0.0
    best = candidates[0]
    passages = [candidate for candidate in candidates if candidate.article == best.article]
    everything = "\n".join(passage.everything for passage in passages)
    words = content_words(everything)
    known = list_codes(everything)
    codes = list_asked_codes(question, known)
    if codes - known:
        return 0.0
    logit = (
        _SIMILARITY * max(passage.similarity for passage in passages)
        + _SHARED_WORDS * math.log1p(len(content_words(question) & words))
        + _QUOTE * quote.score
        + _MARGIN * _lead(candidates)
        + _TEXT_RANK * best.text_rank
        + (_CODE if codes else 0.0)
        + _BIAS
    )
    return 1 / (1 + math.exp(-logit))


def _lead(candidates: Sequence[Candidate]) -> float:
    """How much better the best passage fits than the best one of any other article, from 0: a
    question that two articles fit alike is between them."""
    best = candidates[0]
    others = [candidate.fit for candidate in candidates if candidate.article != best.article]
    return max(0.0, best.fit - max(others, default=0.0))
