"""Intents in the console: labelled from messages, edited, learned again, returned to."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from agent.models import AgentRun, Intent, IntentExample, IntentModel
from crm.models import User
from tickets.models import Ticket

Ask = Callable[..., Ticket]


def make_model(**changes: Any) -> IntentModel:
    values: dict[str, Any] = {
        "weights": b"",
        "embedder": "test",
        "intents": 3,
        "examples": 28,
        "left_out": ["invite_people"],
        "accuracy": 0.931,
        "kept": 0.95,
        "none_caught": None,
        "confusions": [["find_invoice", "reset_password", 4]],
        "seconds": 3.0,
        "created_at": timezone.now(),
        **changes,
    }
    return IntentModel.objects.create(**values)


def waiting_trainings() -> int:
    return ProcrastinateJob.objects.filter(task_name="agent.train_intents", status="todo").count()


def test_a_message_is_labelled_with_one_click(
    intents: dict[str, Intent], client: Client, bob: User, ask: Ask
) -> None:
    ticket = ask("My card is 4111 1111 1111 1111, why was alice@example.com not invited?")
    message = ticket.conversation.messages.get(direction="in")
    AgentRun.objects.create(
        conversation=ticket.conversation,
        message=message,
        state="done",
        intent="reset_password",
        started_at=timezone.now(),
    )
    client.force_login(bob)
    page = f"/admin/agent/intent/label/{message.pk}/"
    shown = client.get(f"/admin/tickets/ticket/{ticket.pk}/change/").content.decode()
    assert page in shown
    assert "Seems to be: Reset password" in shown
    assert "Invite people" in client.get(page).content.decode()

    answered = client.post(page, {"intent": "invite_people"})
    assert answered["Location"] == f"/admin/tickets/ticket/{ticket.pk}/change/"
    example = IntentExample.objects.get(message=message)
    assert (example.intent, example.source, example.labelled_by) == (
        intents["invite_people"],
        "staff",
        bob,
    )
    assert "4111" not in example.text
    assert "alice@" not in example.text
    assert "Labelled: Invite people" in client.get(answered["Location"]).content.decode()

    client.post(page, {"intent": ""})
    example.refresh_from_db()
    assert example.intent is None
    assert waiting_trainings() == 1


def test_two_messages_of_the_same_words_are_one_example(
    intents: dict[str, Intent], client: Client, bob: User, ask: Ask
) -> None:
    client.force_login(bob)
    for number in range(2):
        ticket = ask("WHERE is my invoice?", email=f"c{number}@example.com")
        message = ticket.conversation.messages.get(direction="in")
        client.post(f"/admin/agent/intent/label/{message.pk}/", {"intent": "find_invoice"})
    assert IntentExample.objects.filter(text__iexact="where is my invoice?").count() == 1


def test_the_figures_of_a_model_are_shown(
    intents: dict[str, Intent], client: Client, carol: User
) -> None:
    model = make_model(note="Not activated: worse.")
    client.force_login(carol)
    assert "93.1%" in client.get("/admin/agent/intentmodel/").content.decode()
    shown = client.get(f"/admin/agent/intentmodel/{model.pk}/change/").content.decode()
    for words in ("93.1%", "Find invoice → Reset password", "Invite people", "Not activated"):
        assert words in shown


def test_an_earlier_model_is_returned_to(client: Client, carol: User) -> None:
    earlier, active = make_model(), make_model(is_active=True)
    client.force_login(carol)
    client.post(f"/admin/agent/intentmodel/{earlier.pk}/activation/")
    earlier.refresh_from_db()
    active.refresh_from_db()
    assert (earlier.is_active, active.is_active) == (True, False)
    client.post("/admin/agent/intentmodel/training/")
    assert waiting_trainings() == 1


@pytest.mark.parametrize("path", ["1/activation/", "training/"])
def test_agents_may_label_but_not_switch(path: str, client: Client, bob: User) -> None:
    client.force_login(bob)
    assert client.post(f"/admin/agent/intentmodel/{path}").status_code == 403
    assert client.get("/admin/agent/intentexample/").status_code == 403


def test_examples_are_edited_imported_and_deleted(
    intents: dict[str, Intent], client: Client, carol: User
) -> None:
    client.force_login(carol)
    client.post("/admin/agent/intentexample/add/", {"text": "bill please", "intent": ""})
    assert IntentExample.objects.get(text="bill please").labelled_by == carol

    table = "text,intent\nWhere is my invoice?,reset_password\nA new one,invite_people\n"
    file = SimpleUploadedFile("examples.csv", table.encode(), "text/csv")
    form = {"import_file": file, "format": "0", "resource": ""}
    preview = client.post("/admin/agent/intentexample/import/", form)
    confirm = preview.context["confirm_form"].initial
    client.post("/admin/agent/intentexample/process_import/", confirm)
    moved = IntentExample.objects.get(text="Where is my invoice?")
    assert moved.intent == intents["reset_password"]
    assert IntentExample.objects.get(text="A new one").intent == intents["invite_people"]
    assert waiting_trainings() == 1

    client.post(f"/admin/agent/intentexample/{moved.pk}/delete/", {"post": "yes"})
    assert not IntentExample.objects.filter(pk=moved.pk).exists()
    assert "too few to learn" not in client.get("/admin/agent/intent/").content.decode()
