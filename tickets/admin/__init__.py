"""The tickets in the console: the inbox, the page to work on one, ratings and targets."""

from tickets.admin import settings, tickets

__all__ = ["settings", "tickets"]
