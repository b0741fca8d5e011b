"""Follows a mailbox: everything that arrived since a cursor is stored, and nothing is passed by.

The cursor is handed back only after the last page, and only if everything before it is stored,
so that whatever ends a sync half-way is made good by the next one. `store` therefore sees some
mails twice and has to keep each once. One sync of a mailbox at a time is the caller's part.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Protocol

import structlog

from channels.gmail.errors import CredentialsRefused, HistoryTooOld, NotFound, RateLimited
from channels.gmail.records import HistoryPage, MessagePage, MessageRef, Profile
from channels.gmail.types import RawMail
from channels.types import TransportError

log = structlog.get_logger(__name__)

# How far back a mailbox is read when there is no cursor, or none that Gmail still knows.
FULL_SYNC_DAYS = 7
# Labels of what is not for the desk. What is rescued from spam comes again with INBOX added.
_NOT_OURS = {"CHAT", "DRAFT", "SPAM", "TRASH"}


class MailSource(Protocol):
    """The part of GmailClient that is needed."""

    def profile(self) -> Profile: ...
    def history(self, start_id: int, page_token: str = "") -> HistoryPage: ...
    def list_messages(self, query: str, page_token: str = "") -> MessagePage: ...
    def get_raw(self, message_id: str) -> RawMail: ...


@dataclass(frozen=True, slots=True)
class SyncResult:
    """`cursor` is to be kept; it is the old one while a message in `failed` is still to come.

    `gone` were deleted before they could be read, which is final. `full` tells that the
    history did not reach back and the mailbox was listed.
    """

    cursor: int | None
    stored: int
    gone: int
    failed: tuple[str, ...]
    full: bool


@dataclass(slots=True)
class _Tally:
    stored: int = 0
    gone: int = 0
    failed: list[str] = field(default_factory=list)


def sync(
    source: MailSource,
    cursor: int | None,
    store: Callable[[RawMail], None],
    *,
    full_sync_days: int = FULL_SYNC_DAYS,
) -> SyncResult:
    """Hands every mail since the cursor to `store`, oldest first; no cursor lists the mailbox.

    A message that cannot be fetched or stored is counted as failed and does not stop the
    others. Raises TransportError where there is nothing to go on with: refused credentials, a
    rate limit, pages that cannot be had. What was stored until then stays.
    """
    if cursor is not None:
        try:
            return _follow(source, cursor, store)
        except HistoryTooOld:
            log.warning("gmail_history_too_old", cursor=cursor)
    return _list_all(source, cursor, store, days=full_sync_days)


def _follow(source: MailSource, cursor: int, store: Callable[[RawMail], None]) -> SyncResult:
    tally, seen = _Tally(), set[str]()
    newest, token = cursor, ""
    while True:
        page = source.history(cursor, token)
        for ref in page.messages:
            if ref.gmail_id not in seen and _is_ours(ref):
                seen.add(ref.gmail_id)
                _take(source, ref.gmail_id, store, tally)
        newest, token = max(newest, page.history_id), page.next_page_token
        if not token:
            return _result(tally, old=cursor, new=newest, full=False)


def _list_all(
    source: MailSource, cursor: int | None, store: Callable[[RawMail], None], *, days: int
) -> SyncResult:
    """The cursor is taken before the list, so that what arrives meanwhile is in the history."""
    newest = source.profile().history_id
    tally = _Tally()
    refs = list(_listed(source, f"newer_than:{days}d -in:drafts -in:chats"))
    for gmail_id in dict.fromkeys(ref.gmail_id for ref in reversed(refs)):
        _take(source, gmail_id, store, tally)
    return _result(tally, old=cursor, new=newest, full=True)


def _listed(source: MailSource, query: str) -> Iterator[MessageRef]:
    token = ""
    while True:
        page = source.list_messages(query, token)
        yield from page.messages
        token = page.next_page_token
        if not token:
            return


def _is_ours(ref: MessageRef) -> bool:
    """New messages, and those that a labelAdded record brings into the inbox."""
    if ref.labels_added:
        return "INBOX" in ref.labels_added
    return "INBOX" in ref.label_ids or _NOT_OURS.isdisjoint(ref.label_ids)


def _take(
    source: MailSource, gmail_id: str, store: Callable[[RawMail], None], tally: _Tally
) -> None:
    try:
        mail = source.get_raw(gmail_id)
        if "INBOX" in mail.label_ids or _NOT_OURS.isdisjoint(mail.label_ids):
            store(mail)
            tally.stored += 1
    except NotFound:
        tally.gone += 1
    except (CredentialsRefused, RateLimited):
        raise
    except TransportError:
        tally.failed.append(gmail_id)
        log.warning("gmail_message_not_fetched", gmail_id=gmail_id)
    except Exception as error:  # noqa: BLE001  one mail must not stop the others; the cursor stays
        tally.failed.append(gmail_id)
        log.error("gmail_message_not_stored", gmail_id=gmail_id, error=type(error).__name__)


def _result(tally: _Tally, *, old: int | None, new: int, full: bool) -> SyncResult:
    return SyncResult(
        cursor=old if tally.failed else new,
        stored=tally.stored,
        gone=tally.gone,
        failed=tuple(tally.failed),
        full=full,
    )
