"""A reply's way out by WhatsApp: the window, the parts, what is lost and what comes back."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from channels import delivery, reconciliation, recovery, settlement
from channels.delivery import deliver
from channels.models import ChannelConfig, Delivery, Suppression, ThreadKey
from channels.types import OutcomeUnknown
from channels.whatsapp import adapter as adapters
from channels.whatsapp import intents
from channels.whatsapp.adapter import WhatsAppAdapter
from channels.whatsapp.double.faults import Fault
from channels.whatsapp.double.server import DoubleServer
from channels.whatsapp.reconcile import SETTLED_AFTER
from crm import services
from crm.models import Conversation, Message, StaffAlert, User
from tests.channels.whatsapp.cast import ALICE
from tests.channels.whatsapp.desk import hand_over, report
from tests.channels.whatsapp.sink import Sink

pytestmark = pytest.mark.django_db
RunJobs = Callable[[], int]
State = Delivery.State


@pytest.fixture
def talk(
    double: DoubleServer, sink: Sink, run_jobs: RunJobs, held_by_staff: Callable[[], Conversation]
) -> Conversation:
    """Alice has just written, and staff hold the conversation."""
    double.receive(ALICE, "Hello")
    hand_over(double, sink)
    conversation_event(run_jobs)
    return held_by_staff()


def conversation_event(run_jobs: RunJobs) -> None:
    """Reads what was accepted; the agent's own jobs stay for later."""
    from procrastinate.contrib.django.models import ProcrastinateJob

    from channels.models import InboundEvent
    from channels.tasks import process_event

    for event in InboundEvent.objects.filter(state=InboundEvent.State.RECEIVED):
        process_event(event_id=event.pk)
    ProcrastinateJob.objects.exclude(task_name="channels.deliver")._raw_delete("default")


def reply(talk: Conversation, bob: User, text: str = "Under Settings.") -> Delivery:
    message = services.queue_staff_reply(
        conversation=talk, staff=bob, text=text, now=timezone.now()
    )
    return Delivery.objects.get(message=message, part=1)


def past_the_window(talk: Conversation, double: DoubleServer | None = None) -> None:
    """Alice wrote a day ago; the provider knows it too, unless only our clock says so."""
    old = timezone.now() - timedelta(hours=24, minutes=1)
    talk.messages.filter(direction="in").update(created_at=old)
    if double is not None:
        double.provider.books._last_inbound[ALICE] = old


def bodies(double: DoubleServer) -> list[str]:
    return [each.body for each in double.provider.books.sends()]


def test_a_reply_arrives_and_its_status_follows(
    double: DoubleServer, sink: Sink, talk: Conversation, bob: User, run_jobs: RunJobs
) -> None:
    sent = reply(talk, bob)
    run_jobs()
    sent.refresh_from_db()
    (booked,) = double.provider.books.sends()
    assert (booked.body, booked.to_address, booked.token) == (
        "Under Settings.",
        ALICE,
        str(sent.token),
    )
    assert (sent.state, sent.provider_id, sent.provider_status) == (
        State.SENT,
        booked.sid,
        "queued",
    )
    assert ThreadKey.objects.filter(key=f"whatsapp:{booked.sid}", conversation=talk).exists()
    hand_over(double, sink)
    sent.refresh_from_db()
    assert sent.provider_status == "read"


def test_case_45_a_long_answer_leaves_in_parts_in_order(
    double: DoubleServer, talk: Conversation, bob: User, run_jobs: RunJobs
) -> None:
    text = " ".join(f"This is sentence number {number} of many." for number in range(120))
    first = reply(talk, bob, text)
    run_jobs()
    sent = bodies(double)
    assert len(sent) == first.message.deliveries.count() > 2
    assert [body[:5] for body in sent] == [f"({n}/{len(sent)})" for n in range(1, len(sent) + 1)]
    assert all(body.endswith(".") for body in sent)
    assert " ".join(body.split(") ", 1)[1] for body in sent) == text


def test_the_length_of_the_settings_counts(
    double: DoubleServer, talk: Conversation, bob: User, run_jobs: RunJobs
) -> None:
    ChannelConfig.objects.filter(channel="whatsapp").update(length_limit=200)
    reply(talk, bob, "A sentence of some length for the test. " * 12)
    run_jobs()
    assert len(bodies(double)) > 2
    assert max(map(len, bodies(double))) <= 200
    assert WhatsAppAdapter().split("", limit=None) == [""]


