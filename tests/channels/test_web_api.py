"""POST /api/v1/support/form: what is taken, and that every refusal has the one format."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.utils.dateparse import parse_datetime

from crm.models import Message
from tickets.models import Ticket

pytestmark = pytest.mark.django_db

ADDRESS = "/api/v1/support/form"
QUESTION = {
    "name": "Alice Ahmed",
    "email": "alice@example.com",
    "subject": "Invitations",
    "category": "how_to",
    "message": "How do I invite a colleague?",
}
Post = Callable[..., Any]


@pytest.fixture
def post(client: Client, settings: Any) -> Post:
    settings.FORM_RATE_LIMIT = None

    def send(body: Any = None, *, headers: Any = None, **changes: Any) -> Any:
        content = body if isinstance(body, str | bytes) else json.dumps({**QUESTION, **changes})
        return client.generic(
            "POST",
            ADDRESS,
            content,
            headers=headers,
            CONTENT_TYPE="application/json",  # for an empty body too
        )

    return send


def error_of(response: Any) -> dict[str, Any]:
    """The error, after looking that it has the one format."""
    assert response["Content-Type"].startswith("application/json")
    assert set(response.json()) == {"error"}
    error: dict[str, Any] = response.json()["error"]
    assert (
        {"code", "message", "correlation_id"}
        <= set(error)
        <= {
            "code",
            "message",
            "fields",
            "correlation_id",
        }
    )
    assert error["correlation_id"] == response["X-Request-ID"]
    assert error["message"]
    return error


def test_a_question_gets_a_ticket(post: Post, settings: Any) -> None:
    response = post(priority="high", phone="+49 30 901820")
    ticket = Ticket.objects.get()
    body = response.json()
    assert response.status_code == 201
    assert body.pop("message")
    assert parse_datetime(body.pop("created_at")) is not None
    assert body == {
        "ticket_id": ticket.reference,
        "status": "received",
        "status_url": f"{settings.PUBLIC_URL}/status/{ticket.reference}/?key={ticket.access_key}",
        "access_key": ticket.access_key,
    }
    assert ticket.priority == "high"


def test_priority_and_phone_may_be_left_out_or_null(post: Post) -> None:
    assert post(priority=None, phone=None).status_code == 201
    assert Ticket.objects.get().priority == "normal"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "x" * 201}, "name"),
        ({"email": "alice"}, "email"),
        ({"email": f"{'a' * 250}@example.com"}, "email"),
        ({"phone": "call me"}, "phone"),
        ({"subject": " "}, "subject"),
        ({"subject": "x" * 201}, "subject"),
        ({"category": "gossip"}, "category"),
        ({"priority": "now"}, "priority"),
        ({"message": " \n"}, "message"),
        ({"message": "m" * 10_001}, "message"),
        ({"message": "\x00" * 50}, "message"),
        ({"message": "\u3164 \u3164"}, "message"),
        ({"subject": "\u2800\ufe0f"}, "subject"),
        ({"message": ["a", "list"]}, "message"),
        ({"name": 5}, "name"),
        ({"name": {"first": "Alice"}}, "name"),
    ],
)
def test_a_wrong_field_is_named(post: Post, changes: dict[str, Any], field: str) -> None:
    response = post(**changes)
    error = error_of(response)
    assert response.status_code == 422
    assert error["code"] == "invalid"
    assert list(error["fields"]) == [field]
    assert all(isinstance(sentence, str) for sentence in error["fields"][field])
    assert not Ticket.objects.exists()


def test_everything_that_is_missing_is_named_at_once(post: Post) -> None:
    error = error_of(post("{}"))
    assert set(error["fields"]) == {"name", "email", "subject", "category", "message"}


@pytest.mark.parametrize(
    "body",
    ["", "{", "[]", '"text"', "null", "\x00", b"\xff\xfe", "[" * 100_000, '{"name": NaN'],
)
def test_what_is_no_json_object_is_refused(post: Post, body: str | bytes) -> None:
    response = post(body)
    assert response.status_code == 400
    assert error_of(response)["code"] == "bad_request"


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", ""])
def test_another_content_type_is_refused(client: Client, content_type: str) -> None:
    response = client.generic("POST", ADDRESS, json.dumps(QUESTION), content_type=content_type)
    assert response.status_code == 415
    assert error_of(response)["code"] == "unsupported_media_type"


def test_ten_megabytes_are_refused_unread(client: Client) -> None:
    response = client.post(
        ADDRESS, "{}", content_type="application/json", CONTENT_LENGTH=10_000_000
    )
    assert response.status_code == 413
    assert error_of(response)["code"] == "too_large"


def test_a_body_above_our_own_limit_is_refused(post: Post) -> None:
    response = post(message="x" * 300_000)
    assert response.status_code == 413
    error_of(response)


def test_the_longest_question_fits_however_it_is_escaped(post: Post) -> None:
    assert post(message="😀" * 10_000).status_code == 201


def test_half_a_character_is_dropped(post: Post) -> None:
    body = json.dumps(QUESTION).replace("colleague", r"col\ud800league")
    assert post(body).status_code == 201
    assert "colleague" in Message.objects.get().text


def test_too_many_are_told_when_to_come_back(post: Post, settings: Any) -> None:
    settings.FORM_RATE_LIMIT = (1, 3600)
    assert post().status_code == 201
    response = post(subject="Another")
    assert response.status_code == 429
    assert error_of(response)["code"] == "rate_limited"
    assert 0 < int(response["Retry-After"]) <= 3600


def test_page_and_api_share_the_limit(client: Client, post: Post, settings: Any) -> None:
    settings.FORM_RATE_LIMIT = (1, 3600)
    assert post().status_code == 201
    assert client.post("/support/", QUESTION).status_code == 429


def test_the_same_idempotency_key_gives_the_same_ticket(post: Post) -> None:
    first = post(headers={"Idempotency-Key": "order-7"})
    second = post(headers={"Idempotency-Key": "order-7"})
    assert first.json()["ticket_id"] == second.json()["ticket_id"]
    assert Ticket.objects.count() == 1


def test_an_idempotency_key_opens_nobody_elses_ticket(post: Post) -> None:
    alice = post(headers={"Idempotency-Key": "1"})
    mallory = post(headers={"Idempotency-Key": "1"}, email="mallory@example.com")
    assert alice.json()["access_key"] != mallory.json()["access_key"]


def test_without_a_key_each_question_is_its_own(post: Post) -> None:
    post()
    post()
    assert Ticket.objects.count() == 2


def test_other_methods_and_unknown_paths_have_the_one_format(client: Client) -> None:
    refused = client.get(ADDRESS)
    assert (refused.status_code, refused["Allow"]) == (405, "POST")
    assert error_of(refused)["code"] == "method_not_allowed"
    unknown = client.get("/api/v1/nothing/here")
    assert unknown.status_code == 404
    assert error_of(unknown)["code"] == "not_found"


def test_the_documentation_describes_the_question(client: Client) -> None:
    operation = client.get("/api/v1/openapi.json").json()["paths"][ADDRESS]["post"]
    schema = operation["requestBody"]["content"]["application/json"]["schema"]
    assert set(schema["required"]) == set(QUESTION)
    assert schema["properties"]["message"]["maxLength"] == 10_000
