"""The tickets in the console: the inbox, the page to work on one, ratings and targets."""

from tickets.admin import rules, saved_replies, settings, tickets

__all__ = ["rules", "saved_replies", "settings", "tickets"]
