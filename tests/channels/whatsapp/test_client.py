"""The real Twilio library against the double, over loopback, in every way it can go wrong."""

import socket
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from channels.types import OutcomeUnknown, RateLimited, TransportError
from channels.whatsapp.client import PAGE_SIZE, TwilioClient, client_from_settings
from channels.whatsapp.double.faults import Fault
from channels.whatsapp.double.server import DoubleServer
from channels.whatsapp.errors import Refused
from channels.whatsapp.sending import callback_url, send_parts
from channels.whatsapp.splitting import split_text
from tests.channels.whatsapp.cast import ACCOUNT, ALICE, SENDER, TOKEN


@pytest.fixture(autouse=True)
def alice_wrote(double: DoubleServer) -> None:
    double.receive(ALICE, "Hello", silently=True)


def posts(double: DoubleServer) -> int:
    return sum(request.method == "POST" for request in double.provider.books.requests)


def test_a_send_is_one_request_and_returns_the_sid(
    client: TwilioClient, double: DoubleServer
) -> None:
    sid = client.send_text(ALICE, "Under Settings. 🙂", callback_url("d-1"))
    [sent] = double.provider.books.sends()
    assert (sent.sid, sent.body, sent.token) == (sid, "Under Settings. 🙂", "d-1")
    assert posts(double) == 1


@pytest.mark.parametrize("fault", list(Fault))
def test_exactly_one_post_a_call_whatever_happens(
    client: TwilioClient, double: DoubleServer, fault: Fault
) -> None:
    double.provider.faults.script("send", [fault])
    expected = RateLimited if fault is Fault.RATE_LIMIT else OutcomeUnknown
    with pytest.raises(expected) as raised:
        client.send_text(ALICE, "Once.", callback_url("d-1"))
    assert posts(double) == 1
    assert double.provider.books.sends_by_token() == Counter({"d-1": 1} if fault.accepts else {})
    # Who does not know OutcomeUnknown must not repeat it; a 429 may be repeated.
    assert raised.value.permanent is (fault is not Fault.RATE_LIMIT)
    assert "Once." not in str(raised.value)
    assert double.provider.courier.wait_until_idle()


def test_many_calls_under_random_faults_are_one_post_each(
    client: TwilioClient, double: DoubleServer
) -> None:
    quick = [fault for fault in Fault if fault.manner != "timeout"]
    double.provider.faults.set_rates("send", dict.fromkeys(quick, 0.1))
    outcomes: Counter[str] = Counter()
    for number in range(150):
        token = f"d-{number}"
        try:
            client.send_text(ALICE, f"Number {number}", callback_url(token))
        except TransportError as error:
            outcomes[type(error).__name__] += 1
        else:
            outcomes["sent"] += 1
            assert double.provider.books.sends_by_token()[token] == 1
    assert posts(double) == 150
    assert set(double.provider.books.sends_by_token().values()) == {1}
    assert set(outcomes) == {"sent", "OutcomeUnknown", "RateLimited"}


def test_a_429_says_how_long_to_wait(client: TwilioClient, double: DoubleServer) -> None:
    double.provider.conduct.retry_after = 17
    double.provider.faults.script("send", ["rate_limit"])
    with pytest.raises(RateLimited) as raised:
        client.send_text(ALICE, "x", callback_url("d-1"))
    assert raised.value.retry_after == timedelta(seconds=17)


def test_a_refused_connection_may_be_tried_again() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    client = TwilioClient(
        account_sid=ACCOUNT,
        auth_token=TOKEN,
        sender=SENDER,
        api_base=f"http://127.0.0.1:{port}",
    )
    with pytest.raises(TransportError) as raised:
        client.send_text(ALICE, "x", callback_url("d-1"))
    assert not raised.value.permanent
    assert not isinstance(raised.value, OutcomeUnknown)


@pytest.mark.parametrize(
    ("to", "body", "code"),
    [
        ("whatsapp:+12", "x", 21211),
        (ALICE, "x" * 1601, 21617),
        ("whatsapp:+4915100000000", "x", 21610),
    ],
)
def test_what_the_provider_refuses_is_permanent_with_a_sentence(
    client: TwilioClient, double: DoubleServer, to: str, body: str, code: int
) -> None:
    double.provider.books.opted_out.add("whatsapp:+4915100000000")
    with pytest.raises(Refused) as raised:
        client.send_text(to, body, callback_url("d-1"))
    assert raised.value.permanent
    assert raised.value.code == code
    assert len(str(raised.value)) > 20
    assert body not in str(raised.value)
    assert not double.provider.books.sends()


