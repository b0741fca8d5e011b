"""How likely it is that what would be quoted answers a question.

A logistic model of four figures. `python -m benchmarks.confidence` fits its weights, on everyday
questions (tests/agent/everyday_questions.yaml) and on the first, third, … of the sample company's
messages that reach a model, of questions near its knowledge (tests/agent/near_misses.yaml) and of
short ones (tests/agent/short_questions.yaml), each question once as it stands and once behind a
sentence that tells something else. Which figures count was chosen by cross-validation over all
of these, a help article at a time. What `manage.py evaluate` counts as held out, and
tests/agent/held_out_messages.yaml, had no part in either.
"""

import math
from collections.abc import Sequence
from dataclasses import astuple, dataclass

from agent.candidates import Candidate
from agent.coverage import compare_sentences, share_meaning
from agent.identifiers import list_asked_codes, list_codes
from agent.quoting import Quote
from agent.wording import content_words


@dataclass(frozen=True, slots=True)
class Figures:
    """What speaks for a quote, or how much each of it weighs.

    `words` is how near the words of a sentence of the question come to those of the quote, its
    headings and its title in meaning; `sentence` the cosine of the nearest sentences of both;
    `length` how many words the question has, at most MAX_LENGTH; `lead` how far the next article
    lags behind.
    """

    words: float
    length: float
    sentence: float
    lead: float


MAX_LENGTH = 12
# Whoever names an error code wants what is told of it. Of the eight questions above that do, and
# whose best article has the code, seven were answered rightly: too few to fit a weight.
CODE_TOLD = 0.75
WEIGHTS = Figures(words=8.63, length=0.06, sentence=5.93, lead=7.72)
BIAS = -10.17


def estimate_confidence(question: str, candidates: Sequence[Candidate], quote: Quote) -> float:
    """0..1 for what would be quoted from the best candidate's article. `candidates` are all that
    the search found, best first. 0 if none of its passages has a code that is asked for."""
    figures = weigh(question, candidates, quote)
    if figures is None:
        return 0.0
    pairs = zip(astuple(WEIGHTS), astuple(figures), strict=True)
    likely = 1 / (1 + math.exp(-BIAS - sum(weight * figure for weight, figure in pairs)))
    return max(likely, CODE_TOLD) if _list_asked_codes(question, candidates) else likely


def weigh(question: str, candidates: Sequence[Candidate], quote: Quote) -> Figures | None:
    """What speaks for the best candidate's article; None if something rules it out."""
    if not candidates or not quote.text:
        return None
    passages = _read_best_article(candidates)
    if _list_asked_codes(question, candidates) - _list_known_codes(passages):
        return None
    told = _read_with_headings(quote, passages)
    return Figures(
        words=share_meaning(question, told),
        length=float(min(len(content_words(question)), MAX_LENGTH)),
        sentence=compare_sentences(question, quote.text),
        lead=_lead(candidates),
    )


def _list_asked_codes(question: str, candidates: Sequence[Candidate]) -> set[str]:
    return list_asked_codes(question, _list_known_codes(_read_best_article(candidates)))


def _list_known_codes(passages: Sequence[Candidate]) -> set[str]:
    return list_codes("\n".join(passage.everything for passage in passages))


def _read_best_article(candidates: Sequence[Candidate]) -> list[Candidate]:
    return [one for one in candidates if one.article == candidates[0].article]


def _read_with_headings(quote: Quote, passages: Sequence[Candidate]) -> str:
    """The quote as a reader of the article meets it."""
    sections = [passage.headings for passage in passages if passage.id in quote.passage_ids]
    return ". ".join([passages[0].title, *dict.fromkeys(sections), quote.text])


def _lead(candidates: Sequence[Candidate]) -> float:
    """How much better the best passage fits than the best one of any other article, from 0: a
    question that two articles fit alike is between them."""
    best = candidates[0]
    others = [candidate.fit for candidate in candidates if candidate.article != best.article]
    return max(0.0, best.fit - max(others, default=0.0))
