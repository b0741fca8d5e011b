"""What staff find conversations by, and that it stays an index's work."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from channels.gmail.bodies import MAX_TEXT
from crm.finding import find_conversations, find_customers
from crm.models import CustomerIdentifier, Message
from tickets.models import Ticket

Ask = Callable[..., Ticket]


@pytest.mark.parametrize(
    "term",
    [
        "alice@example.com", "ALICE@exam", "example.com", "Alice", "ahm", "Alice Ahm",
        "030 901820", "+49 30 90", "exports", "Slow expo", "invite a coll", "coll",
    ],
)  # fmt: skip
def test_found_by(term: str, ask: Ask) -> None:
    ask("Unrelated", name="Zoe", email="zoe@other.net", subject="Else")
    ticket = ask("How do I invite a colleague?", subject="Slow exports")
    CustomerIdentifier.objects.create(
        customer=ticket.conversation.customer, kind="phone", value="+4930901820", address="x"
    )
    assert find_conversations(term) == [ticket.conversation_id]


def test_a_message_of_any_length_is_kept_and_found_by_its_beginning(ask: Ask) -> None:
    """PostgreSQL refuses to index more than a megabyte of words, and with them the row."""
    ticket = ask()
    words = "".join(f" 日本語日本語日本語{number:06}" for number in range(40_000))
    longest = f"Einhorn{words}"[:MAX_TEXT]
    Message.objects.filter(conversation=ticket.conversation).update(text=longest)
    assert find_conversations("Einhorn") == [ticket.conversation_id]


@pytest.mark.parametrize("term", ["' | x:*", "%", "&", "a\\b", "()", "-5", "TKT-9999999", "…"])
def test_no_term_is_an_error(term: str, ask: Ask) -> None:
    ask()
    assert find_conversations(term) in ([], [Ticket.objects.get().conversation_id])


def test_no_search_reads_a_whole_table(ask: Ask, django_assert_num_queries: Any) -> None:
    ask()
    with CaptureQueriesContext(connection) as captured, django_assert_num_queries(3):
        find_customers("alice")
        find_conversations("alice")
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        for query in captured:
            cursor.execute("EXPLAIN " + query["sql"].replace("%", "%%"), [])
            plan = "\n".join(line for (line,) in cursor.fetchall())
            assert "Seq Scan" not in plan, plan
