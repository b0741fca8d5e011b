"""What the knowledge hands to other apps and to its own pages."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FoundPassage:
    """A passage that a search found, best first.

    `url` is a path on this site, with an anchor where the passage stands under a heading.
    `score` is the fused rank in 0..1 and orders one search's results; it compares nothing across
    searches. `similarity` is the cosine of query and passage (-1..1), None when no vectors were
    searched. `text_rank` is how much of the query's words, by their rarity, the passage is about,
    in 0..1.
    """

    passage_id: int
    article_id: int
    title: str
    heading_path: str
    text: str
    url: str
    audience: str
    score: float
    similarity: float | None
    text_rank: float


@dataclass(frozen=True, slots=True)
class Preview:
    """Articles by their ids that a search takes as if they were published, or were not."""

    shown: tuple[int, ...] = ()
    hidden: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import did. Paths are relative to the folder, or web addresses; `skipped` adds each
    one's reason, `remarks` what else staff should know of a document."""

    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    unchanged: tuple[str, ...] = ()
    skipped: tuple[tuple[str, str], ...] = ()
    remarks: tuple[tuple[str, str], ...] = ()
