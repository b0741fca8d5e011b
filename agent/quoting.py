"""How the offline model finds an answer in an article's passages: whole paragraphs and lists that
fit the question, word for word, since they make sense on their own."""

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from agent.blocks import Block, split_blocks
from agent.candidates import Candidate
from agent.identifiers import list_asked_codes, list_codes, list_names
from agent.likeness import dot, embed_known, embed_question
from agent.wording import content_words

MAX_SENTENCES = 6
# Of an article's passages the best are read: each paragraph costs an embedding, 3 to 15 ms.
MAX_PASSAGES = 5
MAX_WORDS = 130  # of an answer that has a first paragraph already
# The figures below were set by hand on the sample company's messages that are not held out.
# How much the passage that a paragraph stands in counts beside the paragraph itself.
PASSAGE_WEIGHT = 0.6
# How much the question's words count that other paragraphs of the article lack.
RARE_WORDS_WEIGHT = 0.2
# How much the question's words in the heading of its section count.
HEADING_WEIGHT = 0.3
# A second paragraph is quoted if it fits at least so well as the first.
NEARLY_AS_GOOD = 0.8
# What tells what to do may fit less well beside a first paragraph that does not: who asks how
# needs it.
GOOD_ENOUGH_TO_ACT = 0.5
# Who asks how to do something is better served by steps than by what the thing is.
ACTS_FOR_HOW = 0.09
# By design, not tuned: who asks about a code wants the paragraph that names it, and a section on
# undoing is for those alone who ask to undo.
NAMES_THE_CODE = 0.3
UNDOES_UNASKED = 0.2

