"""The client against the double over loopback, in every way that it can go wrong."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from channels.gmail.client import DELIVERY_HEADER, GmailClient
from channels.gmail.compose import compose_mail
from channels.gmail.double import Fault, GmailDouble
from channels.gmail.double.tokens import SigningKey
from channels.gmail.errors import (
    CredentialsRefused,
    HistoryTooOld,
    NotFound,
    OutcomeUnknown,
    RateLimited,
)
from channels.gmail.outcome import Outcome, find_outcome
from channels.gmail.types import OutgoingMail
from channels.types import TransportError
from tests.channels.gmail.mails import RECEIVED, mail

UNHEARD = [
    Fault.UNAVAILABLE_BEFORE,
    Fault.UNAVAILABLE_AFTER,
    Fault.TIMEOUT_BEFORE,
    Fault.TIMEOUT_AFTER,
    Fault.RESET_BEFORE,
    Fault.RESET_AFTER,
    Fault.CLOSE_BEFORE,
    Fault.CLOSE_AFTER,
    Fault.GARBLED_AFTER,
]


def reply(delivery_id: str = "d-1", **changes: Any) -> bytes:
    outgoing = OutgoingMail(
        delivery_id=delivery_id,
        to_address="alice@example.com",
        subject="A question",
        text="Press the button.",
        in_reply_to="<a1@mail.example.com>",
        **changes,
    )
    return compose_mail(outgoing, now=RECEIVED)


def test_it_reads_profile_watch_messages_and_threads(
    client: GmailClient, double: GmailDouble
) -> None:
    stored = double.deliver(mail())
    profile = client.profile()
    assert profile.email_address == double.mailbox.address
    assert profile.history_id == double.mailbox.history_id
    assert client.watch().expires_at.year >= 2026
    fetched = client.get_raw(stored.gmail_id)
    assert fetched.raw == mail()
    assert fetched.thread_id == stored.thread_id
    assert set(fetched.label_ids) == {"INBOX", "UNREAD"}
    assert abs(fetched.received_at.timestamp() * 1000 - stored.internal_date) < 1
    headers = client.get_thread_headers(stored.thread_id)
    assert headers[0].fields["message-id"] == "<a1@mail.example.com>"


def test_a_reply_goes_out_as_a_draft_that_is_sent_once(
    client: GmailClient, double: GmailDouble
) -> None:
    question = double.deliver(mail())
    draft = client.create_draft(reply(), question.thread_id)
    assert client.get_draft(draft.draft_id).draft_id == draft.draft_id
    assert client.find_sent("d-1", thread_id=question.thread_id) is None
    sent = client.send_draft(draft.draft_id)
    assert sent.thread_id == question.thread_id
    assert client.find_sent("d-1", thread_id=question.thread_id) == sent
    assert client.find_sent("d-1") is not None
    assert client.find_sent("d-2", thread_id=question.thread_id) is None
    assert double.sent_per_delivery() == {"d-1": 1}
    with pytest.raises(NotFound):
        client.get_draft(draft.draft_id)
    with pytest.raises(NotFound):
        client.send_draft(draft.draft_id)
    assert double.sent_per_delivery() == {"d-1": 1}


@pytest.mark.parametrize("fault", UNHEARD)
def test_a_draft_is_posted_once_whatever_happens(
    client: GmailClient, double: GmailDouble, fault: Fault
) -> None:
    client.profile()  # a kept-alive connection, the case in which clients like to repeat
    double.faults.queue("create_draft", fault)
    with pytest.raises(OutcomeUnknown):
        client.create_draft(reply())
    assert double.calls["create_draft"] == 1
    assert len(double.mailbox.drafts) == (1 if fault.takes_effect else 0)
    assert (client.find_draft("d-1") is not None) == fault.takes_effect


@pytest.mark.parametrize("fault", UNHEARD)
def test_a_send_is_posted_once_and_its_outcome_found(
    client: GmailClient, double: GmailDouble, fault: Fault
) -> None:
    question = double.deliver(mail())
    draft = client.create_draft(reply(), question.thread_id)
    double.faults.queue("send_draft", fault)
    with pytest.raises(OutcomeUnknown):
        client.send_draft(draft.draft_id)
    assert double.calls["send_draft"] == 1
    found = find_outcome(
        client, delivery_id="d-1", draft_id=draft.draft_id, thread_id=question.thread_id
    )
    if fault.takes_effect:
        assert found.outcome is Outcome.SENT
        assert double.sent_per_delivery() == {"d-1": 1}
    else:
        assert found.outcome is Outcome.WAITING
        client.send_draft(draft.draft_id)
        assert double.sent_per_delivery() == {"d-1": 1}


def test_a_draft_that_vanished_unsent_is_for_a_person(
    client: GmailClient, double: GmailDouble
) -> None:
    draft = client.create_draft(reply())
    double.mailbox.drafts.clear()
    double.mailbox.messages.clear()
    found = find_outcome(client, delivery_id="d-1", draft_id=draft.draft_id)
    assert found.outcome is Outcome.UNCLEAR


def test_a_lost_draft_id_is_found_again(client: GmailClient, double: GmailDouble) -> None:
    double.faults.queue("create_draft", Fault.CLOSE_AFTER)
    with pytest.raises(OutcomeUnknown):
        client.create_draft(reply())
    found = find_outcome(client, delivery_id="d-1")
    assert found.outcome is Outcome.WAITING
    assert found.draft is not None
    client.send_draft(found.draft.draft_id)
    assert double.sent_per_delivery() == {"d-1": 1}


@pytest.mark.parametrize("fault", UNHEARD)
def test_a_read_that_fails_may_be_repeated(
    client: GmailClient, double: GmailDouble, fault: Fault
) -> None:
    double.faults.queue("profile", fault)
    with pytest.raises(TransportError) as caught:
        client.profile()
    assert not caught.value.permanent
    assert not isinstance(caught.value, OutcomeUnknown)
    assert double.calls["profile"] == 1
    client.profile()


@pytest.mark.parametrize("operation", ["profile", "create_draft"])
def test_a_limit_says_when_to_come_again(
    client: GmailClient, double: GmailDouble, operation: str
) -> None:
    call: Callable[[], object] = {
        "profile": client.profile,
        "create_draft": lambda: client.create_draft(reply()),
    }[operation]
    double.faults.queue(operation, Fault.RATE_LIMITED, Fault.USER_RATE_LIMITED)
    with pytest.raises(RateLimited) as caught:
        call()
    assert caught.value.retry_after == 7
    assert not caught.value.permanent
    with pytest.raises(RateLimited) as caught:
        call()
    assert caught.value.retry_after == 30


@pytest.mark.parametrize(
    ("field", "seconds"), [("90000", 21_600), ("-3", 1), ("soon", 30), ("inf", 30), ("0.2", 1)]
)
def test_strange_waits_are_bounded(
    client: GmailClient, double: GmailDouble, field: str, seconds: float
) -> None:
    double.retry_after = field
    double.faults.queue("profile", Fault.RATE_LIMITED)
    with pytest.raises(RateLimited) as caught:
        client.profile()
    assert caught.value.retry_after == seconds


def test_a_server_that_is_away_has_not_taken_the_reply(double: GmailDouble, settings: Any) -> None:
    with GmailDouble() as away:
        settings.GMAIL_API_BASE = away.url
    with GmailClient() as client, pytest.raises(TransportError) as caught:
        client.create_draft(reply())
    assert double.calls["token"] == 1
    assert not isinstance(caught.value, OutcomeUnknown)
    assert not caught.value.permanent


def test_a_kept_connection_that_ended_is_not_written_to(settings: Any) -> None:
    with GmailDouble() as going:
        for name, value in going.settings().items():
            setattr(settings, name, value)
        client = GmailClient()
        client.profile()
    with client, pytest.raises(TransportError) as caught:
        client.create_draft(reply())
    assert not isinstance(caught.value, OutcomeUnknown)
    assert going.calls["create_draft"] == 0


def test_case_34_history_pages_and_a_cursor_that_is_too_old(
    client: GmailClient, double: GmailDouble
) -> None:
    start = client.profile().history_id
    for number in range(3):
        double.deliver(mail(message_id=f"<m{number}@x>"))
    page = client.history(start)
    assert len(page.messages) == 3
    assert page.next_page_token == ""
    assert client.history(page.history_id).messages == ()
    double.mailbox.expire_history()
    with pytest.raises(HistoryTooOld):
        client.history(start)


def test_a_message_that_is_gone_is_not_found(client: GmailClient, double: GmailDouble) -> None:
    stored = double.deliver(mail())
    double.mailbox.delete(stored.gmail_id)
    with pytest.raises(NotFound):
        client.get_raw(stored.gmail_id)


def test_case_35_a_revoked_grant_is_told_apart_and_recovers(
    client: GmailClient, double: GmailDouble
) -> None:
    client.profile()
    double.tokens.revoke_all()
    double.tokens.invalid_grant = True
    for call in (client.profile, lambda: client.create_draft(reply())):
        with pytest.raises(CredentialsRefused) as caught:
            call()
        assert not caught.value.permanent
        assert "double-refresh-token" not in str(caught.value)
    double.tokens.invalid_grant = False
    assert client.profile().email_address
    assert double.sent_per_delivery() == {}


def test_an_access_token_that_ran_out_is_renewed_and_the_draft_made_once(
    client: GmailClient, double: GmailDouble
) -> None:
    client.profile()
    double.tokens.revoke_all()
    client.create_draft(reply())
    assert len(double.mailbox.drafts) == 1
    assert double.calls["token"] == 2


def test_a_refusal_that_stays_is_one_of_credentials(
    client: GmailClient, double: GmailDouble
) -> None:
    double.faults.queue("profile", Fault.UNAUTHORIZED, Fault.UNAUTHORIZED)
    with pytest.raises(CredentialsRefused):
        client.profile()


@pytest.mark.parametrize("fault", [Fault.CLOSE_BEFORE, Fault.TIMEOUT_BEFORE])
def test_a_token_service_that_is_away_is_no_revocation(
    client: GmailClient, double: GmailDouble, fault: Fault
) -> None:
    double.faults.queue("token", *[fault] * 10)
    with pytest.raises(TransportError) as caught:
        client.create_draft(reply())
    assert not isinstance(caught.value, CredentialsRefused | OutcomeUnknown)
    assert not caught.value.permanent


def test_without_credentials_it_says_what_to_set(double: GmailDouble, settings: Any) -> None:
    for name in double.settings():
        setattr(settings, name, "")
    with pytest.raises(CredentialsRefused, match="GMAIL_REFRESH_TOKEN"):
        GmailClient()


def test_a_service_account_speaks_for_the_mailbox(
    double: GmailDouble, settings: Any, tmp_path: Any
) -> None:
    key = {
        "type": "service_account",
        "client_email": "desk@double.iam.gserviceaccount.com",
        "private_key": SigningKey("k").private_pem(),
        "private_key_id": "k",
        "token_uri": "https://oauth2.invalid/token",
        "project_id": "double",
    }
    file = tmp_path / "key.json"
    file.write_text(json.dumps(key))
    settings.GMAIL_SERVICE_ACCOUNT_FILE = str(file)
    settings.GMAIL_REFRESH_TOKEN = ""
    with GmailClient() as client:
        assert client.profile().email_address == double.mailbox.address
    file.write_text("{}")
    with pytest.raises(CredentialsRefused, match="GMAIL_SERVICE_ACCOUNT_FILE"):
        GmailClient()


def test_the_delivery_header_is_what_the_books_count(
    client: GmailClient, double: GmailDouble
) -> None:
    for delivery_id in ("d-1", "d-2"):
        client.send_draft(client.create_draft(reply(delivery_id)).draft_id)
    assert double.sent_per_delivery() == {"d-1": 1, "d-2": 1}
    assert DELIVERY_HEADER == "X-Allhours-Delivery"
