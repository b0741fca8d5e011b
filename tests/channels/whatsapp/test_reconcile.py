from datetime import UTC, datetime, timedelta

import pytest

from channels.types import OutcomeUnknown
from channels.whatsapp.catchup import find_missed
from channels.whatsapp.client import TwilioClient
from channels.whatsapp.double.faults import Fault
from channels.whatsapp.double.server import DoubleServer
from channels.whatsapp.inbound import parse_inbound
from channels.whatsapp.reconcile import SETTLED_AFTER, Intent, Outcome, decide, reconcile
from channels.whatsapp.sending import callback_url
from channels.whatsapp.types import Kind, ListedMessage, StatusUpdate
from tests.channels.whatsapp.cast import ALICE, SENDER

BEGAN = datetime(2026, 11, 20, 9, 30, 5, 400_000, tzinfo=UTC)
LATER = BEGAN + SETTLED_AFTER
INTENT = Intent(delivery_token="d-1", to=ALICE, text="Under  Settings.", sent_after=BEGAN)


def listed(sid: str = "SM1", **changes: object) -> ListedMessage:
    values: dict[str, object] = {
        "sid": sid,
        "outgoing": True,
        "from_address": SENDER,
        "to_address": ALICE,
        "body": "Under Settings. ",
        "status": "sent",
        "error_code": None,
        "created_at": BEGAN.replace(microsecond=0),
        **changes,
    }
    return ListedMessage(**values)  # type: ignore[arg-type]


def test_a_callback_with_our_token_proves_that_it_was_sent() -> None:
    callbacks = [
        StatusUpdate("SM8", "sent", None, "", "d-8"),
        StatusUpdate("SM1", "undelivered", 63016, "", "d-1"),
    ]
    verdict = decide(INTENT, callbacks=callbacks, listed=(), listed_at=BEGAN)
    assert (verdict.outcome, verdict.sid) == (Outcome.SENT, "SM1")


def test_an_empty_token_is_nobodys() -> None:
    nameless = Intent(delivery_token="", to=ALICE, text="x", sent_after=BEGAN)
    callbacks = [StatusUpdate("SM8", "sent", None, "", "")]
    verdict = decide(nameless, callbacks=callbacks, listed=(), listed_at=BEGAN)
    assert verdict.outcome is Outcome.UNKNOWN


def test_the_one_listed_message_that_can_be_it_was_it() -> None:
    verdict = decide(INTENT, callbacks=(), listed=[listed()], listed_at=BEGAN)
    assert (verdict.outcome, verdict.sid) == (Outcome.SENT, "SM1")


@pytest.mark.parametrize(
    "other",
    [
        listed(outgoing=False),
        listed(to_address="whatsapp:+4915199999999"),
        listed(body="Something else"),
        listed(created_at=BEGAN - timedelta(minutes=5)),
        listed("SM-of-another-delivery"),
    ],
)
def test_what_cannot_be_it_does_not_count(other: ListedMessage) -> None:
    intent = Intent("d-1", ALICE, INTENT.text, BEGAN, taken=frozenset({"SM-of-another-delivery"}))
    too_early = decide(intent, callbacks=(), listed=[other], listed_at=BEGAN)
    assert too_early.outcome is Outcome.UNKNOWN
    assert decide(intent, callbacks=(), listed=[other], listed_at=LATER).outcome is Outcome.NOT_SENT


def test_two_candidates_or_a_templates_candidate_are_for_a_person() -> None:
    both = [listed("SM1"), listed("SM2")]
    assert decide(INTENT, callbacks=(), listed=both, listed_at=LATER).outcome is Outcome.UNKNOWN
    template = Intent("d-1", ALICE, "", BEGAN)
    verdict = decide(template, callbacks=(), listed=[listed()], listed_at=LATER)
    assert verdict.outcome is Outcome.UNKNOWN


@pytest.mark.parametrize("fault", [fault for fault in Fault if fault is not Fault.RATE_LIMIT])
def test_every_lost_answer_is_cleared_up_with_the_provider(
    client: TwilioClient, double: DoubleServer, fault: Fault
) -> None:
    double.receive(ALICE, "Hello", silently=True)
    double.provider.faults.script("send", [fault])
    intent = Intent("d-1", ALICE, "Under Settings.", datetime.now(UTC))
    with pytest.raises(OutcomeUnknown):
        client.send_text(ALICE, intent.text, callback_url("d-1"))
    now = intent.sent_after + SETTLED_AFTER
    verdict = reconcile(client, intent, callbacks=(), now=now)
    if fault.accepts:
        assert (verdict.outcome, verdict.sid) == (
            Outcome.SENT,
            double.provider.books.sends()[0].sid,
        )
    else:
        assert verdict.outcome is Outcome.NOT_SENT
        client.send_text(ALICE, intent.text, callback_url("d-1"))
    assert double.provider.books.sends_by_token() == {"d-1": 1}


def test_while_the_provider_cannot_be_asked_it_stays_unknown(
    client: TwilioClient, double: DoubleServer
) -> None:
    double.provider.faults.script("read", ["unavailable_before"])
    verdict = reconcile(client, INTENT, callbacks=(), now=LATER)
    assert verdict.outcome is Outcome.UNKNOWN


def test_missed_webhooks_are_found_once_and_read_like_webhooks(
    client: TwilioClient, double: DoubleServer
) -> None:
    first = double.receive(ALICE, "one", silently=True)
    missed = double.receive(ALICE, media=[("image/png", b"\x89PNG\r\n\x1a\n")], silently=True)
    client.send_text(ALICE, "ours", callback_url("d-1"))
    found = list(
        find_missed(client, since=datetime.now(UTC), known=lambda _ids: {f"whatsapp:{first.sid}"})
    )
    [(message, parameters)] = found
    assert message.sid == missed.sid
    read = parse_inbound(parameters)
    assert (read.kind, read.from_identity.address) == (Kind.MEDIA, ALICE)
    assert read.media[0].url.startswith(double.base)
    assert read.media[0].content_type == "image/png"