def test_case_41_free_text_past_the_window_is_refused_and_a_template_is_taken(
    client: TwilioClient, double: DoubleServer
) -> None:
    stranger = "whatsapp:+4915199999999"
    double.receive(stranger, "Hi", at=datetime.now(UTC) - timedelta(hours=25), silently=True)
    double.provider.conduct.refuse_window_at_once = True
    with pytest.raises(Refused, match="24 hours") as raised:
        client.send_text(stranger, "Too late", callback_url("d-1"))
    assert raised.value.code == 63016
    sid = client.send_template(stranger, "HX1", {"1": "Zoë"}, callback_url("d-2"))
    [sent] = double.provider.books.sends()
    assert (sent.sid, sent.content_variables) == (sid, '{"1": "Zoë"}')


def test_a_wrong_token_is_permanent_and_names_the_setting(double: DoubleServer) -> None:
    client = TwilioClient(
        account_sid=ACCOUNT, auth_token="wrong", sender=SENDER, api_base=double.base
    )
    with pytest.raises(Refused, match="TWILIO_AUTH_TOKEN"):
        client.send_text(ALICE, "x", callback_url("d-1"))


def test_a_listing_is_read_over_all_pages(
    client: TwilioClient, double: DoubleServer, account: Any
) -> None:
    for number in range(2 * PAGE_SIZE + 5):
        double.receive(ALICE, f"m{number}", silently=True)
    double.receive("whatsapp:+4915100000001", "somebody else", silently=True)
    since = datetime.now(UTC) - timedelta(minutes=1)
    listed = client_from_settings().list_messages(to=SENDER, from_=ALICE, date_sent_after=since)
    assert len(listed) == 2 * PAGE_SIZE + 6
    assert listed[0].body == f"m{2 * PAGE_SIZE + 4}"
    assert not listed[0].outgoing
    assert listed[0].created_at.tzinfo is not None
    later = datetime.now(UTC) + timedelta(minutes=1)
    assert client.list_messages(to=SENDER, date_sent_after=later) == []


@pytest.mark.parametrize("fault", ["unavailable_before", "close_before", "timeout_before"])
def test_a_failed_question_may_be_asked_again(
    client: TwilioClient, double: DoubleServer, fault: str
) -> None:
    double.provider.faults.script("read", [fault])
    with pytest.raises(TransportError) as raised:
        client.list_messages(to=SENDER)
    assert not raised.value.permanent
    assert not isinstance(raised.value, OutcomeUnknown)


def test_one_message_is_fetched_and_an_unknown_one_refused(
    client: TwilioClient, double: DoubleServer
) -> None:
    sid = client.send_text(ALICE, "Hello", callback_url("d-1"))
    assert client.fetch_message(sid).body == "Hello"
    with pytest.raises(Refused) as raised:
        client.fetch_message("SM" + "0" * 32)
    assert raised.value.code == 20404


def test_case_45_parts_leave_in_order_and_stop_at_the_first_failure(
    client: TwilioClient, double: DoubleServer
) -> None:
    parts = split_text("This is a sentence of the answer. " * 150)
    assert len(parts) > 3
    recorded: dict[int, str] = {}
    double.provider.faults.script("send", [None, None, "rate_limit"])

    def send(first: int) -> None:
        send_parts(
            client,
            parts,
            lambda index: callback_url(f"d-{index}"),
            to=ALICE,
            record=recorded.__setitem__,
            first=first,
        )

    with pytest.raises(RateLimited):
        send(0)
    assert list(recorded) == [0, 1]
    send(len(recorded))
    sends = double.provider.books.sends()
    assert [sent.body for sent in sends] == parts
    assert [sent.sid for sent in sends] == list(recorded.values())
    assert set(double.provider.books.sends_by_token().values()) == {1}


def test_neither_text_nor_number_is_logged(
    client: TwilioClient, double: DoubleServer, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("INFO"):
        client.send_text(ALICE, "A secret", callback_url("d-1"))
        client.list_messages(to=ALICE)
    assert "secret" not in caplog.text
    assert "15112345678" not in caplog.text
