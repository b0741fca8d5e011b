"""From examples in the database to what the agent takes a message for."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from django.db import connection
from procrastinate.contrib.django.models import ProcrastinateJob

from agent.intents.recognition import recognise
from agent.intents.retraining import retrain
from agent.models import AgentRun, Intent, IntentExample, IntentModel
from agent.tasks import answer_conversation
from tickets.models import Ticket

Intents = dict[str, Intent]


def test_what_was_taught_is_recognised(intents: Intents, now: datetime) -> None:
    model = retrain(now=now)
    assert model is not None
    assert model.is_active
    assert (model.intents, model.examples, model.left_out) == (3, 28, [])
    assert model.accuracy >= 0.8
    assert model.none_caught is not None

    seen = recognise("could you mail me the invoice for june")
    assert seen is not None
    assert (seen.name, seen.in_scope) == ("find_invoice", True)
    assert 0.5 < seen.score <= 1

    other = recognise("Is it going to rain in Paris tomorrow?")
    assert other is not None
    assert not other.in_scope


def test_nothing_taught_is_no_reason_for_anything(db: None, now: datetime) -> None:
    assert retrain(now=now) is None
    assert recognise("Where is my invoice?") is None


def test_a_run_keeps_what_was_recognised(
    intents: Intents, ask: Callable[..., Ticket], now: datetime
) -> None:
    def answer(message: str) -> AgentRun:
        newest = ask(message, subject="", email="x@example.com").conversation.messages.latest("pk")
        answer_conversation(conversation_id=newest.conversation_id, message_id=newest.pk)
        return AgentRun.objects.get(message=newest)

    unknown = answer("Please mail me the invoice for June")
    assert (unknown.intent, unknown.intent_score) == ("", None)
    retrain(now=now)
    run = answer("Please mail me the invoice for July")
    assert run.intent == "find_invoice"
    assert run.intent_score == pytest.approx(0.8, abs=0.2)
    assert run.steps.get(kind="intent").detail["in_scope"] is True


def test_an_intent_with_few_examples_is_left_out(intents: Intents, now: datetime) -> None:
    IntentExample.objects.filter(
        text__in=["I forgot my password", "Change my password please"]
    ).delete()
    model = retrain(now=now)
    assert model is not None
    assert (model.intents, model.left_out) == (2, ["reset_password"])


def test_a_worse_model_is_kept_but_not_used(intents: Intents, now: datetime) -> None:
    first = retrain(now=now)
    # Half of the examples of one intent said all at once to be another's.
    texts = [f"{verb} the invoice for {month}" for verb in ("Send", "Find", "Print", "Mail")
             for month in ("May", "June", "July")]  # fmt: skip
    for text in texts:
        IntentExample.objects.create(text=text, intent=intents["invite_people"])
    second = retrain(now=now + timedelta(minutes=1))
    assert first is not None
    assert second is not None
    assert not second.is_active
    assert "Not activated" in second.note
    assert IntentModel.objects.get(is_active=True) == first


def test_the_same_examples_are_not_learned_twice(intents: Intents, now: datetime) -> None:
    assert retrain(now=now) is not None
    assert retrain(now=now) is None
    assert IntentModel.objects.filter(is_active=True).count() == 1


def test_two_processes_do_not_learn_at_once(intents: Intents, now: datetime) -> None:
    ended = threading.Event()
    with ThreadPoolExecutor(1) as other:
        held = threading.Event()
        other.submit(_hold_the_lock, held, ended)
        assert held.wait(10)
        assert retrain(now=now) is None
        ended.set()
    assert not IntentModel.objects.exists()
    again = ProcrastinateJob.objects.get(task_name="agent.train_intents", status="todo")
    assert again.scheduled_at is not None
    assert retrain(now=now) is not None


def _hold_the_lock(held: threading.Event, ended: threading.Event) -> None:
    """As a process does that learns, on a connection of its own."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(7207)")
            held.set()
            ended.wait(30)
            cursor.execute("SELECT pg_advisory_unlock(7207)")
    finally:
        connection.close()


def test_what_is_unlearned_is_not_recognised_any_more(intents: Intents, now: datetime) -> None:
    retrain(now=now)
    Intent.objects.exclude(name="find_invoice").delete()
    assert retrain(now=now) is None
    assert recognise("Where is my invoice?") is None


def test_weights_of_another_release_block_nothing(intents: Intents, now: datetime) -> None:
    retrain(now=now)
    IntentModel.objects.update(weights=b"PK something else", id=987_654)
    assert recognise("Where is my invoice?") is None


def test_any_text_is_read(intents: Intents, now: datetime) -> None:
    retrain(now=now)
    assert recognise("") is None
    for text in ("?", "🙂", "a" * 5_000, "\ud800"):
        seen = recognise(text)
        assert seen is not None
        assert 0 <= seen.score <= 1
