"""How replies leave: to whom, in which thread, and what becomes of each failure."""

import email
from datetime import datetime, timedelta
from email import policy
from email.message import EmailMessage
from typing import Any

import pytest
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from channels.gmail.double import Fault, GmailDouble
from channels.models import ChannelConfig, Delivery, ThreadKey
from crm.models import Conversation, CustomerIdentifier, Message, StaffAlert, User
from tests.channels.gmail.conftest import SUPPORT
from tests.channels.gmail.desk import (
    answer,
    catch_up,
    conversation_of,
    forget_jobs,
    receive,
    send,
    sent_once,
    settle,
    ticket_of,
)
from tests.channels.gmail.mails import mail
from tickets.services import reply_to_ticket

pytestmark = pytest.mark.django_db
State = Delivery.State


@pytest.fixture
def asked(double: GmailDouble) -> Conversation:
    """Alice's mail, read by the desk."""
    double.deliver(mail(subject="A question"))
    catch_up()
    forget_jobs()
    return Conversation.objects.get()


def last_sent(double: GmailDouble) -> EmailMessage:
    return email.message_from_bytes(double.mailbox.sent[-1].raw, policy=policy.default)


def test_a_reply_joins_the_customers_thread(double: GmailDouble, asked: Conversation) -> None:
    ChannelConfig.objects.filter(channel="email").update(
        greeting="Hello,", signature="Brightlane\nwww.brightlane.example"
    )
    queued = send(answer(asked))
    assert queued.state == State.SENT
    assert sent_once(double, queued)
    (line,) = double.mailbox.sent
    sent = last_sent(double)
    assert line.thread_id == next(iter(double.mailbox.messages.values())).thread_id
    assert (sent["Subject"], sent["In-Reply-To"]) == ("Re: A question", "<a1@mail.example.com>")
    assert (sent["To"], sent["Cc"], sent["Bcc"]) == ("Alice Ahmed <alice@example.com>", None, None)
    assert sent["Auto-Submitted"] == "auto-replied"
    body = sent.get_body(("plain",))
    assert body is not None
    text = body.get_content().replace("\r\n", "\n")
    assert text.startswith(
        "Hello,\n\nOpen the settings.\n\nMore on this:\n- Settings: https://help"
    )
    assert "\n-- \nBrightlane\nwww.brightlane.example\n" in text
    assert text.rstrip().endswith(f"Ticket {asked.tickets.get().reference}")
    assert queued.provider_id == sent["Message-ID"]
    keys = set(ThreadKey.objects.values_list("key", flat=True))
    assert {f"gmail:{line.thread_id}", sent["Message-ID"]} <= keys
    assert Message.objects.get(pk=queued.message_id).state == Message.State.SENT


def test_a_reply_by_staff_is_a_persons(
    double: GmailDouble, asked: Conversation, bob: User, now: datetime
) -> None:
    ticket = asked.tickets.get()
    message = reply_to_ticket(ticket=ticket, staff=bob, text="I looked at it.", now=now)
    send(message.deliveries.get())
    assert last_sent(double)["Auto-Submitted"] is None


def test_a_second_reply_answers_the_newest_mail(double: GmailDouble, asked: Conversation) -> None:
    send(answer(asked))
    ours = last_sent(double)["Message-ID"]
    double.deliver(
        mail("And then?", subject="Re: A question", message_id="<a2@x>", In_Reply_To=ours,
             References=f"<a1@mail.example.com> {ours}")
    )  # fmt: skip
    catch_up()
    assert Conversation.objects.count() == 1
    send(answer(asked))
    sent = last_sent(double)
    assert (sent["Subject"], sent["In-Reply-To"]) == ("Re: A question", "<a2@x>")
    assert sent["References"].split() == ["<a1@mail.example.com>", ours, "<a2@x>"]
    assert len({line.thread_id for line in double.mailbox.sent}) == 1


def test_gmails_own_message_id_is_learnt_when_the_mail_comes_back(
    double: GmailDouble, asked: Conversation
) -> None:
    queued = send(answer(asked))
    line = double.mailbox.sent[0]
    stored = double.mailbox.messages[line.gmail_id]
    stored.raw = line.raw.replace(queued.provider_id.encode(), b"<rewritten@mail.gmail.com>")
    catch_up()
    queued.refresh_from_db()
    assert queued.provider_id == "<rewritten@mail.gmail.com>"
    assert ThreadKey.objects.get(key="<rewritten@mail.gmail.com>").conversation == asked
    assert Message.objects.count() == 2  # it is no message of its own


