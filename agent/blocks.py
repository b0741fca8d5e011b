"""Paragraphs and lists of a passage: the smallest pieces that make sense on their own."""

import re
from dataclasses import dataclass, replace

from agent.candidates import Candidate
from agent.identifiers import list_codes
from agent.plaintext import from_markdown
from agent.wording import content_words, is_item, is_numbered, split_sentences, strip_marker

MAX_STEPS = 12
# Beside the link, a sentence that only leads elsewhere has at most so many words of its own.
WORDS_OF_A_POINTER = 4

_LINK = re.compile(r"\[([^\]]+)\]\((?!https?://|mailto:)([^)\s]+)[^)]*\)")
_POINTS = re.compile(
    r"^(?:see|more in|read|next|details?)\b|\bsee\b[^.]{0,80}\.$"
    r"|\b(?:explained|listed|described|covered|set up|are|is) (?:in|under) \S",
    re.IGNORECASE,
)
_ACT = re.compile(
    r"^(?:add|ask|change|check|choose|clear|click|close|copy|drag|enter|go to|invite|look|make"
    r"|open|paste|press|put|reload|remove|replace|save|search|send|set|sign|switch|tick|try|turn"
    r"|type|under|upload|use|wait|to \w+[^,]{0,60}, (?:press|open|choose|type|switch|click))\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph or a list with the line that introduces it. `heading` is the section's own, ""
    for what stands before the first; `codes` are the error codes that it is about."""

    passage_id: int
    order: tuple[int, int]
    heading: str
    sentences: tuple[str, ...]
    codes: frozenset[str] = frozenset()

    @property
    def has_steps(self) -> bool:
        return any(is_item(sentence) for sentence in self.sentences)

    @property
    def is_procedure(self) -> bool:
        return sum(is_numbered(sentence) for sentence in self.sentences) > 1

    @property
    def acts(self) -> bool:
        """Whether it tells what to do, rather than what something is."""
        return self.is_procedure or any(
            _ACT.match(strip_marker(sentence)) for sentence in self.sentences
        )

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

    def narrow(self, codes: set[str]) -> "Block":
        """The block; of a list with an item for each of several codes, the items asked for."""
        kept = [
            sentence
            for sentence in self.sentences
            if not (is_item(sentence) and list_codes(sentence)) or list_codes(sentence) & codes
        ]
        if len(kept) == len(self.sentences) or not kept:
            return self
        return replace(self, sentences=tuple(kept), codes=self.codes & codes)


def split_blocks(passage: Candidate) -> list[Block]:
    """Paragraphs in order; what follows a line that ends with a colon joins it, and such a line
    with nothing after it says nothing. Sentences that only lead to another article are left out."""
    paragraphs: list[list[str]] = []
    for paragraph in _drop_pointers(passage.text).split("\n\n"):
        sentences = split_sentences(paragraph)
        if not sentences:
            continue
        before = paragraphs[-1][-1] if paragraphs else ""
        if before.endswith(":") or (is_item(sentences[0]) and is_item(before)):
            paragraphs[-1] += sentences
        else:
            paragraphs.append(sentences)
    while paragraphs and paragraphs[-1] and paragraphs[-1][-1].endswith(":"):
        paragraphs[-1].pop()  # what it announces stands in another passage
    heading = passage.headings.rsplit(">", 1)[-1].strip()
    about = list_codes(heading) or list_codes(passage.title)
    return [
        Block(
            passage.id,
            (passage.id, position),
            heading,
            tuple(sentences[:MAX_STEPS]),
            frozenset(list_codes(" ".join(sentences)) or about),
        )
        for position, sentences in enumerate(paragraphs)
        if sentences
    ]


def _drop_pointers(markdown: str) -> str:
    """Plain text of the Markdown without the sentences that say nothing but where to read on."""
    paragraphs = []
    for paragraph in markdown.split("\n\n"):
        if not _LINK.search(paragraph) or is_item(paragraph) or paragraph.lstrip().startswith("|"):
            paragraphs.append(from_markdown(paragraph))
            continue
        kept = [line for line in split_sentences(paragraph) if not _is_pointer(line)]
        lines = [f"\n{line}" if is_item(line) else line for line in kept]
        paragraphs.append(from_markdown(" ".join(lines)))
    return "\n\n".join(paragraph for paragraph in paragraphs if paragraph)


def _is_pointer(sentence: str) -> bool:
    """Whether a sentence of Markdown ends in a link to another article and tells little else."""
    if is_item(sentence):
        return False
    links = list(_LINK.finditer(sentence))
    if not links or sentence[links[-1].end() :].strip(" .!)") not in ("", "first", "instead"):
        return False
    own = content_words(_LINK.sub(" ", sentence))
    plain = from_markdown(sentence)
    return len(own) <= WORDS_OF_A_POINTER or bool(_POINTS.search(plain))
