"""The knowledge in the console."""

from knowledge.admin import articles, indexes

__all__ = ["articles", "indexes"]
