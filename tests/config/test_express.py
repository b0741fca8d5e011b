"""Webhooks as the server hands them over: with others in one commit, else by Django's own view."""

import asyncio
import json
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.db import InterfaceError, OperationalError, connection
from django.http import HttpRequest, HttpResponse
from procrastinate.contrib.django.models import ProcrastinateJob
from psycopg_pool import PoolTimeout
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]

from channels.models import InboundEvent
from channels.whatsapp import webhook
from config.database_gate import gate
from config.express import Express, View
from config.gateway import Event, Gateway

pytestmark = pytest.mark.django_db(transaction=True)
PATH = "/api/v1/webhooks/whatsapp"
PUBLIC_URL = "https://desk.example.com"
TOKEN = "a-token"


@pytest.fixture(autouse=True)
def desk(settings: Any) -> Iterator[None]:
    settings.PUBLIC_URL = PUBLIC_URL
    settings.TWILIO_AUTH_TOKEN = TOKEN
    yield
    webhook._commits.release()
    gate.reopen()


class Asked:
    """Django's handler, and how often it was asked."""

    def __init__(self) -> None:
        self.times = 0
        self._handler = WSGIHandler()

    def __call__(self, environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        self.times += 1
        return self._handler(environ, start)


@pytest.fixture
def django() -> Asked:
    return Asked()


class Answer:
    def __init__(self, start: Event, body: Event) -> None:
        self.status = start["status"]
        self.headers = dict(start["headers"])
        self.body = body["body"]


def message(sid: str = "SM1", **changes: str) -> dict[str, str]:
    return {"MessageSid": sid, "From": "whatsapp:+15112345678", "Body": "Hello", **changes}


def post(
    django: Asked,
    *forms: dict[str, str],
    signature: str | None = None,
    method: str = "POST",
    view: View = webhook.receive_with_others,
) -> list[Answer]:
    """The answers to forms that all arrive at the same time, signed by Twilio's own library."""
    express = Express({PATH: view})
    gateway = Gateway(django, express=express, threads=2, max_bytes=1_000_000)

    async def ask(form: dict[str, str]) -> Answer:
        body = urlencode(form).encode()
        genuine = RequestValidator(TOKEN).compute_signature(PUBLIC_URL + PATH, form)
        scope = {
            "type": "http",
            "http_version": "1.1",
            "method": method,
            "path": PATH,
            "raw_path": PATH.encode(),
            "query_string": b"",
            "headers": [
                (b"host", b"localhost"),
                (b"content-type", b"application/x-www-form-urlencoded"),
                (b"x-twilio-signature", (genuine if signature is None else signature).encode()),
                (b"x-request-id", f"request-{form['MessageSid']}".encode()),
            ],
            "client": ("203.0.113.9", 5000),
            "server": ("127.0.0.1", 8000),
            "scheme": "http",
        }
        events: list[Event] = [{"type": "http.request", "body": body}]
        sent: list[Event] = []

        async def receive() -> Event:
            return events.pop()

        async def send(event: Event) -> None:
            sent.append(event)

        await gateway(scope, receive, send)
        return Answer(*sent)

    async def together() -> list[Answer]:
        return await asyncio.gather(*map(ask, forms))

    return asyncio.run(together())


def test_signed_messages_are_kept_and_answered_without_django(django: Asked) -> None:
    answers = post(django, message("SM1"), message("SM2"), message("SM1"))
    assert django.times == 0
    for answer in answers:
        assert (answer.status, answer.body) == (200, b"<Response/>")
        assert answer.headers[b"content-type"] == b"text/xml"
        assert answer.headers[b"content-length"] == b"11"
    assert answers[1].headers[b"x-request-id"] == b"request-SM2"
    events = InboundEvent.objects.order_by("id")
    assert [event.external_id for event in events] == ["whatsapp:SM1", "whatsapp:SM2"]
    jobs = ProcrastinateJob.objects.order_by("id")
    assert [(job.args["event_id"], job.args["correlation_id"]) for job in jobs] == [
        (events[0].pk, "request-SM1"),
        (events[1].pk, "request-SM2"),
    ]


def test_it_is_answered_as_django_does(django: Asked) -> None:
    (quick,) = post(django, message())
    (thorough,) = post(django, message(Body="x" * 100_000))
    assert django.times == 1, "a long body is read in a thread"
    assert (quick.status, quick.body) == (thorough.status, thorough.body)
    assert quick.headers == thorough.headers


def test_what_makes_no_sense_is_kept_for_a_person(django: Asked) -> None:
    (answer,) = post(django, message(From=""))
    assert (answer.status, django.times) == (200, 0)
    assert InboundEvent.objects.get().external_id.startswith("whatsapp:malformed:")


@pytest.mark.parametrize("signature", ["", "bm9uc2Vuc2U="])
def test_what_is_not_signed_is_refused_by_the_view(django: Asked, signature: str) -> None:
    (answer,) = post(django, message(), signature=signature)
    assert (answer.status, django.times) == (403, 1)
    assert json.loads(answer.body)["error"]["code"] == "forbidden"
    assert not InboundEvent.objects.exists()


def test_another_method_is_refused_by_the_view(django: Asked) -> None:
    (answer,) = post(django, message(), method="GET")
    assert answer.status == 405


def test_what_could_not_be_kept_with_others_is_kept_alone(django: Asked) -> None:
    post(django, message("SM1"))
    group = webhook._commits._thread.submit(lambda: connection.connection.info.backend_pid)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 10000)", [group.result()])
    answers = post(django, message("SM2"), message("SM3"))
    assert [answer.status for answer in answers] == [200, 200]
    assert django.times == 2
    assert InboundEvent.objects.count() == ProcrastinateJob.objects.count() == 3


@pytest.mark.parametrize("problem", [InterfaceError("the connection is closed"), ValueError()])
def test_whatever_goes_wrong_the_view_keeps_it(django: Asked, problem: Exception) -> None:
    async def fail(request: HttpRequest) -> HttpResponse | None:
        raise problem

    (answer,) = post(django, message(), view=fail)
    assert (answer.status, django.times) == (200, 1)
    assert InboundEvent.objects.exists()


def test_while_the_database_is_away_all_are_told_at_once(django: Asked) -> None:
    error = OperationalError("couldn't get a connection")
    error.__cause__ = PoolTimeout()
    gate.note(error)
    answers = post(django, message("SM1"), message("SM2"))
    assert [answer.status for answer in answers] == [503, 503]
    assert {answer.headers[b"retry-after"] for answer in answers} == {b"10"}
    assert not InboundEvent.objects.exists()
