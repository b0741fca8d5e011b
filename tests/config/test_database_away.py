"""While PostgreSQL is away the web answers at once, in the form that the caller reads."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.test import Client
from psycopg_pool import PoolTimeout

from config.database_gate import gate

QUESTION = {
    "name": "Alice",
    "email": "alice@example.com",
    "subject": "A question",
    "category": "how_to",
    "message": "How does it work, please?",
}


@pytest.fixture(autouse=True)
def asked(db: None) -> Iterator[list[int]]:
    """What psycopg's pool says when nothing listens at the address; an entry for each time."""
    times: list[int] = []

    def refuse(*args: object, **kwargs: object) -> Any:
        times.append(1)
        raise OperationalError("couldn't get a connection after 3.00 sec") from PoolTimeout()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(connection, "cursor", refuse)
        yield times
    gate.reopen()


def test_programs_are_told_to_come_again(client: Client) -> None:
    response = client.post("/api/v1/support/form", QUESTION, content_type="application/json")
    assert (response.status_code, response["Retry-After"]) == (503, "10")
    assert response.json()["error"]["code"] == "unavailable"


def test_people_get_a_page(client: Client) -> None:
    response = client.get("/help/")
    assert (response.status_code, response["Retry-After"]) == (503, "10")
    assert "try again in a minute" in response.content.decode()


def test_signed_in_staff_get_a_page(client: Client) -> None:
    client.cookies["sessionid"] = "x" * 32
    assert client.get("/admin/").status_code == 503


def test_the_form_itself_needs_no_database(client: Client) -> None:
    assert client.get("/support/").status_code == 200
    assert client.get("/health").status_code == 200


def test_who_comes_after_a_vain_wait_is_told_without_waiting(
    client: Client, asked: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = [1000.0]
    monkeypatch.setattr("config.database_gate.time.monotonic", lambda: clock[0])

    def post() -> tuple[int, str]:
        response = client.post("/api/v1/support/form", QUESTION, content_type="application/json")
        return response.status_code, response["Retry-After"]

    assert post() == (503, "10")
    before = len(asked)
    assert post() == (503, "10")
    assert len(asked) == before, "nobody asks while the pause lasts"
    clock[0] += 1.5
    assert post() == (503, "10")
    assert len(asked) > before, "one caller finds out whether it is back"
    assert client.get("/health").status_code == 200
