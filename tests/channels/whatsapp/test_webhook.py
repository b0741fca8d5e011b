"""Twilio's webhooks at the door: who is let in, and what is kept."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from channels.models import InboundEvent
from channels.whatsapp.double.server import DoubleServer
from crm.models import Conversation, CustomerIdentifier, Message, StaffAlert
from tests.channels.whatsapp.cast import ALICE, USER_ID
from tests.channels.whatsapp.desk import (
    INBOUND,
    STATUS,
    hand_over,
    message_form,
    post,
    report,
    write,
)
from tests.channels.whatsapp.sink import Sink
from tickets.models import Ticket

pytestmark = pytest.mark.django_db
RunJobs = Callable[[], int]


@pytest.mark.parametrize("path", [INBOUND, f"{STATUS}?delivery=d"])
@pytest.mark.parametrize("signature", ["", "bm9uc2Vuc2U=", "ü"])
def test_case_52_a_bad_signature_is_refused_in_the_one_format(path: str, signature: str) -> None:
    answer = post(path, message_form(), signature=signature)
    assert answer.status_code == 403
    error = answer.json()["error"]
    assert (error["code"], bool(error["correlation_id"])) == ("forbidden", True)
    assert not InboundEvent.objects.exists()


def test_case_52_nothing_is_let_in_without_a_signature_or_a_token(account: Any) -> None:
    bare = Client().post(INBOUND, message_form())
    assert bare.status_code == 403
    account.TWILIO_AUTH_TOKEN = ""
    assert post(INBOUND, message_form()).status_code == 403
    assert not InboundEvent.objects.exists()


def test_case_52_a_body_that_was_changed_on_the_way_is_refused(client: Any) -> None:
    signed = post(INBOUND, message_form(body="one"))
    assert signed.status_code == 200
    other = post(INBOUND, message_form("SM2"), signature="c2lnbmVkIGZvciBhbm90aGVyIG9uZQ==")
    assert other.status_code == 403


def test_case_52_behind_a_tls_proxy_what_the_double_signs_is_kept(
    double: DoubleServer, sink: Sink, run_jobs: RunJobs
) -> None:
    double.receive(ALICE, " Grüße & 🙂\n", parameters={"NewParameter": " "})
    assert hand_over(double, sink) == 1
    run_jobs()
    assert Message.objects.get(author="customer").text == "Grüße & 🙂"


def test_a_message_is_answered_with_empty_twiml_and_becomes_a_ticket(run_jobs: RunJobs) -> None:
    answer = write("How do I invite a colleague?")
    assert (answer.content, answer["Content-Type"]) == (b"<Response/>", "text/xml")
    assert not answer.cookies
    run_jobs()
    conversation = Conversation.objects.get()
    assert (conversation.channel, conversation.customer.name) == ("whatsapp", "Alice")
    assert conversation.identifier is not None
    assert conversation.identifier.address == ALICE
    assert conversation.identifier.trust == CustomerIdentifier.Trust.AUTHENTICATED
    assert Ticket.objects.get().subject == "How do I invite a colleague?"


def test_what_a_webhook_costs(django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(1):  # the event and its job
        write()
    with django_assert_num_queries(1):  # a duplicate
        write()
    assert InboundEvent.objects.count() == 1


def test_an_event_and_its_job_are_kept_together_or_not_at_all() -> None:
    from procrastinate.contrib.django.models import ProcrastinateJob

    write()
    write()
    event, job = InboundEvent.objects.get(), ProcrastinateJob.objects.get()
    assert (job.task_name, job.queue_name) == ("channels.process_event", "inbound")
    assert job.args["event_id"] == event.pk
    assert len(job.args["correlation_id"]) == 32


def test_jobs_name_nobody(run_jobs: RunJobs) -> None:
    from procrastinate.contrib.django.models import ProcrastinateJob

    write("My secret")
    kept = " ".join(f"{job.lock} {job.args}" for job in ProcrastinateJob.objects.all())
    assert "15112345678" not in kept
    assert "secret" not in kept


@pytest.mark.parametrize("path", [INBOUND, STATUS])
def test_other_methods_and_addresses_answer_in_the_one_format(path: str) -> None:
    refused = Client().get(path)
    assert (refused.status_code, refused.json()["error"]["code"]) == (405, "method_not_allowed")
    missing = Client().post(f"{path}/more")
    assert (missing.status_code, missing.json()["error"]["code"]) == (404, "not_found")


def test_what_is_authentic_and_senseless_is_parked_with_an_alert(run_jobs: RunJobs) -> None:
    for _copy in range(2):
        assert post(INBOUND, {"AccountSid": "AC1", "Body": "\0"}).status_code == 200
    run_jobs()
    event = InboundEvent.objects.get()
    assert (event.state, event.message) == (InboundEvent.State.PARKED, None)
    assert StaffAlert.objects.get().key == f"inbound:{event.pk}"
    assert post(STATUS, {"MessageSid": "SM1"}).status_code == 200  # names no status


def test_a_status_of_nothing_we_know_is_taken_and_forgotten(django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(1):
        report("no-token", "SM9", "delivered")


def test_case_51_what_the_desk_cannot_show_is_described_and_the_channel_goes_on(
    run_jobs: RunJobs,
) -> None:
    write("", "SM1", MessageType="viewonce")
    write("", "SM2", MessageType="hologram")
    write("And now?", "SM3")
    run_jobs()
    texts = list(Message.objects.filter(author="customer").values_list("text", flat=True))
    assert len(texts) == 3
    assert texts[0].startswith("[View-once")
    assert "hologram" in texts[1]
    assert not InboundEvent.objects.exclude(state=InboundEvent.State.PROCESSED).exists()


def test_case_51_a_reaction_that_was_taken_back_opens_nothing(run_jobs: RunJobs) -> None:
    write("Hello")
    run_jobs()
    form = {"MessageType": "reaction", "OriginalRepliedMessageSid": "SM1"}
    write("", "SM2", **form)
    run_jobs()
    assert Message.objects.get(external_id="whatsapp:SM2").answered_at is not None
    assert Ticket.objects.count() == 1


def test_case_46_old_and_new_forms_of_a_number_are_one_customer_answered_where_they_wrote(
    run_jobs: RunJobs,
) -> None:
    write("um", "SM1", From="whatsapp:+551187654321", WaId="551187654321")
    write("dois", "SM2", From="whatsapp:+5511987654321", WaId="5511987654321")
    run_jobs()
    identifier = CustomerIdentifier.objects.get()
    assert (identifier.value, identifier.address) == (
        "+5511987654321",
        "whatsapp:+5511987654321",
    )
    assert Conversation.objects.count() == 1


def test_case_47_the_number_and_the_hidden_number_are_one_customer(run_jobs: RunJobs) -> None:
    write("one", "SM1", ExternalUserId=USER_ID)
    run_jobs()
    write("two", "SM2", From=f"whatsapp:{USER_ID}", WaId="", ExternalUserId=USER_ID)
    run_jobs()
    first, second = Conversation.objects.order_by("id")
    assert first.customer == second.customer
    assert first.identifier is not None
    assert second.identifier is not None
    assert (first.identifier.address, second.identifier.address) == (
        ALICE,
        f"whatsapp:{USER_ID}",
    )


def test_case_47_who_hid_the_number_first_is_known_once_it_shows(run_jobs: RunJobs) -> None:
    write("one", "SM1", From=f"whatsapp:{USER_ID}", WaId="", ExternalUserId=USER_ID)
    write("two", "SM2", ExternalUserId=USER_ID)
    run_jobs()
    assert {each.customer_id for each in CustomerIdentifier.objects.all()} == {
        Conversation.objects.order_by("id")[0].customer_id
    }
