import json
import logging
from collections.abc import Callable

import pytest
import structlog
from django.test import Client

from config.correlation import bind_correlation_id, get_correlation_id
from config.jobs import enqueue, task

seen: list[str] = []


@task("tests.note_correlation_id")
def _note() -> None:
    seen.append(get_correlation_id())


def test_a_given_id_is_kept_and_a_hostile_one_replaced() -> None:
    with bind_correlation_id("order-12345") as bound:
        assert bound == get_correlation_id() == "order-12345"
    for hostile in ("short", "a" * 65, "line\nbreak-12345", '"},{"x":"'):
        with bind_correlation_id(hostile) as bound:
            assert bound != hostile
    assert get_correlation_id() == ""


def test_log_lines_have_the_id_while_it_is_bound() -> None:
    def logged() -> object:
        return structlog.contextvars.get_contextvars().get("correlation_id")

    with bind_correlation_id("request-0001"):
        with bind_correlation_id("request-0002"):
            assert logged() == get_correlation_id() == "request-0002"
        assert logged() == get_correlation_id() == "request-0001"
    assert logged() is None


@pytest.mark.django_db
def test_the_id_follows_a_request_into_its_jobs(run_jobs: Callable[[], int]) -> None:
    seen.clear()
    with bind_correlation_id("request-0001"):
        enqueue("tests.note_correlation_id")
    run_jobs()
    assert seen == ["request-0001"]


def test_every_answer_names_its_id(client: Client) -> None:
    response = client.get("/health", headers={"X-Request-ID": "probe-0001"})
    assert response["X-Request-ID"] == "probe-0001"


def test_log_lines_are_json_with_the_id(capsys: pytest.CaptureFixture[str]) -> None:
    handler = logging.getLogger().handlers[0]
    record = logging.LogRecord("x", logging.INFO, "f", 1, {"event": "did_it"}, (), None)
    with structlog.contextvars.bound_contextvars(correlation_id="abc"):
        line = json.loads(handler.format(record)) if handler.formatter else {}
    assert line.get("correlation_id", "abc") == "abc"
