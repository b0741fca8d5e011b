"""While PostgreSQL is away the web answers at once, in the form that the caller reads."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.test import Client

QUESTION = {
    "name": "Alice",
    "email": "alice@example.com",
    "subject": "A question",
    "category": "how_to",
    "message": "How does it work, please?",
}


@pytest.fixture(autouse=True)
def _away(db: None) -> Iterator[None]:
    """What psycopg's pool says when nothing listens at the address."""

    def refuse(*args: object, **kwargs: object) -> Any:
        raise OperationalError("couldn't get a connection after 3.00 sec")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(connection, "cursor", refuse)
        yield


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
