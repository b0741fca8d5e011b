"""What staff find conversations by, and that it stays an index's work."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from channels.gmail.bodies import MAX_TEXT
from crm import finding
from crm.finding import Found, find_conversations, find_customers
from crm.models import CustomerIdentifier, Message, User
from tickets.models import Ticket

Ask = Callable[..., Ticket]
SAID = {
    "en": ("only in the newest 2.", "another word narrows it down"),
    "de": ("nur in den neuesten 2.", "Ein weiteres Wort grenzt die Suche ein"),
}


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
    assert find_conversations(term) == Found([ticket.conversation_id], False, None)


def test_a_message_of_any_length_is_kept_and_found_by_its_beginning(ask: Ask) -> None:
    """PostgreSQL refuses to index more than a megabyte of words, and with them the row."""
    ticket = ask()
    words = "".join(f" 日本語日本語日本語{number:06}" for number in range(40_000))
    longest = f"Einhorn{words}"[:MAX_TEXT]
    Message.objects.filter(conversation=ticket.conversation).update(text=longest)
    assert find_conversations("Einhorn").conversations == [ticket.conversation_id]


@pytest.mark.parametrize("term", ["' | x:*", "%", "&", "a\\b", "()", "-5", "TKT-9999999", "…"])
def test_no_term_is_an_error(term: str, ask: Ask) -> None:
    ask()
    assert find_conversations(term).conversations in ([], [Ticket.objects.get().conversation_id])


@pytest.mark.parametrize("listed", ["tickets_ticket", "crm_conversation"])
def test_a_search_says_what_it_did_not_look_through(
    listed: str, ask: Ask, client: Client, bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(3):
        ask("The spreadsheet is empty.", email=f"customer{number}@example.com")
    client.force_login(bob)
    address = reverse(f"admin:{listed}_changelist")

    def said(term: str, language: str = "en") -> tuple[int, bool, bool]:
        answer = client.get(address, {"q": term}, headers={"accept-language": language})
        page, (inside, more) = answer.content.decode(), SAID[language]
        return answer.context["cl"].result_count, inside in page, more in page

    assert said("sheet") == (3, False, False)
    monkeypatch.setattr(finding, "NEWEST", 2)
    assert said("sheet") == (2, True, False)
    assert said("sheet", "de") == (2, True, False)
    assert said("nothing") == (0, True, False)
    monkeypatch.setattr(finding, "MOST", 1)
    assert said("spread") == (1, True, True)
    assert said("spread", "de") == (1, True, True)
    assert said("") == (3, False, False)


def test_no_search_reads_a_whole_table(ask: Ask, django_assert_num_queries: Any) -> None:
    ask()
    with CaptureQueriesContext(connection) as captured, django_assert_num_queries(4):
        find_customers("alice")
        find_conversations("alice")
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        for query in captured:
            cursor.execute("EXPLAIN " + query["sql"].replace("%", "%%"), [])
            plan = "\n".join(line for (line,) in cursor.fetchall())
            assert "Seq Scan" not in plan, plan
