"""Questions whose right article is known, and the articles that they are asked of.

The sample company's messages are questions as customers write them. Of a help centre without
questions, headings and titles stand in for them: a proxy, asked of texts from which that heading
or title was taken out.
"""

import contextlib
import hashlib
import itertools
import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml

from knowledge.documents import BrokenDocumentError, Defaults, Document, read_documents
from knowledge.markdown import inline_text, parse

SAMPLE_COMPANY = Path(__file__).resolve().parents[2] / "sample_company"


@dataclass(frozen=True, slots=True)
class Text:
    """What becomes an article."""

    slug: str
    title: str
    body: str
    summary: str = ""
    keywords: str = ""
    language: str = "en"


@dataclass(frozen=True, slots=True)
class Question:
    text: str
    slug: str  # the right article's

    @property
    def part(self) -> str:
        """Methods are chosen on "validation"; "test" only tells how good the choice is."""
        return "test" if hashlib.sha256(self.text.encode()).digest()[0] % 2 else "validation"


@dataclass(frozen=True, slots=True)
class QuestionSet:
    name: str
    asked: str  # what stands for a question
    texts: tuple[Text, ...]
    questions: tuple[Question, ...]


def list_question_sets(data: Path | None) -> Iterator[QuestionSet]:
    """The sample company's, and those of the folders in `data` that are there."""
    yield sample_company()
    if data is not None and (data / "kanboard").is_dir():
        yield headings_of_pages(data / "kanboard")
    if data is not None and (data / "tau2_banking").is_dir():
        yield titles_of_documents(data / "tau2_banking")


def sample_company() -> QuestionSet:
    """The messages that the sample company's help centre answers."""
    texts = tuple(
        Text(each.slug, each.title, each.body, each.summary, each.keywords, each.language)
        for each in _read_pages(SAMPLE_COMPANY / "articles")
    )
    questions = tuple(
        Question(f"{message['subject']}\n{message['message']}", message["expect"]["article"])
        for message in yaml.safe_load((SAMPLE_COMPANY / "messages.yaml").read_text())
        if message["expect"]["action"] == "answer"
        and isinstance(message["expect"].get("article"), str)
        and "set" not in message
    )
    return QuestionSet("sample company", "customers' messages", texts, questions)


def headings_of_pages(folder: Path) -> QuestionSet:
    """Markdown pages, cut at their headings into articles that lack their own heading.

    Each heading of two words or more that occurs once asks for its section.
    """
    sections = [
        (f"{page.slug}/{number}", page.title, heading, body)
        for page in _read_pages(folder)
        for number, (heading, body) in enumerate(_sections(page.body))
        if body
    ]
    counts = Counter(heading.lower() for _slug, _title, heading, _body in sections)
    return QuestionSet(
        folder.name,
        "headings, taken out of their sections",
        tuple(Text(slug, title, body) for slug, title, _heading, body in sections),
        tuple(
            Question(heading, slug)
            for slug, _title, heading, _body in sections
            if len(heading.split()) > 1 and counts[heading.lower()] == 1
        ),
    )


def titles_of_documents(folder: Path) -> QuestionSet:
    """JSON documents with `title` and `content`, each an article without a title, asked by it."""
    read = [json.loads(path.read_text()) for path in sorted(folder.glob("*.json"))]
    documents = [(_plain_slug(each["id"]), each["title"], each["content"]) for each in read]
    counts = Counter(title.lower() for _slug, title, _content in documents)
    return QuestionSet(
        folder.name,
        "titles, taken out of their documents",
        tuple(Text(slug, "", _without(title, body)) for slug, title, body in documents),
        tuple(
            Question(title, slug) for slug, title, _body in documents if counts[title.lower()] == 1
        ),
    )


def _read_pages(folder: Path) -> Iterator[Document]:
    for path in sorted(folder.rglob("*.md")):
        # A page of nothing but front matter is none.
        with contextlib.suppress(BrokenDocumentError):
            name = path.relative_to(folder).as_posix()
            yield from read_documents(name, path.read_bytes(), Defaults()).documents


def _sections(source: str) -> Iterator[tuple[str, str]]:
    """Each heading with the text up to the next one; first what stands before them all."""
    lines = source.split("\n")
    tokens = parse(source)
    starts = [
        (token.map[0], token.map[1], inline_text(tokens[index + 1]))
        for index, token in enumerate(tokens)
        if token.type == "heading_open" and token.level == 0 and token.map
    ]
    bounds = [(0, 0, ""), *starts, (len(lines), 0, "")]
    for (_start, begin, heading), (end, _after, _next) in itertools.pairwise(bounds):
        yield heading, "\n".join(lines[begin:end]).strip()


def _without(title: str, body: str) -> str:
    """The text without the lines that only repeat the title."""
    return "\n".join(
        line for line in body.split("\n") if line.strip("#* ").lower() != title.lower()
    ).strip()


def _plain_slug(name: str) -> str:
    return re.sub(r"[^a-z0-9_-]+", "-", name.lower())
