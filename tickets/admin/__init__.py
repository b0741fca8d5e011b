"""The tickets in the console: the inbox, the page to work on one, ratings and targets."""

from tickets.admin import rules, settings, tickets

__all__ = ["rules", "settings", "tickets"]
