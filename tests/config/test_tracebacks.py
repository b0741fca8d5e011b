"""What a customer wrote does not get into a log through the text of an exception."""

import io
import logging
from collections.abc import Callable, Iterator

import pytest
import structlog
from django.db import IntegrityError, transaction
from django.http import HttpRequest
from django.test import Client
from structlog.stdlib import ProcessorFormatter

from channels.web import views
from config import tracebacks
from crm.models import Message
from tickets.models import Ticket

pytestmark = pytest.mark.django_db
SECRET = "zebra crossing"


@pytest.fixture
def logged() -> Iterator[io.StringIO]:
    """What the handler of the desk's logs would print."""
    root = logging.getLogger()
    formatters = (handler.formatter for handler in root.handlers)
    printed = io.StringIO()
    handler = logging.StreamHandler(printed)
    handler.setFormatter(next(each for each in formatters if isinstance(each, ProcessorFormatter)))
    root.addHandler(handler)
    yield printed
    root.removeHandler(handler)


def refuse(ask: Callable[..., Ticket]) -> None:
    """PostgreSQL answers this with the whole row."""
    ask(f"It is about a {SECRET}, you see.")
    with transaction.atomic():
        Message.objects.filter(author="customer").update(sentiment=5.0)


def test_a_refused_row_is_not_logged(ask: Callable[..., Ticket], logged: io.StringIO) -> None:
    with pytest.raises(IntegrityError, match=SECRET) as refused:
        refuse(ask)
    structlog.get_logger("desk").error("it_failed", exc_info=refused.value)
    logging.getLogger("django.request").error("Internal Server Error", exc_info=refused.value)
    text = logged.getvalue()
    assert text.count("django.db.utils.IntegrityError") == 2
    assert "psycopg.errors.CheckViolation 23514" in text
    assert "in refuse" in text
    assert SECRET not in text


@pytest.mark.parametrize("path", ["/support/", "/api/v1/support/form"])
def test_a_page_that_fails_logs_no_content(
    path: str,
    client: Client,
    ask: Callable[..., Ticket],
    logged: io.StringIO,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from channels.web import api

    def fail(*args: object, **kwargs: object) -> HttpRequest:
        refuse(ask)
        raise AssertionError

    monkeypatch.setattr(views, "submit_question", fail)
    monkeypatch.setattr(api, "submit_question", fail)
    client.raise_request_exception = False
    form = {
        "name": "Alice",
        "email": "alice@example.com",
        "subject": "A question",
        "category": "how_to",
        "priority": "normal",
        "message": "How does it work, please?",
        "token": "00000000-0000-4000-8000-000000000099",
    }
    if path.startswith("/api/"):
        response = client.post(path, form, content_type="application/json")
    else:
        response = client.post(path, form)
    assert response.status_code == 500
    assert "CheckViolation" in logged.getvalue()
    assert SECRET not in logged.getvalue()


def test_the_chain_is_told_first_cause_first() -> None:
    try:
        try:
            raise ConnectionRefusedError(111, SECRET)
        except OSError as cause:
            raise ValueError(SECRET) from cause
    except ValueError as error:
        text = tracebacks.format_exception((type(error), error, error.__traceback__))
    assert SECRET not in text.replace("raise ValueError(SECRET)", "")
    first, second = text.split("\nwhich led to\n")
    assert first.endswith("builtins.ConnectionRefusedError 111")
    assert second.endswith("builtins.ValueError")
