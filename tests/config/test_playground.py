"""The playground against both doubles on loopback, with webhooks that are recorded."""

import importlib
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import clear_url_caches
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]

import config.urls
from channels.gmail.double import GmailDouble
from channels.gmail.parse import parse_mail
from channels.gmail.types import RawMail
from channels.models import InboundEvent
from channels.whatsapp.double.provider import Conduct, Provider
from channels.whatsapp.double.server import DoubleServer
from config.demo import doubles, mailbox
from config.playground import ACCOUNT_SID, CLIENT_ID, customers, faults
from tests.browser import conftest as browser
from tests.browser.test_main_job import SOON, look_for_barriers
from tests.config.test_environment import check
from tickets.models import Ticket

SENDER = "whatsapp:+14155238886"
MIA = {"name": "Mia Novak", "number": "+49 1511 2345678", "address": "mia@example.com"}
HTMX = {"HX-Request": "true"}
pytestmark = pytest.mark.django_db

base_url = browser.base_url
browser_type_launch_args = browser.browser_type_launch_args
page = browser.page


@dataclass
class Recorder:
    """Answers every webhook with 200 and keeps it: path, headers, body."""

    base: str = ""
    taken: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    came: threading.Event = field(default_factory=threading.Event)


@contextmanager
def recording() -> Iterator[Recorder]:
    recorder = Recorder()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            recorder.taken.append((self.path, dict(self.headers), body))
            recorder.came.set()
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *args: object) -> None:
            """Silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.block_on_close = False
    recorder.base = f"http://127.0.0.1:{server.server_address[1]}"
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield recorder
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture
def playground(settings: Any) -> Iterator[None]:
    """The addresses as a process with PLAYGROUND=1 has them."""

    def reload() -> None:
        importlib.reload(config.urls)
        clear_url_caches()

    settings.PLAYGROUND = True
    reload()
    yield
    settings.PLAYGROUND = False
    reload()


@pytest.fixture
def webhooks() -> Iterator[Recorder]:
    with recording() as recorder:
        yield recorder


@pytest.fixture
def twilio(settings: Any, webhooks: Recorder) -> Iterator[DoubleServer]:
    provider = Provider(
        account_sid=ACCOUNT_SID,
        auth_token="token",
        sender=SENDER,
        deliver_to=webhooks.base,
        conduct=Conduct(inbound_url="http://desk.example/api/v1/webhooks/whatsapp"),
    )
    with DoubleServer(provider) as server:
        settings.TWILIO_ACCOUNT_SID = ACCOUNT_SID
        settings.TWILIO_AUTH_TOKEN = "token"
        settings.TWILIO_WHATSAPP_FROM = SENDER
        settings.TWILIO_API_BASE = server.base
        yield server


@pytest.fixture
def gmail(settings: Any, webhooks: Recorder) -> Iterator[GmailDouble]:
    double = GmailDouble("support@brightlane.example")
    double.mailbox = mailbox.begin_now("support@brightlane.example")
    with double:
        for name, value in double.settings().items():
            setattr(settings, name, value)
        settings.GMAIL_CLIENT_ID = CLIENT_ID
        double.push_to(f"{webhooks.base}/push", audience="desk", service_account="push@x.example")
        yield double


def test_is_not_there_without_its_setting(client: Client) -> None:
    for path in ("", "news/", "mail/", "chat/", "conduct/"):
        assert client.get(f"/playground/{path}").status_code == 404


@pytest.mark.parametrize(
    ("variables", "refused"),
    [
        ({}, True),
        ({"DEBUG": "1"}, False),
        ({"DEBUG": "1", "PUBLIC_URL": "https://desk.example.com"}, True),
        ({"DATABASE_URL": ""}, False),
        ({"DATABASE_URL": "", "PUBLIC_URL": "https://desk.example.com"}, True),
    ],
)
def test_never_runs_in_production(tmp_path: Path, variables: dict[str, str], refused: bool) -> None:
    result = check(tmp_path, PLAYGROUND="1", ENV_FILE="none", **variables)
    assert ("PLAYGROUND is 1" in result.stderr) == refused, result.stderr
    assert (result.returncode != 0) == refused


@pytest.mark.usefixtures("playground")
def test_a_whatsapp_message_reaches_the_double_and_is_announced(
    client: Client, twilio: DoubleServer, webhooks: Recorder
) -> None:
    sent = client.post("/playground/chat/", {**MIA, "text": "Hello?"}, headers=HTMX)
    assert (sent.status_code, sent["HX-Trigger"]) == (200, "news")
    message = twilio.provider.books.messages()[0]
    assert (message.from_address, message.body) == ("whatsapp:+4915112345678", "Hello?")

    assert webhooks.came.wait(5)
    path, headers, body = webhooks.taken[0]
    assert path == "/api/v1/webhooks/whatsapp"
    form = dict(parse_qsl(body.decode(), keep_blank_values=True))
    assert form["MessageSid"] == message.sid
    assert form["ProfileName"] == "Mia Novak"
    assert RequestValidator("token").validate(
        f"http://desk.example{path}", form, headers["X-Twilio-Signature"]
    )


@pytest.mark.usefixtures("playground")
def test_a_burst_and_a_photo(client: Client, twilio: DoubleServer) -> None:
    client.post("/playground/chat/", {**MIA, "sample": "burst", "text": ""}, headers=HTMX)
    photo = SimpleUploadedFile("cat.png", b"\x89PNG", content_type="image/png")
    client.post("/playground/chat/", {**MIA, "text": "", "file": photo}, headers=HTMX)
    messages = twilio.provider.books.messages()
    assert [message.body for message in messages[:2]] == ["Hi", "I have a question"]
    assert [media.content_type for media in messages[-1].media] == ["image/png"]


@pytest.mark.usefixtures("playground")
def test_what_cannot_be_sent_is_said(client: Client, twilio: DoubleServer) -> None:
    wrong = client.post("/playground/chat/", {**MIA, "number": "12", "text": "x"}, headers=HTMX)
    assert wrong.status_code == 422
    assert "country code" in wrong.content.decode()
    assert not twilio.provider.books.messages()


@pytest.mark.usefixtures("playground")
def test_a_mail_is_delivered_pushed_and_answered_in_its_thread(
    client: Client, gmail: GmailDouble, webhooks: Recorder
) -> None:
    form = {**MIA, "subject": "Invite\r\nBcc: x@example.com", "text": "How do I invite?"}
    file = SimpleUploadedFile("plan.txt", b"plan", content_type="text/plain")
    sent = client.post("/playground/mail/", {**form, "file": file}, headers=HTMX)
    assert sent.status_code == 200, sent.content
    (thread,) = customers.list_threads()
    (mail,) = thread.mails
    assert mail.subject == "Invite Bcc: x@example.com"
    assert (mail.address, mail.files, mail.from_desk) == (MIA["address"], ("plan.txt",), False)
    assert webhooks.came.wait(5)
    assert json.loads(webhooks.taken[0][2])["message"]["data"]
    assert webhooks.taken[0][1]["Authorization"].startswith("Bearer ")

    answer = (
        b"From: Support <support@brightlane.example>\r\nTo: Mia <mia@example.com>\r\n"
        b"Subject: Re: Invite\r\nMessage-ID: <d1@desk>\r\n\r\nOpen Settings, then People."
    )
    gmail.mailbox.send(answer, thread.thread_id)
    blank = client.get(f"/playground/?thread={thread.thread_id}", headers=HTMX).content.decode()
    assert 'value="Re: Invite"' in blank
    reply = {**MIA, "subject": "Re: Invite", "text": "Thanks", "thread": thread.thread_id}
    client.post("/playground/mail/", reply, headers=HTMX)
    (thread,) = customers.list_threads()
    assert [each.from_desk for each in thread.mails] == [False, True, False]
    assert dict(thread.mails[-1].headers)["In-Reply-To"] == "<d1@desk>"
    assert thread.mails[-1].text == "Thanks"
    assert "> Open Settings" in thread.mails[-1].quote


@pytest.mark.usefixtures("playground", "webhooks")
@pytest.mark.parametrize(
    ("sample", "automatic"),
    [
        ("question", None),
        ("pretender", None),
        ("out_of_office", "auto_reply"),
        ("bounce", "bounce"),
        ("newsletter", "bulk"),
    ],
)
def test_samples_are_what_they_say(
    client: Client, gmail: GmailDouble, sample: str, automatic: str | None
) -> None:
    first = (
        b"From: support@brightlane.example\r\nTo: mia@example.com\r\nSubject: Hi\r\n"
        b"Message-ID: <d1@desk>\r\n\r\nHello"
    )
    gmail.mailbox.send(first)
    form = client.get(f"/playground/?sample={sample}", headers=HTMX).context["mail_form"]
    client.post("/playground/mail/", form.initial, headers=HTMX)
    stored = list(gmail.mailbox.messages.values())[-1]
    parsed = parse_mail(
        RawMail(
            gmail_id=stored.gmail_id,
            thread_id=stored.thread_id,
            label_ids=("INBOX",),
            received_at=customers.list_threads()[0].mails[-1].at,
            raw=stored.raw,
        )
    )
    assert (parsed.automatic.value if parsed.automatic else None) == automatic
    assert parsed.authenticated == (sample != "pretender")
    if sample == "bounce":
        assert parsed.bounce is not None
        assert parsed.bounce.original_message_id == "<d1@desk>"
        assert parsed.bounce.recipient == "mia@example.com"


@pytest.mark.usefixtures("playground")
def test_books_are_shown_escaped_and_only_when_they_change(
    client: Client, gmail: GmailDouble, twilio: DoubleServer
) -> None:
    evil = "<script>alert(1)</script>"
    gmail.mailbox.send(
        f"From: {evil} <s@x.example>\r\nTo: {evil}\r\nSubject: {evil}\r\n\r\n{evil}".encode()
    )
    twilio.receive("whatsapp:+4915112345678", evil)
    shown = client.get("/playground/").content.decode()
    assert "&lt;script&gt;" in shown
    assert evil not in shown
    assert "style=" not in shown
    twilio.provider.courier.wait_until_idle()

    news = client.get("/playground/news/?number=%2B4915112345678")
    assert evil not in news.content.decode()
    seen = news.context["seen"]
    again = client.get("/playground/news/", {"number": "+4915112345678", "seen": seen})
    assert again.status_code == 204
    twilio.receive("whatsapp:+4915112345678", "More")
    twilio.provider.courier.wait_until_idle()
    changed = client.get("/playground/news/", {"number": "+4915112345678", "seen": seen})
    assert [pane.id for pane in changed.context["changed"]] == ["chat"]


@pytest.mark.usefixtures("playground")
def test_what_the_desk_made_of_it_is_one_click_away(
    client: Client, gmail: GmailDouble, twilio: DoubleServer, ask: Callable[..., Ticket]
) -> None:
    ticket = ask()
    message = twilio.receive("whatsapp:+4915112345678", "Hello?")
    stored = gmail.mailbox.deliver(b"From: a@example.com\r\nSubject: Away\r\n\r\nAway")
    InboundEvent.objects.create(
        channel="whatsapp",
        external_id=f"whatsapp:{message.sid}",
        payload={},
        message=ticket.conversation.messages.get(),
        received_at=ticket.created_at,
    )
    parked = InboundEvent.objects.create(
        channel="email",
        external_id="any",
        payload={"gmail_id": stored.gmail_id},
        problem="An automatic reply.",
        received_at=ticket.created_at,
    )
    shown = client.get("/playground/").content.decode()
    assert f"At the desk: {ticket.reference}" in shown
    assert f"/admin/tickets/ticket/{ticket.pk}/change/" in shown
    assert "At the desk: Parked" in shown
    assert "An automatic reply." in shown
    assert f"/admin/channels/inboundevent/{parked.pk}/change/" in shown


@pytest.mark.usefixtures("playground")
def test_switches_reach_both_doubles_and_can_be_taken_back(
    client: Client, gmail: GmailDouble, twilio: DoubleServer
) -> None:
    client.post("/playground/conduct/", {"on": ["refuse", "lose"], "rate": "100"}, headers=HTMX)
    assert gmail.faults.next("create_draft") == "unavailable_before"
    assert gmail.faults.next("push") == "drop"
    assert twilio.provider.faults.next_fault("send") == "unavailable_before"
    assert twilio.provider.faults.next_fault("inbound") == "drop"
    assert "2 switches on" in client.get("/playground/").content.decode()
    client.post("/playground/conduct/", {"rate": "20"}, headers=HTMX)
    assert gmail.faults.next("create_draft") is None
    assert twilio.provider.faults.next_fault("send") is None
    assert faults.get_misconduct() == faults.Misconduct(rate=20)


@pytest.mark.usefixtures("playground", "webhooks")
def test_a_double_that_is_away_is_said(client: Client, settings: Any) -> None:
    settings.TWILIO_ACCOUNT_SID, settings.GMAIL_CLIENT_ID = ACCOUNT_SID, CLIENT_ID
    settings.TWILIO_API_BASE = settings.GMAIL_API_BASE = "http://127.0.0.1:9"
    settings.GOOGLE_TOKEN_URI = "http://127.0.0.1:9/token"
    shown = client.get("/playground/")
    assert shown.status_code == 200
    assert "does not answer" in shown.content.decode()
    sent = client.post("/playground/chat/", {**MIA, "text": "Hello?"}, headers=HTMX)
    assert (sent.status_code, b"does not answer" in sent.content) == (422, True)


@pytest.mark.usefixtures("playground")
def test_a_real_account_is_never_played(client: Client, settings: Any) -> None:
    settings.TWILIO_ACCOUNT_SID = "AC" + "7" * 32
    settings.TWILIO_WHATSAPP_FROM = SENDER
    assert "A real account is set up" in client.get("/playground/").content.decode()
    assert client.post("/playground/chat/", {**MIA, "text": "x"}, headers=HTMX).status_code == 422


@pytest.mark.usefixtures("playground")
def test_takes_no_form_of_another_site(client: Client) -> None:
    sent = client.post("/playground/chat/", MIA, headers={"Sec-Fetch-Site": "cross-site"})
    assert sent.status_code == 403


@pytest.mark.browser
@pytest.mark.django_db(transaction=True, serialized_rollback=True)
@pytest.mark.usefixtures("playground", "gmail")
@pytest.mark.parametrize("colour_scheme", ["light", "dark"])
def test_a_customer_is_played_in_a_browser_without_barriers(
    page: Page, twilio: DoubleServer, colour_scheme: Any
) -> None:
    server = LiveServer("localhost")
    page.emulate_media(color_scheme=colour_scheme)
    page.goto(f"{server.url}/playground/")
    page.get_by_role("link", name="A question", exact=True).click()
    expect(page.get_by_label("Subject")).to_have_value("Inviting a colleague")
    page.get_by_role("button", name="Send e-mail").click()
    expect(page.locator(".letter")).to_have_count(1, timeout=SOON)

    page.get_by_label("Message", exact=True).last.fill("Hello?")
    page.keyboard.press("Enter")
    expect(page.locator(".said-line.mine")).to_have_count(1, timeout=SOON)
    expect(page.locator("#chat-text")).to_have_value("")
    page.locator("#chat-text").fill("Typed on")
    twilio.receive("whatsapp:+4915112345678", "From the phone itself")
    expect(page.locator(".said-line.mine")).to_have_count(2, timeout=SOON)
    expect(page.locator("#chat-text")).to_have_value("Typed on")
    look_for_barriers(page)

    page.set_viewport_size({"width": 360, "height": 740})
    for part in ("E-mail", "WhatsApp", "Misbehave"):
        page.get_by_role("link", name=part, exact=True).click()
        assert page.evaluate("document.documentElement.scrollWidth") == 360
        look_for_barriers(page)
    page.get_by_role("switch", name="Refuse to send").check()
    expect(page.locator("#conduct-said")).to_contain_text("1 switch on")
    page.get_by_role("button", name="All well again").click()
    expect(page.locator("#conduct-said")).to_contain_text("Everything behaves")
    server.stop()


def test_the_demo_plays_only_what_has_no_account(settings: Any, tmp_path: Path) -> None:
    settings.DATABASE_URL, settings.PUBLIC_URL = "", "http://127.0.0.1:8000"

    def prepare(**environment: str) -> doubles.Play:
        return doubles.prepare(tmp_path, environment, host="0.0.0.0", wanted=True)  # noqa: S104

    both = prepare()
    assert [child.name for child in both.children] == ["gmail-double", "twilio-double"]
    assert both.environment["PLAYGROUND"] == "1"
    assert "127.0.0.1" in both.environment["ALLOWED_HOSTS"].split(",")
    mail_only = prepare(TWILIO_ACCOUNT_SID="AC1", GMAIL_CLIENT_ID="")
    assert [child.name for child in mail_only.children] == ["gmail-double"]
    assert not any(name.startswith("TWILIO") for name in mail_only.environment)
    assert "WhatsApp by your own account" in mail_only.describe("http://desk")
    settings.PUBLIC_URL = "https://desk.example.com"
    off = prepare()
    assert (off.environment, off.children) == ({}, ())
    assert "off" in off.describe("http://desk")


def test_ids_of_an_earlier_mailbox_never_come_again() -> None:
    first = mailbox.begin_now("s@example.com")
    old = [first.deliver(b"Subject: x\r\n\r\n") for _ in range(20)]
    threading.Event().wait(0.1)
    second = mailbox.begin_now("s@example.com")
    new = second.deliver(b"Subject: x\r\n\r\n")
    assert new.gmail_id > max(mail.gmail_id for mail in old)
    assert second.oldest_history_id > first.history_id
