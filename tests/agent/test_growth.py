"""A message's way costs the same however many messages there are."""

from collections.abc import Callable

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from benchmarks.plans import find_unindexed
from tests.agent.conftest import ScriptedModel
from tickets.models import Ticket

pytestmark = pytest.mark.usefixtures("help_centre")


def test_every_statement_on_a_messages_way_finds_its_rows_by_an_index(
    ask: Callable[..., Ticket], run_jobs: Callable[[], int], model: ScriptedModel
) -> None:
    model.play([("escalate_to_human", {"reason": "account", "summary": "A person has to look."})])
    with CaptureQueriesContext(connection) as captured:
        ask("How do I export a board to Excel?")
        run_jobs()
    statements = [query["sql"] for query in captured]
    assert len(statements) > 40
    # `run_jobs` looks for the next job in a way of its own.
    unindexed = [scan for scan in find_unindexed(statements) if scan.table != "procrastinate_jobs"]
    assert not unindexed, "\n".join(f"{scan.table}: {scan.sql}" for scan in unindexed)


def test_what_has_no_index_is_seen() -> None:
    for sql in (
        "SELECT id FROM crm_message WHERE text = 'x'",
        "SELECT id FROM crm_message WHERE text = 'x' ORDER BY id LIMIT 1",
        "UPDATE agent_agentrun SET draft = '' WHERE draft = 'x'",
    ):
        assert find_unindexed([sql]), sql
