"""No text costs much more than a plain one of its length, whatever it is made of."""

import time
from importlib import import_module

import pytest
from django.apps import apps

from agent import language, plaintext, sentiment, smalltalk
from agent.guardrails.defaults import DEFAULTS
from agent.guardrails.screening import screen
from agent.models import GuardrailRule
from agent.outgoing import clean, list_objections
from agent.types import MAX_QUESTION, Question

pytestmark = pytest.mark.django_db

PLAIN = "How do I invite a colleague to my workspace? Thank you for your help. "
PIECES = (
    "\n", "\n\n\n", " \n", "\n>", ".\n", "- \n", "#", "###", "[a](", "![a](", "[[[[", "![", "](",
    "**a ", "`a ", "__a", "<a hidden", "<!--", "<script", "<br ", "|\n", "| |\n", "&lt;", "😀",
    "e\u0301", "aа", "a@", "a.a@", "12-", "please ", "you are ", "refund ", "send your ",
    "On x wrote", "---- ",
)  # fmt: skip
# Of a text that is read, screened, scored, told in language, and sent as an answer. Where the
# time grew with the square of the length, the least of these cost over a hundred times as much.
MOST = 25


@pytest.fixture(scope="module")
def plain_seconds(django_db_setup: None, django_db_blocker: object) -> float:
    with django_db_blocker.unblock():  # type: ignore[attr-defined]
        seconds(PLAIN)
        return min(seconds(PLAIN) for _ in range(3))


@pytest.mark.parametrize("piece", PIECES)
def test_no_text_is_much_slower_than_a_plain_one(piece: str, plain_seconds: float) -> None:
    taken = min(seconds(piece), seconds(piece)) / plain_seconds
    assert taken < MOST


def seconds(piece: str) -> float:
    text = (piece * (MAX_QUESTION // len(piece) + 1))[:MAX_QUESTION]
    started = time.perf_counter()
    plaintext.read(text)
    screen(Question(channel="web", texts=(text,)))
    sentiment.read_mood(text)
    smalltalk.is_small_talk(text)
    language.detect_language(text)
    plaintext.from_markdown(text)
    list_objections(clean(text), [])
    return time.perf_counter() - started


def test_of_many_messages_the_newest_words_are_kept() -> None:
    question = Question(
        channel="web", texts=("old " * 6_000, "newest words"), subject="About my board"
    )
    assert len(question.text) == MAX_QUESTION
    assert len(question.full_text) <= MAX_QUESTION
    assert question.full_text.startswith("About my board\n\n")
    assert question.full_text.endswith("newest words")


def test_default_lines_are_replaced_and_edited_ones_are_not() -> None:
    migration = import_module("agent.migrations.0006_bounded_guardrails")
    shipped = {line for default in DEFAULTS for line in default.patterns.split("\n")}
    assert set(migration.REPLACED.values()) <= shipped
    old, new = next(iter(migration.REPLACED.items()))
    rule = GuardrailRule.objects.get(name="Instructions to the agent")
    rule.patterns = f"{old}\n^\\W*(?:system) of ours"
    rule.save()
    migration.replace_lines(apps, None)
    rule.refresh_from_db()
    assert rule.patterns == f"{new}\n^\\W*(?:system) of ours"


def test_a_table_of_rules_only_is_nothing() -> None:
    assert plaintext.from_markdown("| |\n| |\n") == ""