def test_a_chat_is_greeted_once_and_signed(
    double: DoubleServer, talk: Conversation, bob: User, run_jobs: RunJobs
) -> None:
    ChannelConfig.objects.filter(channel="whatsapp").update(greeting="Hi!", signature="Brightlane")
    reply(talk, bob, "One.")
    reply(talk, bob, "Two.")
    run_jobs()
    assert bodies(double) == ["Hi!\n\nOne.\n\nBrightlane", "Two.\n\nBrightlane"]


def test_without_configuration_nothing_is_tried_and_the_variables_are_named(
    talk: Conversation, bob: User, account: Any
) -> None:
    account.TWILIO_AUTH_TOKEN = ""
    sent = reply(talk, bob)
    deliver(sent.pk)
    sent.refresh_from_db()
    assert sent.state == State.FAILED
    assert "TWILIO_AUTH_TOKEN" in sent.problem
    assert "TWILIO_ACCOUNT_SID" not in sent.problem


def test_case_41_past_the_window_free_text_is_held_and_follows_when_the_customer_writes(
    double: DoubleServer, sink: Sink, talk: Conversation, bob: User, run_jobs: RunJobs
) -> None:
    past_the_window(talk, double)
    sent = reply(talk, bob)
    run_jobs()
    sent.refresh_from_db()
    assert (sent.state, bodies(double)) == (State.HELD, [])
    assert "24 hours" in StaffAlert.objects.get(key=f"delivery:{sent.pk}").detail
    double.receive(ALICE, "Still there?")
    hand_over(double, sink)
    run_jobs()
    sent.refresh_from_db()
    assert (sent.state, bodies(double)) == (State.SENT, ["Under Settings."])
    assert StaffAlert.objects.get(key=f"delivery:{sent.pk}").cleared_at is not None


def test_case_41_a_template_asks_the_customer_to_write_once(
    double: DoubleServer, sink: Sink, talk: Conversation, bob: User, run_jobs: RunJobs
) -> None:
    ChannelConfig.objects.filter(channel="whatsapp").update(template_id="HX1")
    past_the_window(talk, double)
    first, second = reply(talk, bob, "One."), reply(talk, bob, "Two.")
    run_jobs()
    recovery.release_held(channel="whatsapp")
    run_jobs()
    assert [each.content_sid for each in double.provider.books.sends()] == ["HX1"]
    hand_over(double, sink)  # the template's callbacks are not the delivery's
    states = Delivery.objects.order_by("id").values_list("state", flat=True)
    assert list(states) == [State.HELD, State.QUEUED]
    double.receive(ALICE, "Yes?")
    hand_over(double, sink)
    run_jobs()
    assert bodies(double) == ["", "One.", "Two."]
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.state, second.state) == (State.SENT, State.SENT)


def test_case_41_63016_by_callback_is_held_and_the_template_is_sent(
    double: DoubleServer, sink: Sink, talk: Conversation, bob: User, run_jobs: RunJobs
) -> None:
    ChannelConfig.objects.filter(channel="whatsapp").update(template_id="HX1")
    double.provider.books._last_inbound.clear()  # their clock, not ours
    sent = reply(talk, bob)
    run_jobs()
    hand_over(double, sink)
    run_jobs()
    sent.refresh_from_db()
    assert sent.state == State.HELD
    assert sent.message.deliveries.count() == 1
    assert [each.content_sid for each in double.provider.books.sends()] == ["", "HX1"]
    assert any("24 hours" in each.problem for each in sent.history.all())
    assert Message.objects.get(pk=sent.message_id).state == Message.State.QUEUED


@pytest.mark.parametrize("template", ["", "HX1"])
def test_case_41_63016_as_an_answer_is_held(
    double: DoubleServer, talk: Conversation, bob: User, run_jobs: RunJobs, template: str
) -> None:
    ChannelConfig.objects.filter(channel="whatsapp").update(template_id=template)
    double.provider.conduct.refuse_window_at_once = True
    double.provider.books._last_inbound.clear()
    sent = reply(talk, bob)
    run_jobs()
    sent.refresh_from_db()
    assert sent.state == State.HELD
    assert [each.content_sid for each in double.provider.books.sends()] == [template] * bool(
        template
    )


