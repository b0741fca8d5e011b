"""Whether passages support an answer, sentence by sentence, by a check that runs everywhere.

Words, numbers and noes of every claim must stand in the cited passages; a claim that says it in
other words may lean on the meaning, but never with its numbers, its noes, or what it says of
money, data and access.
"""

import re
from collections.abc import Sequence

from django.utils.translation import gettext as _

from agent.courtesies import is_courtesy
from agent.outgoing import list_objections
from agent.plaintext import from_markdown
from agent.types import Verdict
from agent.wording import (
    content_words,
    is_negated,
    numbers,
    split_sentences,
    strip_marker,
)
from knowledge.embeddings import get_embedder
from knowledge.types import FoundPassage

# Share of a claim's content words that the passage has to hold; quotes reach 1.0. Set by hand on
# the claims of tests/agent/test_grounding.py, not measured on a larger set yet.
ENOUGH_WORDS = 0.75
SOME_WORDS = 0.4
# Share of a claim's words that makes a sentence the one it speaks of, or retells.
SAME_MATTER = 0.6
FEW_WORDS = 3  # below this many words a claim has them in common with a passage by chance
RETOLD_WORDS = 4  # below this many words a likeness to an internal passage says nothing
# Cosine of claim and nearest sentence that makes up for the missing words between the two.
SAME_MEANING = 0.7
# Words in a row that an answer may share with an internal passage and no public one.
QUOTED_WORDS = 7

# What costs the customer or us money, data or access is never made up for by other words: what a
# claim speaks of, the passages must speak of too.
_MATTERS = tuple(
    re.compile(rf"\b(?:{words})\b", re.IGNORECASE)
    for words in (
        r"pay\w*|paid|fees?|charg\w+|costs?|pric\w+|bill\w*|invoic\w+|owe\w*|money|debts?",
        r"free|gratis|complimentary|at no cost",
        r"refund\w*|reimburs\w+|money back|compensat\w+|cashback|credited",
        r"discount\w*|rebates?|cheaper|% off|percent off",
        r"delet\w+|eras\w+|wip(?:e|ed|es|ing)|destroy\w*|remov\w+|lost|lose[sd]?|losing|gone",
        r"passwords?|passphrases?|passcodes?|credentials?",
        r"card numbers?|cvv|cvc|iban|bank details|pin",
        r"codes?",
        r"suspend\w*|block\w*|clos(?:ed|es?|ure)|terminat\w+|cancel\w*|locked|deactivat\w+",
    )
)
_WORD = re.compile(r"[^\W_]+")


def check_answer(
    answer: str, cited: Sequence[FoundPassage], *, retrieved: Sequence[FoundPassage]
) -> Verdict:
    """The verdict on a cleaned answer. `retrieved` is all that the model saw in this run.

    `score` is the weakest claim's share of supported words, in 0..1.
    """
    complaints = list_certain_objections(answer, cited, retrieved=retrieved)
    support = [split_sentences(_whole(passage)) for passage in cited]
    claims = [sentence for sentence in split_sentences(answer) if _is_claim(sentence)]
    if not claims:
        complaints.append(_("It says nothing that could be checked."))
    score = 1.0
    for claim in claims:
        share, complaint = _check_claim(claim, support)
        score = min(score, share)
        if complaint:
            complaints.append(complaint)
    return Verdict(not complaints, round(score, 3) if claims else 0.0, tuple(complaints))


def list_certain_objections(
    answer: str, cited: Sequence[FoundPassage], *, retrieved: Sequence[FoundPassage]
) -> list[str]:
    """What speaks against an answer whatever language it is in: what may never leave, words of
    internal passages, numbers that the passages lack."""
    complaints = list_objections(answer, cited)
    if _quotes_internal(answer, cited, retrieved) or _retells_internal(answer, cited, retrieved):
        complaints.append(_("It quotes an internal passage."))
    told = _list_numbers([_whole(passage) for passage in cited])
    claimed = {value for sentence in split_sentences(answer) for value in _digits(sentence)}
    if claimed - told:
        complaints.append(_("It has numbers that the passages lack."))
    return complaints


