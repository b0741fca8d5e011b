"""The knowledge in the console."""

from knowledge.admin import articles, indexes, sources

__all__ = ["articles", "indexes", "sources"]
