"""The mailbox is followed without a gap, whatever happens on the way."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from channels.gmail.client import GmailClient
from channels.gmail.double import Fault, GmailDouble
from channels.gmail.errors import CredentialsRefused, RateLimited
from channels.gmail.sync import sync
from channels.gmail.types import RawMail
from channels.types import TransportError
from tests.channels.gmail.mails import mail


class Shelf:
    """Keeps each mail once, as the desk does."""

    def __init__(self) -> None:
        self.mails: dict[str, RawMail] = {}
        self.broken: set[str] = set()

    def store(self, found: RawMail) -> None:
        if found.gmail_id in self.broken:
            raise ValueError("cannot be stored")
        self.mails[found.gmail_id] = found


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


def deliver(double: GmailDouble, count: int, **options: Any) -> list[str]:
    return [
        double.deliver(mail(message_id=f"<m{number}@x>"), **options).gmail_id
        for number in range(count)
    ]


def test_it_stores_what_arrived_since_the_cursor_in_order(
    client: GmailClient, double: GmailDouble, shelf: Shelf
) -> None:
    deliver(double, 2)
    cursor = client.profile().history_id
    ids = deliver(double, 3)
    result = sync(client, cursor, shelf.store)
    assert list(shelf.mails) == ids
    assert result.cursor == double.mailbox.history_id
    assert (result.stored, result.gone, result.failed, result.full) == (3, 0, (), False)
    again = sync(client, result.cursor, shelf.store)
    assert (again.stored, again.cursor) == (0, result.cursor)


def test_it_follows_every_page(
    client: GmailClient, double: GmailDouble, shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("channels.gmail.client.PAGE_SIZE", 4)
    cursor = client.profile().history_id
    ids = deliver(double, 10)
    result = sync(client, cursor, shelf.store)
    assert list(shelf.mails) == ids
    assert double.calls["history"] == 3
    assert result.cursor == double.mailbox.history_id


def test_a_page_that_fails_keeps_the_cursor_and_loses_nothing(
    client: GmailClient, double: GmailDouble, shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("channels.gmail.client.PAGE_SIZE", 4)
    cursor = client.profile().history_id
    ids = deliver(double, 6)
    real = client.history
    pages = iter([False, True])

    def history(start_id: int, page_token: str = "") -> Any:
        if next(pages):
            double.faults.queue("history", Fault.UNAVAILABLE_BEFORE)
        return real(start_id, page_token)

    monkeypatch.setattr(client, "history", history)
    with pytest.raises(TransportError):
        sync(client, cursor, shelf.store)
    monkeypatch.undo()
    assert sync(client, cursor, shelf.store).stored == 6
    assert sorted(shelf.mails) == sorted(ids)


def test_case_1_a_mail_that_is_named_twice_is_fetched_once(
    client: GmailClient, double: GmailDouble, shelf: Shelf
) -> None:
    cursor = client.profile().history_id
    (gmail_id,) = deliver(double, 1)
    double.mailbox.rescue_from_spam(gmail_id)
    assert sync(client, cursor, shelf.store).stored == 1
    assert double.calls["get"] == 1


def test_mail_rescued_from_spam_is_taken_in(
    client: GmailClient, double: GmailDouble, shelf: Shelf
) -> None:
    cursor = client.profile().history_id
    (gmail_id,) = deliver(double, 1, labels=("SPAM",))
    result = sync(client, cursor, shelf.store)
    assert not shelf.mails
    double.mailbox.rescue_from_spam(gmail_id)
    sync(client, result.cursor, shelf.store)
    assert list(shelf.mails) == [gmail_id]


def test_drafts_are_not_taken_in_and_sent_mail_is(
    client: GmailClient, double: GmailDouble, shelf: Shelf
) -> None:
    cursor = client.profile().history_id
    double.mailbox.create_draft(mail())
    sent = double.mailbox.send(mail(message_id="<s@x>"))
    sync(client, cursor, shelf.store)
    assert list(shelf.mails) == [sent.gmail_id]


def test_a_message_that_was_deleted_is_final(
    client: GmailClient, double: GmailDouble, shelf: Shelf
) -> None:
    cursor = client.profile().history_id
    ids = deliver(double, 3)
    double.mailbox.delete(ids[1])
    result = sync(client, cursor, shelf.store)
    assert (result.stored, result.gone, result.failed) == (2, 1, ())
    assert result.cursor == double.mailbox.history_id


def test_case_28_one_mail_that_cannot_be_stored_does_not_stop_the_next(
    client: GmailClient, double: GmailDouble, shelf: Shelf
) -> None:
    cursor = client.profile().history_id
    ids = deliver(double, 3)
    shelf.broken = {ids[1]}
    result = sync(client, cursor, shelf.store)
    assert list(shelf.mails) == [ids[0], ids[2]]
    assert result.failed == (ids[1],)
    assert result.cursor == cursor
    shelf.broken = set()
    assert sync(client, cursor, shelf.store).cursor == double.mailbox.history_id
    assert sorted(shelf.mails) == sorted(ids)


@pytest.mark.parametrize(
    "fault", [Fault.UNAVAILABLE_BEFORE, Fault.TIMEOUT_BEFORE, Fault.RESET_AFTER, Fault.CLOSE_AFTER]
)
def test_one_mail_that_cannot_be_fetched_comes_next_time(
    client: GmailClient, double: GmailDouble, shelf: Shelf, fault: Fault
) -> None:
    cursor = client.profile().history_id
    ids = deliver(double, 3)
    double.faults.queue("get", fault)
    result = sync(client, cursor, shelf.store)
    assert result.failed == (ids[0],)
    assert result.cursor == cursor
    sync(client, cursor, shelf.store)
    assert sorted(shelf.mails) == sorted(ids)


def test_a_limit_ends_the_sync(client: GmailClient, double: GmailDouble, shelf: Shelf) -> None:
    cursor = client.profile().history_id
    deliver(double, 3)
    double.faults.queue("get", Fault.RATE_LIMITED)
    with pytest.raises(RateLimited):
        sync(client, cursor, shelf.store)
    assert double.calls["get"] == 1


def test_case_34_two_days_away_are_caught_up_from_the_list(
    client: GmailClient, double: GmailDouble, shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("channels.gmail.client.PAGE_SIZE", 7)
    cursor = client.profile().history_id
    now = datetime.now(UTC)
    ids = []
    for hours in range(48, 0, -2):
        at = (now - timedelta(hours=hours)).timestamp()
        raw = mail(message_id=f"<h{hours}@x>")
        ids.append(double.deliver(raw, received_at=at).gmail_id)
    double.mailbox.create_draft(mail())
    deliver(double, 1, labels=("SPAM",))
    double.mailbox.expire_history()
    result = sync(client, cursor, shelf.store)
    assert result.full
    assert list(shelf.mails) == ids
    assert result.cursor == double.mailbox.history_id
    later = deliver(double, 1)
    sync(client, result.cursor, shelf.store)
    assert list(shelf.mails) == ids + later


def test_what_arrives_during_a_full_sync_is_in_the_next(
    client: GmailClient, double: GmailDouble, shelf: Shelf
) -> None:
    first = deliver(double, 2)
    during: list[str] = []

    def store(found: RawMail) -> None:
        if not during:
            during.extend(deliver(double, 1))
        shelf.store(found)

    result = sync(client, None, store)
    assert result.full
    sync(client, result.cursor, shelf.store)
    assert sorted(shelf.mails) == sorted(first + during)


def test_case_35_a_revoked_token_ends_the_sync_and_recovery_catches_up(
    client: GmailClient, double: GmailDouble, shelf: Shelf
) -> None:
    cursor = client.profile().history_id
    ids = deliver(double, 3)
    double.tokens.revoke_all()
    double.tokens.invalid_grant = True
    with pytest.raises(CredentialsRefused):
        sync(client, cursor, shelf.store)
    double.tokens.invalid_grant = False
    assert sync(client, cursor, shelf.store).failed == ()
    assert list(shelf.mails) == ids


@pytest.mark.parametrize("seed", range(3))
def test_in_a_storm_nothing_is_lost(
    client: GmailClient, double: GmailDouble, shelf: Shelf, seed: int
) -> None:
    cursor = client.profile().history_id
    double.faults.seed(seed)
    for fault in (Fault.UNAVAILABLE_BEFORE, Fault.RESET_AFTER, Fault.CLOSE_BEFORE):
        double.faults.chance("get", fault, 0.05)
        double.faults.chance("history", fault, 0.1)
    ids: list[str] = []
    for _ in range(40):
        ids += deliver(double, 2)
        try:
            result = sync(client, cursor, shelf.store)
        except TransportError:
            continue
        assert result.cursor is not None
        assert result.cursor >= cursor
        cursor = result.cursor
    double.faults.clear()
    sync(client, cursor, shelf.store)
    assert sorted(shelf.mails) == sorted(ids)