def test_case_41_a_template_that_may_be_out_is_not_sent_again(
    double: DoubleServer, sink: Sink, talk: Conversation, bob: User, run_jobs: RunJobs
) -> None:
    ChannelConfig.objects.filter(channel="whatsapp").update(template_id="HX1")
    past_the_window(talk, double)
    double.provider.faults.script("send", ["reset_after"])
    sent = reply(talk, bob)
    run_jobs()
    recovery.release_held(channel="whatsapp")
    run_jobs()
    sent.refresh_from_db()
    assert (sent.state, len(double.provider.books.sends())) == (State.HELD, 1)


def test_case_41_a_template_that_certainly_did_not_go_is_tried_again(
    double: DoubleServer, talk: Conversation, bob: User
) -> None:
    ChannelConfig.objects.filter(channel="whatsapp").update(template_id="HX1")
    past_the_window(talk, double)
    double.provider.faults.script("send", ["rate_limit"])
    sent = reply(talk, bob)
    deliver(sent.pk)
    assert double.provider.books.sends() == []
    deliver(sent.pk)
    sent.refresh_from_db()
    assert (sent.state, len(double.provider.books.sends())) == (State.HELD, 1)


def test_case_43_statuses_never_step_back(talk: Conversation, bob: User, run_jobs: RunJobs) -> None:
    sent = reply(talk, bob)
    run_jobs()
    sent.refresh_from_db()
    seen = []
    for status in ("read", "sent", "delivered", "queued", "nonsense", "undelivered"):
        report(sent.token, sent.provider_id, status)
        sent.refresh_from_db()
        seen.append((sent.state, sent.provider_status))
    assert seen == [(State.SENT, "read")] * 6


def test_case_43_what_a_status_costs(
    talk: Conversation, bob: User, run_jobs: RunJobs, django_assert_num_queries: Any
) -> None:
    sent = reply(talk, bob)
    run_jobs()
    sent.refresh_from_db()
    with django_assert_num_queries(2):  # look, note
        report(sent.token, sent.provider_id, "sent")
    with django_assert_num_queries(1):  # nothing new
        report(sent.token, sent.provider_id, "sent")


def test_case_44_undelivered_is_shown_and_alerted(
    double: DoubleServer, sink: Sink, talk: Conversation, bob: User, run_jobs: RunJobs
) -> None:
    double.provider.failing[ALICE] = 63024
    sent = reply(talk, bob)
    run_jobs()
    hand_over(double, sink)
    sent.refresh_from_db()
    assert (sent.state, sent.provider_status) == (State.FAILED, "undelivered")
    assert Message.objects.get(pk=sent.message_id).state == Message.State.FAILED
    alert = StaffAlert.objects.get(key=f"delivery:{sent.pk}")
    assert alert.detail == sent.problem == "The customer's number cannot receive WhatsApp messages."
    report(sent.token, sent.provider_id, "delivered")
    sent.refresh_from_db()
    assert sent.state == State.FAILED


def test_case_44_a_retry_is_not_failed_by_what_is_said_of_the_first_try(
    double: DoubleServer, sink: Sink, talk: Conversation, bob: User, run_jobs: RunJobs
) -> None:
    double.provider.failing[ALICE] = 63024
    sent = reply(talk, bob)
    run_jobs()
    hand_over(double, sink)
    sent.refresh_from_db()
    first = sent.provider_id
    double.provider.failing.clear()
    recovery.retry_delivery(sent, now=timezone.now())
    report(sent.token, first, "undelivered", 63024)
    run_jobs()
    report(sent.token, first, "undelivered", 63024)
    hand_over(double, sink)
    sent.refresh_from_db()
    assert (sent.state, sent.provider_status) == (State.SENT, "read")
    assert sent.provider_id != first


def test_case_44_an_opt_out_suppresses_the_address(
    double: DoubleServer, talk: Conversation, bob: User, run_jobs: RunJobs
) -> None:
    by_callback = reply(talk, bob)
    run_jobs()
    by_callback.refresh_from_db()
    report(by_callback.token, by_callback.provider_id, "failed", 21610)
    assert Suppression.objects.get().address == "+4915112345678"
    Suppression.objects.all().delete()
    double.provider.books.opted_out = {ALICE}
    as_answer = reply(talk, bob)
    run_jobs()
    as_answer.refresh_from_db()
    assert (as_answer.state, Suppression.objects.count()) == (State.FAILED, 1)


