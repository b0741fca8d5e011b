"""What an answer may name: what stands in its passages, and their own public pages."""

from typing import Any

import pytest

from agent.outgoing import list_objections
from knowledge.types import FoundPassage

PASSAGE = FoundPassage(
    passage_id=1,
    article_id=1,
    title="Invoices",
    heading_path="",
    text=(
        "Invoices are under Billing. Write to billing@brightlane.example or call "
        "+49 30 901820. See [terms](https://brightlane.example/terms)."
    ),
    url="/help/billing/invoices#download",
    audience="public",
    score=1.0,
    similarity=1.0,
    text_rank=1.0,
)


@pytest.mark.parametrize(
    "answer",
    [
        "Write to billing@brightlane.example.",
        "Call +49 30 901820.",
        "The terms: https://brightlane.example/terms.",
        "Read http://127.0.0.1:8000/help/billing/invoices for more.",
        "Invoices from version 2.5 are in config.json and notes.txt.",
    ],
)
def test_what_the_passages_name_may_be_named(answer: str, settings: Any) -> None:
    settings.PUBLIC_URL = "http://127.0.0.1:8000"
    assert list_objections(answer, [PASSAGE]) == []


@pytest.mark.parametrize(
    ("answer", "objection"),
    [
        ("Write to anna@other.example.", "1 foreign e-mail address"),
        ("See https://brightlane.ex", "1 link"),
        ("See https://brightlane.example.evil.example/terms", "1 link"),
        ("See evil.com/pay for details.", "1 link"),
        ("Read http://127.0.0.1:8000/help/internal/refunds", "1 link"),
        ("Ticket TKT-0007 says the same.", "1 ticket number"),
        ("The card 4111 1111 1111 1111 was charged.", "1 card number"),
        ("Paid from DE89 3704 0044 0532 0130 00.", "1 bank account number"),
        ("Anna's number is +49 170 1234567.", "1 foreign phone number"),
        ("The password is hunter2hunter2.", "a secret"),
        ("Use the key AIzaSyA1234567890abcdefghijklmnopqrstuv", "a secret"),
    ],
)
def test_what_is_foreign_or_secret_is_named_to_staff(answer: str, objection: str) -> None:
    (found,) = list_objections(answer, [PASSAGE])
    assert objection in found
    assert answer not in found
