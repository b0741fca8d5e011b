"""What people who hold a conversation are offered to answer with."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from agent import meaning
from agent.autonomy.ladder import ensure_rungs
from agent.models import AgentRun, PastReply, Rung, Suggestion
from agent.suggestions.making import suggest_replies
from agent.suggestions.past_replies import UnlearnedError, learn_replies
from agent.suggestions.use import PREFIX
from crm.models import Message, User
from knowledge.embeddings import LOCAL, EmbeddingError, get_embedder
from tests.knowledge.fake_embedder import BagOfWordsEmbedder
from tickets.models import Satisfaction, Ticket
from tickets.services import reply_to_ticket, resolve_ticket
from tickets.signals import offer_used

pytestmark = pytest.mark.usefixtures("help_centre")

Ask = Callable[..., Ticket]
Answer = Callable[[Ticket], AgentRun]
WriteOn = Callable[[Ticket, str], None]
RunJobs = Callable[[], int]


def offered(ticket: Ticket, kind: str) -> list[Suggestion]:
    found = Suggestion.objects.filter(conversation=ticket.conversation_id, kind=kind)
    return list(found.order_by("position"))


def test_a_quotation_with_its_link_and_what_is_not_to_be_quoted(
    ask: Ask, run_jobs: RunJobs, client: Client, bob: User
) -> None:
    ticket = ask("May I speak to a person? How do I export a board to Excel?", subject="Export")
    run_jobs()
    public = next(one for one in offered(ticket, "passage") if one.is_quotable)
    assert "Board menu > Export" in public.text
    assert public.text.endswith("/help/exports/export-board#export") or "/help/" in public.text
    client.force_login(bob)
    shown = client.get(f"/admin/tickets/ticket/{ticket.pk}/change/").content.decode()
    assert f'data-insert="suggestion-{public.pk}"' in shown


def test_internal_articles_inform_and_are_never_inserted(
    ask: Ask, run_jobs: RunJobs, client: Client, bob: User
) -> None:
    ticket = ask("I want a refund of 200 euros for the payment, who approves it?", subject="Refund")
    run_jobs()
    internal = [one for one in offered(ticket, "passage") if not one.is_quotable]
    assert [one.title for one in internal] == ["Staff: deciding a refund"]
    client.force_login(bob)
    shown = client.get(f"/admin/tickets/ticket/{ticket.pk}/change/").content.decode()
    assert "not to be quoted" in shown
    assert f'data-insert="suggestion-{internal[0].pk}"' not in shown


def test_what_the_agent_prepared_comes_first_and_says_that_it_is_supported(
    ask: Ask, run_jobs: RunJobs
) -> None:
    ensure_rungs(now=timezone.now())
    Rung.objects.update(level=Rung.Level.SHADOW, is_fixed=True)
    ticket = ask("How do I invite people to my workspace?", subject="Invite")
    run_jobs()
    run = AgentRun.objects.get(conversation=ticket.conversation_id)
    [prepared] = offered(ticket, "prepared")
    assert (prepared.position, prepared.is_supported) == (0, True)
    assert prepared.text == run.draft


def test_colleagues_answers_to_like_questions_without_the_people_in_them(
    ask: Ask, run_jobs: RunJobs, bob: User
) -> None:
    first = answered(ask, run_jobs, bob)
    assert learn_replies(now=timezone.now()) == 1
    assert learn_replies(now=timezone.now()) == 0
    ticket = ask(
        "May I talk to somebody? Is Bitcoin accepted as payment by you?", subject="Bitcoin"
    )
    run_jobs()
    [found] = offered(ticket, "staff")
    assert found.ticket == first
    assert "card or by SEPA" in found.text
    assert "Alice" not in found.text
    assert "alice1@example.com" not in found.text


def test_a_ticket_that_cannot_be_read_keeps_no_other_from_being_learned(
    ask: Ask, run_jobs: RunJobs, bob: User, embedder: Callable[[], BagOfWordsEmbedder]
) -> None:
    first, second = (answered(ask, run_jobs, bob, number=number) for number in (1, 2))
    fake = embedder()

    def refuse_once() -> None:
        fake.before_embedding = lambda: None
        raise EmbeddingError

    fake.before_embedding = refuse_once
    with pytest.raises(UnlearnedError, match=second.reference):
        learn_replies(now=timezone.now())
    assert [past.ticket for past in PastReply.objects.all()] == [first]
    assert learn_replies(now=timezone.now()) == 1


def test_what_was_rated_poorly_is_not_learned(ask: Ask, run_jobs: RunJobs, bob: User) -> None:
    ticket = answered(ask, run_jobs, bob)
    Satisfaction.objects.create(ticket=ticket, score=1, created_at=timezone.now())
    assert learn_replies(now=timezone.now()) == 0
    assert not PastReply.objects.exists()


def test_what_is_rated_poorly_later_is_offered_no_more(
    ask: Ask, run_jobs: RunJobs, bob: User
) -> None:
    first = answered(ask, run_jobs, bob)
    learn_replies(now=timezone.now())
    Satisfaction.objects.create(ticket=first, score=1, created_at=timezone.now())
    ticket = ask(
        "May I talk to somebody? Is Bitcoin accepted as payment by you?", subject="Bitcoin"
    )
    run_jobs()
    assert offered(ticket, "staff") == []


def test_they_follow_what_the_customer_writes_and_go_when_nothing_waits(
    ask: Ask, run_jobs: RunJobs, write_on: WriteOn, client: Client, bob: User
) -> None:
    def shown() -> str:
        return client.get(f"/admin/tickets/ticket/{ticket.pk}/change/").content.decode()

    client.force_login(bob)
    ticket = ask("May I speak to a person? It is about an export to Excel.", subject="Export")
    run_jobs()
    assert titles(ticket)[0] == "How do I export a board to Excel or CSV?"
    reply_to_ticket(ticket=ticket, staff=bob, text="Of course.", now=timezone.now())
    write_on(ticket, "And how do I set up two-factor authentication?")
    run_jobs()
    assert titles(ticket)[0] == "How do I set up two-factor authentication?"
    assert 'data-insert="suggestion-' in shown()
    reply_to_ticket(ticket=ticket, staff=bob, text="See there.", now=timezone.now())
    run_jobs()
    assert 'data-insert="suggestion-' not in shown()


def test_using_one_is_kept_with_how_much_was_left_of_it(
    ask: Ask, run_jobs: RunJobs, client: Client, bob: User, carol: User
) -> None:
    ticket = ask("May I speak to a person? How do I export a board to Excel?", subject="Export")
    run_jobs()
    offer = offered(ticket, "passage")[0]
    client.force_login(bob)
    newest = ticket.conversation.messages.latest("pk").pk
    path = f"/admin/tickets/ticket/{ticket.pk}/reply/"
    form = {"seen": newest, "then": "send", "used": f"suggestion:{offer.pk}"}
    refused = client.post(path, {**form, "text": "Dear [NAME], see there."})
    assert refused.status_code == 400
    client.post(path, {**form, "text": f"Hello Alice, {offer.text}"})
    run_jobs()
    offer.refresh_from_db()
    assert (offer.used_by, offer.kept) == (bob, 1.0)
    assert offer.reply == Message.objects.filter(author="staff").latest("pk")
    client.force_login(carol)
    listed = client.get("/admin/agent/suggestion/").content.decode()
    assert "100 %" in listed
    assert "100%" in listed
    client.force_login(User.objects.create_user("eve", is_staff=True))
    assert client.get(f"/admin/agent/suggestion/{offer.pk}/change/").status_code == 403


def test_an_offer_of_another_conversation_is_not_counted(
    ask: Ask, run_jobs: RunJobs, client: Client, bob: User
) -> None:
    other = ask("May I speak to a person? How do I export a board?", subject="Export")
    ticket = ask("May I speak to a person, please?", email="dan@example.com")
    run_jobs()
    offer = offered(other, "passage")[0]
    client.force_login(bob)
    newest = ticket.conversation.messages.latest("pk").pk
    form = {"seen": newest, "then": "send", "used": f"suggestion:{offer.pk}", "text": "Hello."}
    client.post(f"/admin/tickets/ticket/{ticket.pk}/reply/", form)
    run_jobs()
    offer.refresh_from_db()
    assert offer.reply is None


def test_the_web_process_loads_no_embedding_model() -> None:
    code = (
        "import django, sys; django.setup(); from config import urls;"
        "heavy = {'onnxruntime', 'tokenizers', 'litellm', 'onnx'};"
        "print(sorted(heavy & set(sys.modules)))"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120
    )
    assert ran.stdout.strip().splitlines()[-1] == "[]"


@pytest.fixture
def embedder(settings: Any) -> Iterator[Callable[[], BagOfWordsEmbedder]]:
    """Puts a double in the place of the local model, from the call on."""

    def use() -> BagOfWordsEmbedder:
        meaning.embed.cache_clear()
        double = f"{BagOfWordsEmbedder.__module__}.{BagOfWordsEmbedder.__qualname__}"
        settings.EMBEDDERS = {**settings.EMBEDDERS, "local": double}
        fake = get_embedder(LOCAL)
        assert isinstance(fake, BagOfWordsEmbedder)
        return fake

    yield use
    meaning.embed.cache_clear()


def answered(ask: Ask, run_jobs: RunJobs, staff: User, *, number: int = 1) -> Ticket:
    """A ticket that staff answered and resolved; another one for each number."""
    subject, email = f"Paying with Bitcoin{'!' * (number - 1)}", f"alice{number}@example.com"
    ticket = ask("Do you accept Bitcoin?", subject=subject, email=email)
    run_jobs()
    reply_to_ticket(
        ticket=ticket,
        staff=staff,
        text="Hello Alice,\nwe do not take Bitcoin. You can pay by card or by SEPA transfer; the "
        "receipt goes to alice1@example.com.\nBest regards",
        now=timezone.now(),
    )
    run_jobs()
    resolve_ticket(ticket=ticket, actor=str(staff), now=timezone.now())
    return ticket


def titles(ticket: Ticket) -> list[str]:
    return [one.title for one in offered(ticket, "passage")]


def test_a_reply_meanwhile_keeps_the_offer_that_it_was_written_from(
    ask: Ask, run_jobs: RunJobs, bob: User
) -> None:
    """The job that made offers anew threw away what a colleague had just answered with."""
    ticket = ask("May I speak to a person? How do I export a board to Excel?", subject="Export")
    run_jobs()
    [used, *_rest] = offered(ticket, "passage")

    replies = iter([reply_with_offer])

    def reply(execute: Any, sql: str, *rest: Any) -> Any:
        if "FOR UPDATE" in sql:
            for write in replies:
                write(ticket, bob, used)
        return execute(sql, *rest)

    with connection.execute_wrapper(reply):
        assert suggest_replies(ticket.conversation_id, now=timezone.now()) == 0
    run_jobs()
    used.refresh_from_db()
    assert used.reply is not None
    assert used.kept == 1.0


def reply_with_offer(ticket: Ticket, staff: User, offer: Suggestion) -> None:
    now = timezone.now()
    message = reply_to_ticket(ticket=ticket, staff=staff, text=offer.text, now=now)
    offer_used.send(
        sender=Message,
        conversation_id=message.conversation_id,
        message_id=message.pk,
        used=f"{PREFIX}{offer.pk}",
    )
    [job] = ProcrastinateJob.objects.filter(task_name="agent.note_use")
    assert job.lock == f"conversation:{message.conversation_id}"
