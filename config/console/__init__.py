"""The staff console: its site, what it opens with, and its navigation."""

from config.console.site import Console

__all__ = ["Console"]
