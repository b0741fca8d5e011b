"""The push endpoint: what is kept, what is enqueued, what Pub/Sub is told."""

import json
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from channels.gmail.certificates import forget_certificates
from channels.gmail.double import Fault, GmailDouble
from channels.gmail.double.pushes import push_body
from channels.gmail.double.tokens import push_claims
from channels.models import InboundEvent
from crm.models import StaffAlert
from tests.channels.gmail.conftest import SUPPORT
from tests.channels.gmail.desk import forget_jobs, jobs

pytestmark = pytest.mark.django_db
PATH = "/api/v1/webhooks/gmail"
AUDIENCE = f"http://testserver{PATH}"
ACCOUNT = "push@double.iam.gserviceaccount.com"


def post(double: GmailDouble, body: bytes, **changes: Any) -> Any:
    claims = push_claims(audience=AUDIENCE, service_account=ACCOUNT) | changes
    return Client().post(
        PATH,
        body,
        content_type="application/json",
        headers={"Authorization": f"Bearer {double.key.sign(claims)}"},
    )


def test_a_push_is_kept_with_the_job_that_follows_it(double: GmailDouble) -> None:
    answer = post(double, push_body(SUPPORT, 4711, "77"))
    assert (answer.status_code, answer.content, answer.cookies) == (204, b"", {})
    event = InboundEvent.objects.get()
    assert (event.external_id, event.state) == ("gmail-push:77", InboundEvent.State.PROCESSED)
    assert event.payload == {"history_id": 4711}
    assert jobs("channels.sync_gmail") == 1


def test_a_push_again_or_another_makes_no_second_job_while_one_waits(double: GmailDouble) -> None:
    assert post(double, push_body(SUPPORT, 1, "77")).status_code == 204
    assert post(double, push_body(SUPPORT, 1, "77")).status_code == 204
    assert post(double, push_body(SUPPORT, 2, "78")).status_code == 204
    assert (InboundEvent.objects.count(), jobs("channels.sync_gmail")) == (2, 1)
    forget_jobs()
    assert post(double, push_body(SUPPORT, 2, "78")).status_code == 204
    assert jobs("channels.sync_gmail") == 1


def test_it_costs_few_queries(
    double: GmailDouble, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    post(double, push_body(SUPPORT, 1, "1"))
    with django_assert_num_queries(5):  # savepoint, known?, insert, job waiting?, release
        post(double, push_body(SUPPORT, 2, "2"))


@pytest.mark.parametrize(
    "changes",
    [{"email": "other@double.iam.gserviceaccount.com"}, {"aud": "https://else"}, {"exp": 1}],
)
def test_a_token_that_is_not_googles_for_us_is_refused(
    double: GmailDouble, changes: dict[str, Any]
) -> None:
    answer = post(double, push_body(SUPPORT, 1, "1"), **changes)
    assert answer.status_code == 401
    assert answer.json()["error"]["code"] == "unauthorized"
    assert not InboundEvent.objects.exists()


def test_no_token_is_refused(double: GmailDouble) -> None:
    answer = Client().post(PATH, push_body(SUPPORT, 1, "1"), content_type="application/json")
    assert (answer.status_code, jobs("channels.sync_gmail")) == (401, 0)


def test_keys_out_of_reach_ask_pubsub_to_come_again(double: GmailDouble) -> None:
    forget_certificates()
    double.faults.queue("certs", Fault.UNAVAILABLE_BEFORE, Fault.UNAVAILABLE_BEFORE)
    answer = post(double, push_body(SUPPORT, 1, "1"))
    assert (answer.status_code, answer["Retry-After"]) == (503, "30")
    assert answer.json()["error"]["code"] == "unavailable"


@pytest.mark.parametrize("body", [b"", b"{}", b"not json", b'{"message": {"data": "!!"}}', b"\0"])
def test_malformed_but_authentic_is_parked_told_and_acknowledged(
    double: GmailDouble, body: bytes
) -> None:
    for _ in range(2):
        assert post(double, body).status_code == 204
    event = InboundEvent.objects.get()
    assert event.state == InboundEvent.State.PARKED
    assert bytes(event.raw or b"") == body
    assert StaffAlert.objects.get().occurrences == 1
    assert jobs("channels.sync_gmail") == 0


def test_another_mailboxs_push_is_parked(double: GmailDouble) -> None:
    assert post(double, push_body("else@brightlane.example", 1, "1")).status_code == 204
    assert InboundEvent.objects.get().state == InboundEvent.State.PARKED
    assert jobs("channels.sync_gmail") == 0


def test_errors_have_the_one_format(double: GmailDouble) -> None:
    answer = Client().get(PATH)
    assert answer.status_code == 405
    assert set(json.loads(answer.content)["error"]) >= {"code", "message", "correlation_id"}
