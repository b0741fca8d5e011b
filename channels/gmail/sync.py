"""Follows a mailbox: every mail since a cursor is announced, and nothing is passed by.

Only names are read here, which is quick; the mails themselves are fetched one by one, each with
tries of its own (`channels.gmail.fetching`), so that one that cannot be had holds nothing up.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import structlog

from channels.gmail.errors import HistoryTooOld
from channels.gmail.records import HistoryPage, MessagePage, MessageRef, Profile

log = structlog.get_logger(__name__)

Announce = Callable[[Sequence[MessageRef]], None]

# How far back a mailbox is read when there is no cursor, or none that Gmail still knows.
FULL_SYNC_DAYS = 7
# Labels of what is not for the desk. What is rescued from spam comes again with INBOX added.
_NOT_OURS = {"CHAT", "DRAFT", "SPAM", "TRASH"}


class MailSource(Protocol):
    """The part of GmailClient that is needed."""

    def profile(self) -> Profile: ...
    def history(self, start_id: int, page_token: str = "") -> HistoryPage: ...
    def list_messages(self, query: str, page_token: str = "") -> MessagePage: ...


@dataclass(frozen=True, slots=True)
class Followed:
    """`cursor` is to be kept, for everything before it was announced. `full` tells that the
    history did not reach back and the mailbox was listed."""

    cursor: int
    found: int
    full: bool


def follow(
    source: MailSource,
    cursor: int | None,
    announce: Announce,
    *,
    full_sync_days: int = FULL_SYNC_DAYS,
) -> Followed:
    """Hands every mail since the cursor to `announce`, oldest first and page by page; no cursor
    lists the mailbox.

    `announce` keeps them at once, and sees some twice: those before a page that could not be
    had come again. Raises TransportError where a page cannot be had; then the cursor stays.
    """
    if cursor is not None:
        try:
            return _follow_history(source, cursor, announce)
        except HistoryTooOld:
            log.warning("gmail_history_too_old", cursor=cursor)
    return _list_all(source, announce, days=full_sync_days)


def is_ours(label_ids: Sequence[str]) -> bool:
    return "INBOX" in label_ids or _NOT_OURS.isdisjoint(label_ids)


def _follow_history(source: MailSource, cursor: int, announce: Announce) -> Followed:
    newest, token, found = cursor, "", 0
    while True:
        page = source.history(cursor, token)
        refs = [ref for ref in page.messages if _concerns_us(ref)]
        announce(refs)
        found += len(refs)
        newest, token = max(newest, page.history_id), page.next_page_token
        if not token:
            return Followed(newest, found, full=False)


def _list_all(source: MailSource, announce: Announce, *, days: int) -> Followed:
    """The cursor is taken before the list, so that what arrives meanwhile is in the history."""
    newest = source.profile().history_id
    refs = list(_listed(source, f"newer_than:{days}d -in:drafts -in:chats"))
    announce(refs[::-1])
    return Followed(newest, len(refs), full=True)


def _listed(source: MailSource, query: str) -> Iterator[MessageRef]:
    token = ""
    while True:
        page = source.list_messages(query, token)
        yield from page.messages
        token = page.next_page_token
        if not token:
            return


def _concerns_us(ref: MessageRef) -> bool:
    """New messages, and those that a labelAdded record brings into the inbox."""
    return "INBOX" in ref.labels_added if ref.labels_added else is_ours(ref.label_ids)
