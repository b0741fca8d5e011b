"""How the offline model finds an answer in an article's passages: whole paragraphs and lists that
fit the question, word for word, since they make sense on their own."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from agent.candidates import Candidate
from agent.plaintext import from_markdown
from agent.wording import content_words, is_item, split_sentences
from knowledge.embeddings import get_embedder

MAX_SENTENCES = 6
MAX_STEPS = 12
# Of an article's passages the best are read: each paragraph costs an embedding, 3 to 15 ms.
MAX_PASSAGES = 3
MAX_WORDS = 130  # of an answer that has a first paragraph already
# A second paragraph is quoted if it fits at least so well as the first.
NEARLY_AS_GOOD = 0.85
# Steps beside a first paragraph that has none may fit less well: who asks how needs them.
GOOD_ENOUGH_FOR_STEPS = 0.6
# Who asks how to do something is better served by steps than by what the thing is.
STEPS_FOR_HOW = 0.06

_HOW = re.compile(r"\b(?:how|where|steps?|set up|turn on|what (?:do|should) i do)\b", re.IGNORECASE)
_LEAD_ELSEWHERE = re.compile(
    r"^(?:see|more in|read|details?:)\b|\bsee\b[^.]{0,80}\.$", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph or a list with the line that introduces it."""

    passage_id: int
    order: tuple[int, int]
    heading: str
    sentences: tuple[str, ...]

    @property
    def has_steps(self) -> bool:
        return any(is_item(sentence) for sentence in self.sentences)

    @property
    def text(self) -> str:
        lines = [self.sentences[0]]
        for sentence in self.sentences[1:]:
            if is_item(sentence):
                lines.append(sentence)
            elif is_item(lines[-1]):
                lines.append(f"\n{sentence}")
            else:
                lines[-1] += f" {sentence}"
        return "\n".join(lines)


@dataclass(frozen=True, slots=True)
class Quote:
    """`score` says how well the best paragraph fits, -1..1."""

    text: str
    passage_ids: tuple[int, ...]
    score: float


def quote(question: str, passages: Sequence[Candidate]) -> Quote:
    """The one or two paragraphs of an article's passages, given best first, that answer the
    question best."""
    blocks = [block for passage in passages[:MAX_PASSAGES] for block in split_blocks(passage)]
    if not blocks:
        return Quote("", (), 0.0)
    scored = sorted(zip(_score(question, blocks), blocks, strict=True), key=lambda pair: -pair[0])
    best_score, best = scored[0]
    chosen = [_shorten(question, best)]
    lacks_steps = bool(_HOW.search(question)) and not best.has_steps
    for score, block in scored[1:]:
        words = sum(len(b.text.split()) for b in chosen) + len(block.text.split())
        if lacks_steps and not block.has_steps and any(b.has_steps for _, b in scored):
            continue
        wanted = GOOD_ENOUGH_FOR_STEPS if lacks_steps else NEARLY_AS_GOOD
        if score < wanted * best_score or words > MAX_WORDS:
            continue
        chosen.append(block)
        break
    chosen.sort(key=lambda block: block.order)
    return Quote(
        "\n\n".join(block.text for block in chosen),
        tuple(dict.fromkeys(block.passage_id for block in chosen)),
        best_score,
    )


def split_blocks(passage: Candidate) -> list[Block]:
    """Paragraphs in order; a list joins the line before it if that ends with a colon. What only
    leads to another article is left out."""
    blocks: list[list[str]] = []
    for paragraph in from_markdown(passage.text).split("\n\n"):
        sentences = split_sentences(paragraph)
        if not sentences:
            continue
        follows = is_item(sentences[0]) and blocks and blocks[-1][-1].endswith(":")
        if follows or (is_item(sentences[0]) and blocks and is_item(blocks[-1][-1])):
            blocks[-1] += sentences
        else:
            blocks.append(sentences)
    heading = passage.headings.rsplit(">", 1)[-1].strip() or passage.title
    return [
        Block(passage.id, (passage.id, position), heading, tuple(sentences[:MAX_STEPS]))
        for position, sentences in enumerate(blocks)
        if not (len(sentences) <= 2 and _LEAD_ELSEWHERE.search(sentences[-1]))
    ]


def _score(question: str, blocks: Sequence[Block]) -> list[float]:
    """The mean of likeness in meaning and in words, for each block under its heading."""
    texts = [f"{block.heading}. {block.text}" for block in blocks]
    vectors = get_embedder().embed([question, *texts])
    wanted = content_words(question)
    wants_steps = bool(_HOW.search(question))
    return [
        (dot(vectors[0], vector) + _share(wanted, content_words(text))) / 2
        + (STEPS_FOR_HOW if wants_steps and block.has_steps else 0.0)
        for vector, text, block in zip(vectors[1:], texts, blocks, strict=True)
    ]


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
    return Block(
        block.passage_id,
        block.order,
        block.heading,
        block.sentences[start : start + MAX_SENTENCES],
    )


def _share(wanted: set[str], words: set[str]) -> float:
    return len(wanted & words) / len(wanted) if wanted else 0.0


def dot(left: Sequence[float], right: Sequence[float]) -> float:
    return sum(a * b for a, b in zip(left, right, strict=True))