_HOW = re.compile(
    r"\b(?:how|where|steps?|set up|turn (?:on|off)|what (?:now|(?:do|should|can|must) (?:i|we))"
    r"|what (?:do|does|have|has|needs?) .{0,20}\b(?:do|done|change)|(?:can|could) (?:i|we) )\b",
    re.IGNORECASE,
)
_HOW_MANY = re.compile(r"\bhow (?:much|many|long|often|large|big|old|soon|far)\b", re.IGNORECASE)
_UNDO = re.compile(
    r"(?:remove|delete|disconnect|stop|undo|withdraw|resend or withdraw|switch (?:\w+ )?off)\b",
    re.IGNORECASE,
)
_ASKS_TO_UNDO = re.compile(
    r"\b(?:remov|delet|disconnect|stop|undo|undone|withdr|revok|revert|cancel|end|quit|leav|left|los"
    r"|off\b|out\b|back\b|away\b|no longer|no more|get rid|kick|block|hide|clos)",
    re.IGNORECASE,
)
_TROUBLE = re.compile(
    r"\b(?:only see|see only|cannot|can't|cant|won't|doesn't|doesnt|never|not working|fails?|broken"
    r"|stopped|stuck|lost|forgot|forgott?en|by accident|wrong)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Quote:
    """`score` says how well the best paragraph fits, -1..1; `acts` whether it tells what to do."""

    text: str
    passage_ids: tuple[int, ...]
    score: float
    acts: bool = False


@dataclass(frozen=True, slots=True)
class _Scored:
    """`likeness` is to the question alone; `score` counts the passage and the wish to act too."""

    block: Block
    likeness: float
    score: float


def quote(question: str, passages: Sequence[Candidate]) -> Quote:
    """The one or two paragraphs of an article's passages, given best first, that answer the
    question best; none that is about another error code or lacks a name that was asked for."""
    passages = passages[:MAX_PASSAGES]
    blocks = list(_admit(question, [block for one in passages for block in split_blocks(one)]))
    if not blocks:
        return Quote("", (), 0.0)
    fits = {passage.id: passage.fit for passage in passages}
    scored = sorted(_score(question, blocks, fits), key=lambda one: -one.score)
    chosen = [_shorten(question, scored[0].block), *_accompany(question, scored)]
    chosen.sort(key=lambda block: block.order)
    return Quote(
        "\n\n".join(block.text for block in chosen),
        tuple(dict.fromkeys(block.passage_id for block in chosen)),
        scored[0].likeness,
        any(block.acts for block in chosen),
    )


def wants_to_act(question: str) -> bool:
    """Whether the customer asks what to do, or tells of trouble and asks nothing, rather than
    how much or whether."""
    if _HOW.search(_HOW_MANY.sub(" ", question)):
        return True
    return "?" not in question and bool(_TROUBLE.search(question))


def _admit(question: str, blocks: Sequence[Block]) -> Iterator[Block]:
    known = {code for block in blocks for code in block.codes}
    codes = list_asked_codes(question, known)
    said = "\n".join(f"{block.heading} {block.text}" for block in blocks).lower()
    names = {name for name in list_names(question) if name in said}
    for block in blocks:
        if codes and not block.codes & codes:
            continue
        if names and not any(name in f"{block.heading} {block.text}".lower() for name in names):
            continue
        yield block.narrow(codes) if codes else block


def _score(question: str, blocks: Sequence[Block], fits: dict[int, float]) -> Iterator[_Scored]:
    """Likeness is the mean of that in meaning and that in words, for each block under its heading;
    what only introduces an article has none."""
    texts = [f"{block.heading}. {block.text}" if block.heading else block.text for block in blocks]
    asked, vectors = embed_question(question), embed_known(texts)
    wanted = content_words(question)
    held = [content_words(text) for text in texts]
    rarity = _weigh(wanted, held)
    codes = list_codes(question.upper())
    acting, undoing = wants_to_act(question), bool(_ASKS_TO_UNDO.search(question))
    for vector, words, block in zip(vectors, held, blocks, strict=True):
        likeness = (dot(asked, vector) + _share(wanted, words)) / 2
        score = (
            dot(asked, vector) / 2
            + RARE_WORDS_WEIGHT * sum(rarity[word] for word in wanted & words)
            + PASSAGE_WEIGHT * fits[block.passage_id]
            + HEADING_WEIGHT * _share(wanted, content_words(block.heading))
            + (ACTS_FOR_HOW if acting and block.acts else 0.0)
            + (NAMES_THE_CODE if codes & list_codes(" ".join(block.sentences)) else 0.0)
            - (UNDOES_UNASKED if _UNDO.match(block.heading) and not undoing else 0.0)
        )
        yield _Scored(block, likeness, score)


def _accompany(question: str, scored: Sequence[_Scored]) -> list[Block]:
    """The paragraph that makes the first one a whole answer, if there is one."""
    best, others = scored[0], scored[1:]
    has_code = bool(best.block.codes)  # then all that was admitted is about it
    lacks_steps = (has_code or wants_to_act(question)) and not best.block.acts
    room = MAX_WORDS - len(best.block.text.split())
    fitting = [one for one in others if len(one.block.text.split()) <= room]
    if lacks_steps:
        acting = [one for one in fitting if one.block.acts]
        fits = bool(acting) and acting[0].score >= NEARLY_AS_GOOD * best.score
        if has_code and not fits:  # the remedy follows the paragraph that names the code
            after = [one.block for one in acting if one.block.order > best.block.order]
            return sorted(after, key=lambda block: block.order)[:1]
        if acting and acting[0].score >= GOOD_ENOUGH_TO_ACT * best.score:
            return [acting[0].block]
    same = [one for one in fitting if one.score >= NEARLY_AS_GOOD * best.score]
    return [same[0].block] if same else []


def _shorten(question: str, block: Block) -> Block:
    """The block, or of a long paragraph the consecutive sentences that share most words."""
    if block.has_steps or len(block.sentences) <= MAX_SENTENCES:
        return block
    wanted = content_words(question)
    starts = range(len(block.sentences) - MAX_SENTENCES + 1)
    start = max(
        starts,
        key=lambda at: len(
            wanted & content_words(" ".join(block.sentences[at : at + MAX_SENTENCES]))
        ),
    )
    return replace(block, sentences=block.sentences[start : start + MAX_SENTENCES])


def _weigh(wanted: set[str], blocks: Sequence[set[str]]) -> dict[str, float]:
    """What each of the question's words tells about where the answer stands, 1 in all: a word
    that one paragraph has and the others lack tells most."""
    counts = {word: sum(word in words for words in blocks) for word in wanted}
    weights = {
        word: math.log(1 + len(blocks) / count) if count else 0.0 for word, count in counts.items()
    }
    total = sum(weights.values()) or 1.0
    return {word: weight / total for word, weight in weights.items()}


def _share(wanted: set[str], words: set[str]) -> float:
    return len(wanted & words) / len(wanted) if wanted else 0.0
