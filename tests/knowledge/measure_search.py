"""How often a search finds the right article, by how much words and vectors count.

Run it on a scratch database (DATA_DIR or DATABASE_URL), into which it imports the folder:

    python -m tests.knowledge.measure_search sample_company/articles sample_company/messages.yaml
    python -m tests.knowledge.measure_search FOLDER headings

The first asks the messages that the help centre answers. The second, a proxy where there are no
questions, asks each heading of two words or more that occurs once, and wants its own section.
"""

import os
import sys
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import django
import yaml

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from knowledge.imports import import_folder  # noqa: E402
from knowledge.models import Article, Passage  # noqa: E402
from knowledge.search import search_passages  # noqa: E402
from knowledge.types import FoundPassage  # noqa: E402


@dataclass(frozen=True)
class Question:
    text: str
    slug: str
    heading_path: str | None = None


def main(folder: Path, questions_from: str) -> None:
    import_folder(folder)
    # Only this folder's articles may answer.
    Article.objects.exclude(imported_from__startswith=f"{folder.name}/").update(state="archived")
    Article.objects.filter(imported_from__startswith=f"{folder.name}/").update(state="published")
    if questions_from == "headings":
        questions = from_headings()
    else:
        questions = from_messages(Path(questions_from))
    search_passages("warm up")
    begin = time.perf_counter()
    found = [search_passages(question.text, limit=100) for question in questions]
    seconds = time.perf_counter() - begin
    sys.stdout.write(
        f"{len(questions)} questions, {Passage.objects.count()} passages, "
        f"{1000 * seconds / len(questions):.1f} ms each\n"
        "share of words  hit@1  hit@3  hit@5    MRR\n"
    )
    for share in (0.0, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 1.0):
        ranks = [rank(*pair, share) for pair in zip(questions, found, strict=True)]
        row = "".join(f"{value:7.3f}" for value in figures(ranks))
        sys.stdout.write(f"{share:14.1f}{row}\n")


def from_messages(path: Path) -> list[Question]:
    return [
        Question(f"{message['subject']}\n{message['message']}", message["expect"]["article"])
        for message in yaml.safe_load(path.read_text())
        if message["expect"]["action"] == "answer"
        and isinstance(message["expect"].get("article"), str)
    ]


def from_headings() -> list[Question]:
    sections = set(
        Passage.objects.filter(article__state="published")
        .exclude(heading_path="")
        .values_list("heading_path", "article__slug")
    )
    headings = [(path.rpartition(" › ")[2], path, slug) for path, slug in sorted(sections)]
    counts = Counter(heading.lower() for heading, _path, _slug in headings)
    return [
        Question(heading, slug, path)
        for heading, path, slug in headings
        if counts[heading.lower()] == 1 and len(heading.split()) > 1
    ]


def rank(question: Question, found: list[FoundPassage], share: float) -> int | None:
    """The place of the first right passage, from 1, if it is among the candidates."""

    def score(passage: FoundPassage) -> float:
        return share * passage.text_rank + (1 - share) * max(passage.similarity or 0, 0)

    for place, passage in enumerate(sorted(found, key=score, reverse=True), start=1):
        slug = passage.url.removeprefix("/help/").partition("#")[0]
        if slug == question.slug and question.heading_path in (None, passage.heading_path):
            return place if score(passage) else None
    return None


def figures(ranks: list[int | None]) -> list[float]:
    places = [place for place in ranks if place]
    hits = [sum(place <= limit for place in places) / len(ranks) for limit in (1, 3, 5)]
    return [*hits, sum(1 / place for place in places) / len(ranks)]


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
