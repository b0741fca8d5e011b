"""How likely it is that an article's passages answer a question, from what the search told.

A logistic model of six figures. `python -m benchmarks.confidence` fits its weights, on the sample
company's messages that reach a model, questions near its knowledge (tests/agent/near_misses.yaml)
and short ones (tests/agent/short_questions.yaml): on the first, third, … of each, where a wrong
answer weighs half as much again as a needless hand-over. It only looks at the others.
`manage.py evaluate` counts what was held out of all this apart.
"""

import math
from collections.abc import Sequence
from dataclasses import astuple, dataclass

from agent.candidates import Candidate
from agent.identifiers import list_asked_codes, list_codes
from agent.quoting import Quote
from agent.wording import content_words


@dataclass(frozen=True, slots=True)
class Figures:
    """What speaks for an article, or how much each of it weighs.

    `similarity` is the best cosine; `shared_words` the logarithm of how many of the question's
    words the passages hold; `quote` how well the quoted paragraph fits; `lead` how far the next
    article lags behind; `text_rank` the rarity-weighted share of the question's words in the best
    passage; `code` 1 for an error code that is asked for and told of: an article that has it is
    meant, any other is not.
    """

    similarity: float
    shared_words: float
    quote: float
    lead: float
    text_rank: float
    code: float


WEIGHTS = Figures(
    similarity=7.85, shared_words=2.36, quote=1.39, lead=7.52, text_rank=3.31, code=3.73
)
BIAS = -9.58


def estimate_confidence(question: str, candidates: Sequence[Candidate], quote: Quote) -> float:
    """0..1 for what would be quoted from the best candidate's article. `candidates` are all that
    the search found, best first. 0 if none of its passages has a code that is asked for."""
    figures = weigh(question, candidates, quote)
    if figures is None:
        return 0.0
    pairs = zip(astuple(WEIGHTS), astuple(figures), strict=True)
    return 1 / (1 + math.exp(-BIAS - sum(weight * figure for weight, figure in pairs)))


def weigh(question: str, candidates: Sequence[Candidate], quote: Quote) -> Figures | None:
    """What speaks for the best candidate's article; None if something rules it out."""
    if not candidates or not quote.text:
        return None
    best = candidates[0]
    passages = [candidate for candidate in candidates if candidate.article == best.article]
    everything = "\n".join(passage.everything for passage in passages)
    known = list_codes(everything)
    codes = list_asked_codes(question, known)
    if codes - known:
        return None
    return Figures(
        similarity=max(passage.similarity for passage in passages),
        shared_words=math.log1p(len(content_words(question) & content_words(everything))),
        quote=quote.score,
        lead=_lead(candidates),
        text_rank=max(passage.text_rank for passage in passages),
        code=1.0 if codes else 0.0,
    )


def _lead(candidates: Sequence[Candidate]) -> float:
    """How much better the best passage fits than the best one of any other article, from 0: a
    question that two articles fit alike is between them."""
    best = candidates[0]
    others = [candidate.fit for candidate in candidates if candidate.article != best.article]
    return max(0.0, best.fit - max(others, default=0.0))
