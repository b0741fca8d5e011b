"""Search over the published knowledge: full text and vectors, fused in one round trip."""

from knowledge.types import FoundPassage


def search_passages(
    query: str, *, limit: int = 5, language: str | None = None, include_internal: bool = False
) -> list[FoundPassage]:
    """The published passages that fit the query best, best first; [] for an empty query."""
    raise NotImplementedError
