"""An article is corrected: who got the old answer, and one correction to each of them."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from agent.models import AgentRun, Correction
from agent.recall.answers import OldAnswer, list_old_answers
from agent.recall.changes import Change, get_change
from agent.recall.corrections import queue_corrections
from agent.recall.wording import prepare_correction
from crm.models import Message, User
from knowledge.models import Article
from tickets.merging import merge_tickets
from tickets.models import Ticket
from tickets.services import resolve_ticket

Ask = Callable[..., Ticket]
Answer = Callable[[Ticket], AgentRun]

QUESTION = "How do I export a board to Excel?"
WRONG = "Choose Excel or CSV and press **Export**."
RIGHT = "Choose XLSX and press **Send**."


@pytest.fixture
def article(help_centre: dict[str, Article]) -> Article:
    return help_centre["exports/export-board"]


@pytest.fixture
def told(ask: Ask, answer: Answer, run_jobs: Callable[[], int], article: Article) -> Ticket:
    """Alice got the old answer."""
    ticket = ask(QUESTION)
    run_jobs()
    assert Message.objects.get(author="agent").state == Message.State.SENT
    return ticket


def correct(article: Article, **changes: Any) -> Change:
    article.refresh_from_db()
    for name, value in {"body": article.body.replace(WRONG, RIGHT), **changes}.items():
        setattr(article, name, value)
    article.save()
    change = get_change(article)
    assert change is not None
    return change


def test_who_was_told_the_old_text_is_found(told: Ticket, article: Article) -> None:
    [old] = list_old_answers(correct(article))
    assert (old.ticket, old.still_stands) == (told, False)
    assert "Excel or CSV" in "".join(old.gone)


def test_nothing_to_correct_without_a_change(told: Ticket, article: Article) -> None:
    assert get_change(article) is None
    article.keywords = "xls"
    article.save()
    assert get_change(article) is None


def test_an_answer_after_the_change_is_none_of_the_old(
    ask: Ask, run_jobs: Callable[[], int], article: Article
) -> None:
    change = correct(article)
    ask(QUESTION)
    run_jobs()
    assert Message.objects.filter(author="agent").exists()
    assert list_old_answers(change) == []


def test_an_answer_that_still_stands_is_told_apart(told: Ticket, article: Article) -> None:
    [old] = list_old_answers(correct(article, body=f"{article.body}\n\nTry it."))
    assert old.still_stands


def test_a_withdrawn_article_and_an_old_address_are_looked_at(
    told: Ticket, article: Article
) -> None:
    article.slug = "exports/elsewhere"
    article.save()
    change = correct(article, state="archived")
    assert change.kind == "withdrawn"
    [old] = list_old_answers(change)
    assert not old.still_stands
    assert "does not hold any more" in prepare_correction(change, old)


def test_the_prepared_text_says_what_was_wrong_and_what_holds(
    told: Ticket, article: Article
) -> None:
    change = correct(article)
    [old] = list_old_answers(change)
    text = prepare_correction(change, old)
    assert text.startswith("Hello Alice Ahmed,")
    assert "> 2. Choose Excel or CSV and press Export." in text or "> Choose Excel or CSV" in text
    assert "Choose XLSX and press Send." in text


def test_each_customer_is_written_to_once(
    told: Ticket, article: Article, bob: User, run_jobs: Callable[[], int]
) -> None:
    resolve_ticket(ticket=told, actor="bob", now=timezone.now())
    change = correct(article)
    [old] = list_old_answers(change)
    for _click in range(2):
        queue_corrections(change, {old: "It is XLSX."}, staff=bob, now=timezone.now())
    run_jobs()
    sent = Message.objects.get(author="staff")
    assert (sent.text, sent.state, sent.staff) == ("It is XLSX.", "sent", bob)
    assert Correction.objects.get().reply == sent
    told.refresh_from_db()
    assert told.status == Ticket.Status.RESOLVED


def test_a_job_that_runs_twice_writes_once(told: Ticket, article: Article, bob: User) -> None:
    from agent.recall.corrections import send_correction

    change = correct(article)
    queue_corrections(
        change, dict.fromkeys(list_old_answers(change), "It is XLSX."),
        staff=bob, now=timezone.now(),
    )  # fmt: skip
    for _run in range(2):
        send_correction(Correction.objects.get().pk, now=timezone.now())
    assert Message.objects.filter(author="staff").count() == 1


def test_what_waits_for_an_answer_still_waits(
    told: Ticket, article: Article, bob: User, run_jobs: Callable[[], int],
    write_on: Callable[[Ticket, str], None],
) -> None:  # fmt: skip
    change = correct(article)
    queue_corrections(
        change, dict.fromkeys(list_old_answers(change), "It is XLSX."),
        staff=bob, now=timezone.now(),
    )  # fmt: skip
    write_on(told, "And who may do that?")
    from agent.recall.corrections import send_correction

    send_correction(Correction.objects.get().pk, now=timezone.now() + timedelta(seconds=1))
    assert told.conversation.messages.awaiting_answer().exists()


def test_a_merged_ticket_hears_of_it_where_it_goes_on(
    told: Ticket, article: Article, bob: User, ask: Ask, prove: Callable[[Ticket], Ticket]
) -> None:
    from agent.recall.corrections import send_correction

    change = correct(article)
    queue_corrections(
        change, dict.fromkeys(list_old_answers(change), "It is XLSX."),
        staff=bob, now=timezone.now(),
    )  # fmt: skip
    kept = prove(ask("And where is my invoice?"))
    merge_tickets(survivor=kept, merged=prove(told), by=bob, now=timezone.now())
    send_correction(Correction.objects.get().pk, now=timezone.now())
    reply = Message.objects.get(author="staff")
    assert reply.conversation == kept.conversation
    assert Correction.objects.get().reply == reply
    # What the customer asked there is not answered by it.
    assert kept.conversation.messages.awaiting_answer().exists()


# --- In the console --------------------------------------------------------------------------
def test_it_is_offered_right_after_saving(
    client: Client, carol: User, told: Ticket, article: Article, run_jobs: Callable[[], int]
) -> None:
    client.force_login(carol)
    edit = f"/admin/knowledge/article/{article.pk}/change/"
    form = client.get(edit).context["adminform"].form
    values = {name: form.initial.get(name) or "" for name in form.fields}
    inline = {f"passages-{name}": 0 for name in ("TOTAL_FORMS", "INITIAL_FORMS")}
    values["body"] = article.body.replace(WRONG, RIGHT)
    saved = client.post(edit, {**values, **inline}, follow=True).content.decode()
    assert "1 answer was given from the old text." in saved
    page = f"/admin/agent/correction/article/{article.pk}/"
    assert page in saved
    shown = client.get(page).content.decode()
    assert "Alice Ahmed" in shown
    assert told.reference in shown
    change = get_change(article)
    assert change is not None
    done = client.post(page, {"change": change.id, "send": "all"}, follow=True).content.decode()
    assert "1 correction is on its way." in done
    assert "Dealt with" in done
    run_jobs()
    assert "Choose XLSX" in Message.objects.get(author="staff").text
    listed = client.get("/admin/agent/correction/").content.decode()
    assert "1 old answer" in listed


def test_one_is_edited_and_one_needs_none(
    client: Client, carol: User, told: Ticket, article: Article, ask: Ask,
    run_jobs: Callable[[], int],
) -> None:  # fmt: skip
    other = ask(QUESTION, email="b@example.com", name="Ben Baker")
    run_jobs()
    change = correct(article)
    answers: dict[Ticket | None, OldAnswer] = {one.ticket: one for one in list_old_answers(change)}
    client.force_login(carol)
    page = f"/admin/agent/correction/article/{article.pk}/"
    mine, theirs = answers[told].message.pk, answers[other].message.pk
    client.post(page, {"change": change.id, "send": mine, f"text-{mine}": "My own words."})
    client.post(page, {"change": change.id, "leave": theirs})
    client.post(page, {"change": change.id, "send": "all"})
    run_jobs()
    assert Message.objects.get(author="staff").text == "My own words."
    assert set(Correction.objects.values_list("state", flat=True)) == {"sent", "dismissed"}


def test_only_supervisors_write(client: Client, bob: User, told: Ticket, article: Article) -> None:
    correct(article)
    client.force_login(bob)
    assert client.get(f"/admin/agent/correction/article/{article.pk}/").status_code == 403


def test_pages_take_the_same_queries_for_any_length(
    client: Client, carol: User, told: Ticket, article: Article, ask: Ask,
    run_jobs: Callable[[], int], django_assert_num_queries: Any,
) -> None:  # fmt: skip
    for number in range(5):
        ask(QUESTION, email=f"c{number}@example.com")
    run_jobs()
    change = correct(article)
    answers = list_old_answers(change)
    assert len(answers) == 6
    queue_corrections(change, {answers[0]: "It is XLSX."}, staff=carol, now=timezone.now())
    client.force_login(carol)
    page = f"/admin/agent/correction/article/{article.pk}/"
    for path, count in ((page, 8), ("/admin/agent/correction/", 8)):
        client.get(path)
        with django_assert_num_queries(count):
            client.get(path)


def test_answers_are_found_by_an_index_over_the_pages_that_they_cite(
    told: Ticket, article: Article
) -> None:
    page = article.get_absolute_url()
    assert Message.objects.citing([page]).count() == 1
    assert Message.objects.citing([f"{page}s", page[:-1]]).count() == 0
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    assert "message_cited_pages" in Message.objects.citing([page]).order_by().explain()
