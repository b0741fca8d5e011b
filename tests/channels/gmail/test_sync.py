"""The mailbox is followed without a gap, whatever happens on the way."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from channels.gmail.client import GmailClient
from channels.gmail.double import Fault, GmailDouble
from channels.gmail.errors import CredentialsRefused, RateLimited
from channels.gmail.records import MessageRef
from channels.gmail.sync import follow
from channels.types import TransportError
from tests.channels.gmail.mails import mail


class Names:
    """Keeps each name once, as the desk does."""

    def __init__(self) -> None:
        self.kept: list[str] = []

    def announce(self, refs: Sequence[MessageRef]) -> None:
        self.kept += [ref.gmail_id for ref in refs if ref.gmail_id not in self.kept]


@pytest.fixture
def names() -> Names:
    return Names()


def deliver(double: GmailDouble, count: int, **options: Any) -> list[str]:
    return [
        double.deliver(mail(message_id=f"<m{number}@x>"), **options).gmail_id
        for number in range(count)
    ]


def test_it_announces_what_arrived_since_the_cursor_in_order(
    client: GmailClient, double: GmailDouble, names: Names
) -> None:
    deliver(double, 2)
    cursor = client.profile().history_id
    ids = deliver(double, 3)
    followed = follow(client, cursor, names.announce)
    assert names.kept == ids
    assert (followed.cursor, followed.found, followed.full) == (
        double.mailbox.history_id,
        3,
        False,
    )
    again = follow(client, followed.cursor, names.announce)
    assert (again.found, again.cursor) == (0, followed.cursor)
    assert double.calls["get"] == 0  # names only: no mail holds up the cursor


def test_it_follows_every_page(
    client: GmailClient, double: GmailDouble, names: Names, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("channels.gmail.client.PAGE_SIZE", 4)
    cursor = client.profile().history_id
    ids = deliver(double, 10)
    followed = follow(client, cursor, names.announce)
    assert names.kept == ids
    assert double.calls["history"] == 3
    assert followed.cursor == double.mailbox.history_id


def test_a_page_that_fails_holds_up_none_before_it_and_loses_none_after_it(
    client: GmailClient, double: GmailDouble, names: Names, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("channels.gmail.client.PAGE_SIZE", 4)
    cursor = client.profile().history_id
    ids = deliver(double, 6)

    def announce(refs: Sequence[MessageRef]) -> None:
        names.announce(refs)
        double.faults.queue("history", Fault.UNAVAILABLE_BEFORE)

    with pytest.raises(TransportError):
        follow(client, cursor, announce)
    assert names.kept == ids[:4]
    double.faults.clear()
    assert follow(client, cursor, names.announce).cursor == double.mailbox.history_id
    assert names.kept == ids


def test_mail_rescued_from_spam_is_announced(
    client: GmailClient, double: GmailDouble, names: Names
) -> None:
    cursor = client.profile().history_id
    (gmail_id,) = deliver(double, 1, labels=("SPAM",))
    followed = follow(client, cursor, names.announce)
    assert not names.kept
    double.mailbox.rescue_from_spam(gmail_id)
    follow(client, followed.cursor, names.announce)
    assert names.kept == [gmail_id]


def test_drafts_are_not_announced_and_sent_mail_is(
    client: GmailClient, double: GmailDouble, names: Names
) -> None:
    cursor = client.profile().history_id
    double.mailbox.create_draft(mail())
    sent = double.mailbox.send(mail(message_id="<s@x>"))
    follow(client, cursor, names.announce)
    assert names.kept == [sent.gmail_id]


def test_a_limit_ends_the_sync(client: GmailClient, double: GmailDouble, names: Names) -> None:
    cursor = client.profile().history_id
    deliver(double, 3)
    double.faults.queue("history", Fault.RATE_LIMITED)
    with pytest.raises(RateLimited):
        follow(client, cursor, names.announce)
    assert double.calls["history"] == 1


def test_case_34_two_days_away_are_caught_up_from_the_list(
    client: GmailClient, double: GmailDouble, names: Names, monkeypatch: pytest.MonkeyPatch
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
    followed = follow(client, cursor, names.announce)
    assert followed.full
    assert names.kept == ids
    assert followed.cursor == double.mailbox.history_id
    later = deliver(double, 1)
    follow(client, followed.cursor, names.announce)
    assert names.kept == ids + later


def test_what_arrives_during_a_full_sync_is_in_the_next(
    client: GmailClient, double: GmailDouble, names: Names
) -> None:
    first = deliver(double, 2)
    during: list[str] = []

    def announce(refs: Sequence[MessageRef]) -> None:
        during.extend(deliver(double, 1))
        names.announce(refs)

    followed = follow(client, None, announce)
    assert followed.full
    assert names.kept == first
    follow(client, followed.cursor, names.announce)
    assert names.kept == first + during


def test_case_35_a_revoked_token_ends_the_sync_and_recovery_catches_up(
    client: GmailClient, double: GmailDouble, names: Names
) -> None:
    cursor = client.profile().history_id
    ids = deliver(double, 3)
    double.tokens.revoke_all()
    double.tokens.invalid_grant = True
    with pytest.raises(CredentialsRefused):
        follow(client, cursor, names.announce)
    double.tokens.invalid_grant = False
    follow(client, cursor, names.announce)
    assert names.kept == ids


@pytest.mark.parametrize("seed", range(3))
def test_in_a_storm_nothing_is_passed_by(
    client: GmailClient,
    double: GmailDouble,
    names: Names,
    seed: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("channels.gmail.client.PAGE_SIZE", 3)
    cursor = client.profile().history_id
    double.faults.seed(seed)
    for fault in (Fault.UNAVAILABLE_BEFORE, Fault.RESET_AFTER, Fault.CLOSE_BEFORE):
        double.faults.chance("history", fault, 0.1)
    ids: list[str] = []
    for _ in range(40):
        ids += deliver(double, 2)
        try:
            followed = follow(client, cursor, names.announce)
        except TransportError:
            continue
        assert followed.cursor >= cursor
        cursor = followed.cursor
    double.faults.clear()
    follow(client, cursor, names.announce)
    assert sorted(names.kept) == sorted(ids)
