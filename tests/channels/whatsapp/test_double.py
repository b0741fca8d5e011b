"""The double itself: what it carries to the desk, and what it can be told."""

import json
import subprocess
import sys
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from channels.whatsapp.client import TwilioClient
from channels.whatsapp.double.server import DoubleServer
from channels.whatsapp.forms import parse_form
from channels.whatsapp.inbound import parse_inbound, parse_status
from channels.whatsapp.sending import callback_url
from channels.whatsapp.signature import read_signed
from channels.whatsapp.status import advance
from tests.channels.whatsapp.cast import ALICE, PUBLIC_URL, USER_ID
from tests.channels.whatsapp.sink import Sink, listening

WEBHOOK = f"{PUBLIC_URL}/api/v1/webhooks/whatsapp"


@pytest.fixture
def desk(double: DoubleServer) -> Iterator[Sink]:
    with listening() as sink:
        double.provider.conduct.inbound_url = WEBHOOK
        double.provider.courier.deliver_to = sink.base
        yield sink


def settle(double: DoubleServer) -> None:
    assert double.provider.courier.wait_until_idle()


def callbacks(desk: Sink) -> list[tuple[str, str, int | None]]:
    read = [
        parse_status(parse_form(taken.body), {"delivery": taken.path.partition("=")[2]})
        for taken in desk.taken
    ]
    return [(each.delivery_token, each.status, each.error_code) for each in read]


def test_case_52_what_the_double_signs_behind_a_proxy_is_accepted(
    double: DoubleServer, desk: Sink, client: TwilioClient
) -> None:
    double.receive(ALICE, " Grüße & 🙂 ", parameters={"NewParameter": ""})
    settle(double)
    client.send_text(ALICE, "Hello", callback_url("d-1"))
    settle(double)
    assert len(desk.taken) == 5  # one message, four statuses
    assert {taken.host for taken in desk.taken} == {"desk.example.com"}
    for taken in desk.taken:
        assert read_signed(taken.path, taken.body, taken.signature)
        assert read_signed(taken.path + "&more=1", taken.body, taken.signature) is None
    assert parse_inbound(parse_form(desk.taken[0].body)).text == "Grüße & 🙂"
    assert {attempt.answer for attempt in double.provider.books.attempts} == {200}


def test_case_37_a_duplicated_webhook_is_the_same_message(double: DoubleServer, desk: Sink) -> None:
    double.provider.faults.script("inbound", ["duplicate"])
    message = double.receive(ALICE, "Hello")
    settle(double)
    read = [parse_inbound(parse_form(taken.body)) for taken in desk.taken]
    assert [each.external_id for each in read] == [f"whatsapp:{message.sid}"] * 2


def test_case_47_a_person_without_a_number_writes_and_is_answered(
    double: DoubleServer, desk: Sink, client: TwilioClient
) -> None:
    double.receive(f"whatsapp:{USER_ID}", "Hello")
    settle(double)
    identity = parse_inbound(parse_form(desk.taken[0].body)).from_identity
    client.send_text(identity.address, "Hello!", callback_url("d-1"))
    assert double.provider.books.sends()[0].to_address == f"whatsapp:{USER_ID}"


def test_dropped_and_late_webhooks(double: DoubleServer, desk: Sink) -> None:
    double.provider.faults.script("inbound", ["drop", "reorder", None])
    for text in ("lost", "late", "first"):
        double.receive(ALICE, text)
    settle(double)
    assert [parse_inbound(parse_form(t.body)).text for t in desk.taken] == ["first", "late"]
    assert sum(attempt.dropped for attempt in double.provider.books.attempts) == 1
    assert len(double.provider.books.messages()) == 3  # the listing still has it


def test_case_43_disturbed_callbacks_still_end_at_read(
    double: DoubleServer, desk: Sink, client: TwilioClient
) -> None:
    double.receive(ALICE, "Hello", silently=True)
    double.provider.faults.script("callback", ["duplicate", None, "reorder", "reorder"])
    client.send_text(ALICE, "Hello", callback_url("d-1"))
    settle(double)
    arrived = [status for _, status, _ in callbacks(desk)]
    assert arrived.index("read") < arrived.index("sent")
    current = ""
    for status in arrived:
        current = advance(current, status) or current
    assert current == "read"


def test_case_41_free_text_past_the_window_fails_by_callback(
    double: DoubleServer, desk: Sink, client: TwilioClient
) -> None:
    client.send_text(ALICE, "She never wrote", callback_url("d-1"))
    settle(double)
    assert callbacks(desk) == [("d-1", "queued", None), ("d-1", "undelivered", 63016)]
    assert double.provider.books.sends()[0].error_code == 63016


def test_case_44_an_undeliverable_message_is_reported(
    double: DoubleServer, desk: Sink, client: TwilioClient
) -> None:
    double.receive(ALICE, "Hello", silently=True)
    double.provider.failing[ALICE] = 63024
    client.send_text(ALICE, "Hello", callback_url("d-1"))
    settle(double)
    assert callbacks(desk)[-1] == ("d-1", "undelivered", 63024)


def test_the_same_seed_draws_the_same_faults(double: DoubleServer) -> None:
    plan = double.provider.faults
    plan.set_rates("send", {"reset_after": 0.2, "rate_limit": 0.1})
    runs = []
    for _run in range(2):
        plan.reseed(11)
        runs.append([plan.next_fault("send") for _draw in range(400)])
    assert runs[0] == runs[1]
    counted = Counter(runs[0])
    assert 50 < counted["reset_after"] < 110
    assert 20 < counted["rate_limit"] < 65


def test_it_runs_as_a_program_and_is_steered_over_http() -> None:
    program = subprocess.Popen(
        [sys.executable, "-m", "channels.whatsapp.double", "--port", "0"],
        cwd=Path(__file__).parents[3],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert program.stdout is not None
        base = program.stdout.readline().strip()
        order = {
            "seed": 5,
            "rates": {"send": {"reset_after": 0.05}, "callback": {"drop": 0.1}},
            "script": {"inbound": ["duplicate", None]},
            "opted_out": [ALICE],
            "conduct": {"hold_seconds": 1, "statuses": ["sent"]},
        }
        assert ask(f"{base}/_control", order) == {}
        sid = ask(f"{base}/_inbound", {"from": ALICE, "body": "Hi"})["sid"]
        books = ask(f"{base}/_books")
        assert [message["sid"] for message in books["messages"]] == [sid]
        assert books["opted_out"] == [ALICE]
        with pytest.raises(urllib.error.HTTPError) as refused:
            ask(f"{base}/_control", {"rates": {"send": {"explode": 1}}})
        with refused.value:
            assert refused.value.code == 400
    finally:
        program.terminate()
        program.wait(10)
        if program.stdout is not None:
            program.stdout.close()
    assert program.returncode == 0


def ask(url: str, order: Any = None) -> Any:
    body = None if order is None else json.dumps(order).encode()
    with urllib.request.urlopen(url, body, timeout=5) as answer:  # noqa: S310  our own double
        return json.load(answer)