def test_a_send_that_nobody_answered_is_settled_by_the_mail_that_comes_back(
    double: GmailDouble, asked: Conversation
) -> None:
    double.faults.queue("send_draft", Fault.CLOSE_AFTER)
    queued = send(answer(asked))
    assert queued.state == State.UNKNOWN
    catch_up()
    queued.refresh_from_db()
    assert queued.state == State.SENT
    assert sent_once(double, queued)


def test_no_account_fails_with_the_variables_to_set(asked: Conversation, settings: Any) -> None:
    settings.GMAIL_REFRESH_TOKEN = ""
    queued = send(answer(asked))
    assert queued.state == State.FAILED
    assert queued.problem == "E-mail is not set up. Set GMAIL_REFRESH_TOKEN."
    assert StaffAlert.objects.get().key == f"delivery:{queued.pk}"


@pytest.mark.parametrize(
    "address", ["no-reply@shop.example", SUPPORT, "support+x@brightlane.example"]
)
def test_case_17_and_18_nothing_is_sent_to_machines_or_ourselves(
    double: GmailDouble, asked: Conversation, address: str
) -> None:
    CustomerIdentifier.objects.update(value=address, address=address)
    assert send(answer(asked)).state == State.FAILED
    assert double.mailbox.sent == []
    assert double.calls["create_draft"] == 0


def test_a_page_of_the_help_centre_is_named_with_its_whole_address(
    double: GmailDouble, asked: Conversation, settings: Any
) -> None:
    settings.PUBLIC_URL = "https://desk.example.com"
    queued = answer(asked)
    Message.objects.filter(pk=queued.message_id).update(
        sources=[{"title": "Invoices", "url": "/help/billing/invoices"}]
    )
    send(queued)
    sent = double.mailbox.sent[0].raw
    assert b"https://desk.example.com/help/billing/invoices" in sent


def test_a_limit_is_waited_for(double: GmailDouble, asked: Conversation) -> None:
    double.retry_after = "600"
    double.faults.queue("send_draft", Fault.RATE_LIMITED)
    queued = send(answer(asked))
    assert queued.state == State.QUEUED
    job = ProcrastinateJob.objects.filter(task_name="channels.deliver").latest("id")
    assert job.scheduled_at is not None
    assert job.scheduled_at > timezone.now() + timedelta(minutes=9)
    assert settle(queued).state == State.SENT
    assert double.calls["create_draft"] == 1


def test_a_thread_that_was_deleted_is_begun_anew(double: GmailDouble, asked: Conversation) -> None:
    from channels.gmail.double import api

    real = api._create_draft

    def without_thread(mailbox: Any, body: Any) -> Any:
        return (404, {}) if body["message"].get("threadId") else real(mailbox, body)

    api._create_draft = without_thread
    try:
        assert send(answer(asked)).state == State.SENT
    finally:
        api._create_draft = real
    assert last_sent(double)["In-Reply-To"] == "<a1@mail.example.com>"


def test_a_draft_that_somebody_deleted_is_for_a_person(
    double: GmailDouble, asked: Conversation
) -> None:
    double.faults.queue("send_draft", Fault.UNAVAILABLE_BEFORE)
    queued = send(answer(asked))
    double.mailbox.drafts.clear()
    assert settle(queued, rounds=3).state == State.UNKNOWN
    Delivery.objects.update(changed_at=timezone.now() - timedelta(minutes=16))
    settle(queued, rounds=1)
    assert StaffAlert.objects.get(key=f"delivery:{queued.pk}").cleared_at is None
    assert double.mailbox.sent == []


def test_after_a_forward_by_staff_the_customer_gets_a_thread_of_their_own(
    double: GmailDouble, bob: User
) -> None:
    event = receive(FORWARD, thread="t-staff")
    conversation = conversation_of(event)
    send(answer(conversation, "First."))
    first = last_sent(double)
    assert (first["To"], first["In-Reply-To"]) == ("Alice <alice@example.com>", None)
    assert first["Subject"] == f"Invoice [{ticket_of(event).reference}]"
    forget_jobs()
    reply_to_ticket(ticket=ticket_of(event), staff=bob, text="Second.", now=timezone.now())
    send(Delivery.objects.latest("id"))
    second = last_sent(double)
    assert second["In-Reply-To"] == first["Message-ID"]
    assert second["Subject"] == f"Re: {first['Subject']}"
    assert len({line.thread_id for line in double.mailbox.sent}) == 1


FORWARD = mail(
    "Please help her.\n\n---------- Forwarded message ---------\nFrom: Alice <alice@example.com>\n"
    "Date: Fri, Nov 20, 2026 at 9:58 AM\nSubject: Invoice\nTo: <bob@example.com>\n\n"
    "Where is my invoice?\n",
    subject="Fwd: Invoice",
    sender="Bob <bob@example.com>",
    message_id="<f1@x>",
    Authentication_Results="mx.google.com; dmarc=pass header.from=example.com",
)