def _check_claim(claim: str, support: Sequence[Sequence[str]]) -> tuple[float, str]:
    """The share of its words that the best passage supports, and what is wrong with it."""
    words = content_words(claim)
    share, sentences = max(
        ((_overlap(words, "\n".join(sentences)), sentences) for sentences in support),
        key=lambda pair: pair[0],
        default=(0.0, ()),
    )
    quote = {"claim": claim[:120]}
    if not _list_matters(claim) <= _list_matters("\n".join(sentences)):
        return 0.0, _("Not in the passages: “%(claim)s”") % quote
    if len(words) < FEW_WORDS and not _is_quoted(claim, sentences):
        share = min(share, SOME_WORDS)
    if share < ENOUGH_WORDS:
        meaning = _similarity(claim, sentences) if share >= SOME_WORDS else 0.0
        if meaning < SAME_MEANING:
            return share, _("Not in the passages: “%(claim)s”") % quote
        share = max(share, ENOUGH_WORDS)
    if not numbers(claim) <= _list_numbers(sentences):
        return 0.0, _("Other numbers than the passages: “%(claim)s”") % quote
    if _is_contradicted(claim, words, sentences):
        return 0.0, _("Says the opposite of the passage: “%(claim)s”") % quote
    return share, ""


def _is_quoted(claim: str, sentences: Sequence[str]) -> bool:
    """Whether the claim's words stand in one sentence in a row."""
    row = f" {_row(strip_marker(claim))} "
    return any(row in f" {_row(sentence)} " for sentence in sentences)


def _row(text: str) -> str:
    return " ".join(_WORD.findall(text.lower()))


def _is_contradicted(claim: str, words: set[str], sentences: Sequence[str]) -> bool:
    """Whether the sentences nearest to the claim all say "not" where it does not, or the like."""
    overlaps = [_overlap(words, sentence) for sentence in sentences]
    best = max(overlaps, default=0.0)
    nearest = [
        sentence for sentence, share in zip(sentences, overlaps, strict=True) if share == best
    ]
    return best >= SAME_MATTER and all(
        is_negated(sentence) != is_negated(claim) for sentence in nearest
    )


def _list_numbers(sentences: Sequence[str]) -> set[str]:
    return set().union(*(numbers(sentence) for sentence in sentences))


def _digits(sentence: str) -> set[str]:
    """Its numbers in digits; words for numbers are another language's own."""
    return {value for value in numbers(sentence) if value in sentence.replace(",", ".")}


def _is_claim(sentence: str) -> bool:
    plain = strip_marker(sentence).strip()
    return bool(content_words(plain)) and not is_courtesy(plain)


def _list_matters(text: str) -> set[int]:
    return {number for number, words in enumerate(_MATTERS) if words.search(text)}


def _overlap(words: set[str], sentence: str) -> float:
    return len(words & content_words(sentence)) / len(words) if words else 1.0


def _similarity(claim: str, sentences: Sequence[str]) -> float:
    vectors = get_embedder().embed([claim, *sentences])
    return max((_dot(vectors[0], vector) for vector in vectors[1:]), default=0.0)


def _dot(left: Sequence[float], right: Sequence[float]) -> float:
    return sum(a * b for a, b in zip(left, right, strict=True))


def _whole(passage: FoundPassage) -> str:
    return f"{passage.title}\n\n{passage.heading_path}\n\n{from_markdown(passage.text)}"


def _quotes_internal(
    answer: str, cited: Sequence[FoundPassage], retrieved: Sequence[FoundPassage]
) -> bool:
    internal = [passage.text for passage in retrieved if passage.audience != "public"]
    secret = set().union(*(_runs(text) for text in internal))
    public = set().union(*(_runs(_whole(passage)) for passage in cited))
    return bool((_runs(answer) & secret) - public)


def _retells_internal(
    answer: str, cited: Sequence[FoundPassage], retrieved: Sequence[FoundPassage]
) -> bool:
    """Whether a sentence has most of its words from an internal passage rather than from the
    cited ones."""
    internal = [_whole(passage) for passage in retrieved if passage.audience != "public"]
    public = [_whole(passage) for passage in cited]
    for sentence in split_sentences(answer) if internal else ():
        words = content_words(sentence)
        told, known = (
            max((_overlap(words, text) for text in texts), default=0.0)
            for texts in (internal, public)
        )
        if len(words) >= RETOLD_WORDS and known < ENOUGH_WORDS and told >= max(SAME_MATTER, known):
            return True
    return False


def _runs(text: str) -> set[tuple[str, ...]]:
    words = _WORD.findall(text.lower())
    return {
        tuple(words[start : start + QUOTED_WORDS]) for start in range(len(words) - QUOTED_WORDS + 1)
    }