def test_what_exceeded_the_rate_is_sent_again_later(
    double: DoubleServer, talk: Conversation, bob: User, run_jobs: RunJobs
) -> None:
    sent = reply(talk, bob)
    run_jobs()
    sent.refresh_from_db()
    report(sent.token, sent.provider_id, "undelivered", 63018)
    sent.refresh_from_db()
    assert sent.state == State.QUEUED
    deliver(sent.pk)
    sent.refresh_from_db()
    assert (sent.state, len(bodies(double))) == (State.SENT, 2)


def test_a_callback_that_comes_before_the_answer_is_not_lost(
    double: DoubleServer,
    sink: Sink,
    talk: Conversation,
    bob: User,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sent = reply(talk, bob)
    send = WhatsAppAdapter.send

    def slow(self: WhatsAppAdapter, outgoing: Any) -> Any:
        receipt = send(self, outgoing)
        hand_over(double, sink)  # all four callbacks overtake the answer
        return receipt

    monkeypatch.setattr(WhatsAppAdapter, "send", slow)
    deliver(sent.pk)
    sent.refresh_from_db()
    assert (sent.state, sent.provider_status) == (State.SENT, "read")
    assert sent.provider_id == double.provider.books.sends()[0].sid
    assert Message.objects.get(pk=sent.message_id).state == Message.State.SENT


@pytest.mark.parametrize("fault", [fault for fault in Fault if fault.accepts])
def test_a_lost_answer_is_cleared_up_by_the_callback(
    double: DoubleServer, sink: Sink, talk: Conversation, bob: User, fault: Fault
) -> None:
    double.provider.faults.script("send", [fault])
    sent = reply(talk, bob)
    deliver(sent.pk)
    sent.refresh_from_db()
    assert sent.state == State.UNKNOWN
    hand_over(double, sink)
    sent.refresh_from_db()
    assert (sent.state, sent.provider_status) == (State.SENT, "read")
    assert double.provider.books.sends_by_token() == {str(sent.token): 1}


@pytest.mark.parametrize("fault", [fault for fault in Fault if fault is not Fault.RATE_LIMIT])
def test_a_lost_answer_is_cleared_up_by_looking(
    double: DoubleServer, talk: Conversation, bob: User, fault: Fault, time_machine: Any
) -> None:
    ChannelConfig.objects.filter(channel="whatsapp").update(greeting="Hi!", signature="Brightlane")
    double.provider.faults.script("send", [fault])
    sent = reply(talk, bob)
    deliver(sent.pk)
    sent.refresh_from_db()
    assert sent.state == State.UNKNOWN
    early = reconciliation.reconcile(sent.pk, now=timezone.now())
    assert early == (State.SENT if fault.accepts else State.UNKNOWN)
    time_machine.move_to(timezone.now() + SETTLED_AFTER + timedelta(seconds=1))
    reconciliation.reconcile(sent.pk, now=timezone.now())
    sent.refresh_from_db()
    if not fault.accepts:
        assert sent.state == State.QUEUED
        deliver(sent.pk)
        sent.refresh_from_db()
    assert sent.state == State.SENT
    assert double.provider.books.sends_by_token() == {str(sent.token): 1}


class Killed(BaseException):
    """The worker ends here."""


@pytest.mark.parametrize("callbacks", [True, False])
def test_a_worker_killed_between_send_and_record_leads_to_one_send(
    double: DoubleServer,
    sink: Sink,
    talk: Conversation,
    bob: User,
    run_jobs: RunJobs,
    monkeypatch: pytest.MonkeyPatch,
    time_machine: Any,
    callbacks: bool,
) -> None:
    sent = reply(talk, bob)
    with monkeypatch.context() as patch:
        patch.setattr(settlement, "record_sent", kill)
        with pytest.raises(Killed):
            deliver(sent.pk)
    sent.refresh_from_db()
    assert sent.state == State.SENDING
    if callbacks:
        hand_over(double, sink)
        sent.refresh_from_db()
        assert sent.state == State.SENT
    after_the_rescue(sent, run_jobs, time_machine)
    assert (sent.state, len(bodies(double))) == (State.SENT, 1)


def test_a_worker_killed_before_its_intent_is_kept_leads_to_one_send(
    double: DoubleServer,
    talk: Conversation,
    bob: User,
    run_jobs: RunJobs,
    monkeypatch: pytest.MonkeyPatch,
    time_machine: Any,
) -> None:
    sent = reply(talk, bob)
    outgoing = delivery._outgoing
    with monkeypatch.context() as patch:
        patch.setattr(
            delivery, "_outgoing", lambda claim: replace(outgoing(claim), keep_intent=kill)
        )
        with pytest.raises(Killed):
            deliver(sent.pk)
    sent.refresh_from_db()
    assert (sent.state, sent.intent_ref, bodies(double)) == (State.SENDING, "", [])
    after_the_rescue(sent, run_jobs, time_machine)
    assert (sent.state, len(bodies(double))) == (State.SENT, 1)


def test_a_worker_killed_between_intent_and_send_leads_to_one_send(
    double: DoubleServer,
    talk: Conversation,
    bob: User,
    run_jobs: RunJobs,
    monkeypatch: pytest.MonkeyPatch,
    time_machine: Any,
) -> None:
    sent = reply(talk, bob)
    with monkeypatch.context() as patch:
        patch.setattr(adapters, "compose", kill)
        with pytest.raises(Killed):
            deliver(sent.pk)
    assert bodies(double) == []
    after_the_rescue(sent, run_jobs, time_machine)
    assert (sent.state, len(bodies(double))) == (State.SENT, 1)


def test_a_worker_that_was_replaced_meanwhile_sends_nothing(
    double: DoubleServer, talk: Conversation, bob: User, now: datetime
) -> None:
    sent = reply(talk, bob)
    claim = delivery._claim(sent.pk, now=now)
    assert claim is not None
    Delivery.objects.filter(pk=sent.pk).update(state=State.UNKNOWN, lease=None)
    with pytest.raises(OutcomeUnknown):
        claim.adapter.send(delivery._outgoing(claim))
    assert bodies(double) == []


def test_before_any_text_was_tried_nothing_was_sent(talk: Conversation, bob: User) -> None:
    sent = reply(talk, bob)
    for begun in ("", f"{intents.CLOSED}@2026-11-20T10:00:00+00:00"):
        Delivery.objects.filter(pk=sent.pk).update(state=State.UNKNOWN, intent_ref=begun)
        assert reconciliation.reconcile(sent.pk, now=timezone.now()) == State.QUEUED


def test_case_48_after_a_merge_the_reply_goes_to_the_address_that_wrote(
    double: DoubleServer, sink: Sink, bob: User, run_jobs: RunJobs, dora: User
) -> None:
    from crm.merging import merge_customers

    other = "whatsapp:+4915199999999"
    for address in (ALICE, other):
        double.receive(address, "Hello")
        hand_over(double, sink)
        conversation_event(run_jobs)
    first, second = Conversation.objects.order_by("id")
    merge_customers(survivor=first.customer, merged=second.customer, by=dora, now=timezone.now())
    second.refresh_from_db()
    assert second.customer_id == first.customer_id
    reply(second, bob, "To the second.")
    run_jobs()
    double.receive(other, "Thanks")
    hand_over(double, sink)
    conversation_event(run_jobs)
    assert [each.to_address for each in double.provider.books.sends()] == [other]
    assert Conversation.objects.count() == 2
    assert second.messages.filter(author="customer").count() == 2


def after_the_rescue(sent: Delivery, run_jobs: RunJobs, time_machine: Any) -> None:
    for _minute in range(6):
        time_machine.move_to(timezone.now() + timedelta(minutes=1))
        recovery.rescue_deliveries(now=timezone.now())
        reconciliation.enqueue_unknown(now=timezone.now())
        run_jobs()
    sent.refresh_from_db()


def kill(*args: object, **kwargs: object) -> Any:
    raise Killed


def test_what_cannot_be_addressed_is_told(talk: Conversation, bob: User) -> None:
    sent = reply(talk, bob)
    Conversation.objects.update(identifier=None)
    deliver(sent.pk)
    sent.refresh_from_db()
    assert sent.state == State.FAILED
