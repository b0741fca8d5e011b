"""The status page: what it shows, to whom, and what its customer can do there."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from crm import services as crm
from crm.models import Attachment, Conversation, Message, User
from crm.types import IncomingFile
from tickets import services
from tickets.models import Satisfaction, Ticket

pytestmark = pytest.mark.django_db

Ask = Callable[..., Ticket]


def at(ticket: Ticket, place: str = "", **query: Any) -> str:
    extra = "".join(f"&{name}={value}" for name, value in query.items())
    return f"/status/{ticket.reference}/{place}?key={ticket.access_key}{extra}"


def page(client: Client, ticket: Ticket) -> str:
    response = client.get(at(ticket))
    assert response.status_code == 200
    return response.content.decode()


def shown_in(html: str) -> str:
    match = re.search(r"shown=([^\"&]+)", html)
    assert match
    return match[1]


def answer(ticket: Ticket, text: str = "Like this.", **sources: str) -> Message:
    """The agent answers, and the answer is on the page."""
    question = ticket.conversation.messages.awaiting_answer().last()
    assert question
    message = crm.queue_agent_reply(
        conversation=ticket.conversation,
        answers=question,
        text=text,
        sources=[{"title": title, "url": url} for title, url in sources.items()],
        now=timezone.now(),
    )
    services.note_agent_reply(ticket=ticket, now=timezone.now())
    deliver()
    return message


def deliver() -> None:
    Message.objects.filter(state=Message.State.QUEUED).update(state=Message.State.SENT)


# --- Who may look ---------------------------------------------------------------------------
def test_the_key_opens_the_page_and_nothing_gives_it_away(client: Client, ask: Ask) -> None:
    ticket = ask("How do I export?")
    response = client.get(at(ticket))
    assert "How do I export?" in response.content.decode()
    assert response["Referrer-Policy"] == "no-referrer"
    assert response["Cache-Control"] == "no-store"
    assert "noindex" in response["X-Robots-Tag"]
    assert not response.cookies


def test_without_the_key_it_looks_as_if_there_were_no_ticket(client: Client, ask: Ask) -> None:
    ticket, other = ask(), ask("Another")
    answers = [
        client.get(f"/status/{ticket.reference}/"),
        client.get(f"/status/{ticket.reference}/?key=wrong"),
        client.get(f"/status/{ticket.reference}/?key={other.access_key}"),
        client.get(f"/status/{ticket.reference}/?key=%00%ff"),
        client.get(f"/status/TKT-9999/?key={ticket.access_key}"),
        client.get(f"/status/nonsense/?key={ticket.access_key}"),
    ]
    bodies = [re.sub(r"<code>.*?</code>", "", response.content.decode()) for response in answers]
    assert {response.status_code for response in answers} == {404}
    assert len(set(bodies)) == 1


@pytest.mark.parametrize("place", ["conversation/", "file/"])
def test_the_parts_of_the_page_need_the_key(client: Client, ask: Ask, place: str) -> None:
    assert client.get(f"/status/{ask().reference}/{place}?key=wrong").status_code == 404


@pytest.mark.parametrize("place", ["resolution/", "person/", "rating/", "reply/"])
def test_its_buttons_need_the_key(client: Client, ask: Ask, place: str) -> None:
    ticket = ask()
    wrong = client.post(f"/status/{ticket.reference}/{place}?key=wrong", {"text": "x", "score": 5})
    assert wrong.status_code == 404
    elsewhere = client.post(at(ticket, place), headers={"Sec-Fetch-Site": "cross-site"})
    assert elsewhere.status_code == 403
    assert client.get(at(ticket, place)).status_code == 405
    ticket.refresh_from_db()
    assert ticket.status == Ticket.Status.OPEN


# --- What it shows --------------------------------------------------------------------------
def test_both_voices_with_sources(client: Client, ask: Ask, bob: User) -> None:
    ticket = ask("First question")
    answer(ticket, "See https://example.com/a?b=1&c=2.", Export="/help/export", Bad="javascript:x")
    bob.public_name = "Bob of Brightlane"
    bob.save()
    services.reply_to_ticket(ticket=ticket, staff=bob, text="And I add this.", now=timezone.now())
    deliver()
    html = page(client, ticket)
    order = ["First question", "Support assistant", "See ", "Bob of Brightlane", "And I add"]
    places = [html.index(text) for text in order]
    assert places == sorted(places)
    assert '<a href="https://example.com/a?b=1&amp;c=2" rel="nofollow noopener noreferrer">' in html
    assert 'href="/help/export"' in html
    assert "javascript:" not in html


def test_notes_and_what_was_not_sent_stay_inside(
    client: Client, ask: Ask, bob: User, now: datetime
) -> None:
    ticket = ask()
    crm.add_note(conversation=ticket.conversation, staff=bob, text="a note", now=now)
    services.reply_to_ticket(ticket=ticket, staff=bob, text="still queued", now=now)
    html = page(client, ticket)
    assert "a note" not in html
    assert "still queued" not in html


def test_the_state_is_said_in_words(client: Client, ask: Ask, bob: User, now: datetime) -> None:
    ticket = ask()
    assert "We have your message" in page(client, ticket)
    answer(ticket)
    assert "Answered: it is your turn" in page(client, ticket)
    services.request_person(ticket=ticket, now=now)
    assert "With our team" in page(client, ticket)
    services.take_over_ticket(ticket=ticket, staff=bob, now=now)
    assert "A person is working on this" in page(client, ticket)
    services.resolve_ticket(ticket=ticket, actor="bob", now=now)
    assert "Resolved" in page(client, ticket)
    services.close_ticket(ticket=ticket, actor="bob", now=now)
    assert "Closed" in page(client, ticket)


def test_a_late_answer_is_admitted(client: Client, ask: Ask) -> None:
    ticket = ask()
    Conversation.objects.update(last_message_at=timezone.now() - timedelta(minutes=2))
    assert "This takes longer than usual" in page(client, ticket)


def test_the_page_costs_five_queries_however_long_it_is(
    client: Client, ask: Ask, bob: User, django_assert_num_queries: Any
) -> None:
    ticket = ask()
    for _ in range(3):
        services.reply_to_ticket(ticket=ticket, staff=bob, text="More", now=timezone.now())
    deliver()
    client.get(at(ticket))
    with django_assert_num_queries(5):
        client.get(at(ticket))


def test_a_visit_is_noted(client: Client, ask: Ask) -> None:
    ticket = ask()
    page(client, ticket)
    ticket.refresh_from_db()
    assert ticket.viewed_at is not None


# --- What comes by itself -------------------------------------------------------------------
def test_no_news_is_an_empty_answer(
    client: Client, ask: Ask, django_assert_num_queries: Any
) -> None:
    ticket = ask()
    shown = shown_in(page(client, ticket))
    with django_assert_num_queries(3):
        response = client.get(at(ticket, "conversation/", shown=shown))
    assert (response.status_code, response.content) == (204, b"")


def test_the_answer_comes_alone_and_once(client: Client, ask: Ask) -> None:
    ticket = ask("The question")
    shown = shown_in(page(client, ticket))
    assert "every 500ms" in page(client, ticket)
    answer(ticket, "The answer")
    html = client.get(at(ticket, "conversation/", shown=shown)).content.decode()
    assert "beforeend:#messages" in html
    assert "The answer" in html
    assert "The question" not in html
    assert "Answered: it is your turn" in html
    assert 'hx-swap-oob="innerHTML:#actions"' in html
    assert 'name="text"' not in html, "the reply box is left alone"
    assert "every 5000ms" in html
    again = client.get(at(ticket, "conversation/", shown=shown_in(html)))
    assert again.status_code == 204


def test_an_answer_that_overtakes_is_put_in_its_place(client: Client, ask: Ask) -> None:
    ticket = ask("One")
    question = ticket.conversation.messages.get()
    crm.queue_agent_reply(
        conversation=ticket.conversation,
        answers=question,
        text="Two",
        sources=[],
        now=timezone.now(),
    )
    reply = {"text": "Three", "token": "44444444-4444-4444-8444-444444444444"}
    client.post(at(ticket, "reply/"), reply)
    shown = shown_in(page(client, ticket))
    deliver()
    html = client.get(at(ticket, "conversation/", shown=shown)).content.decode()
    assert "innerHTML:#messages" in html
    assert html.index("One") < html.index("Two") < html.index("Three")


@pytest.mark.parametrize("shown", ["", "nonsense", "1.2.3", "a.b.c.d.e"])
def test_a_token_that_is_not_ours_shows_everything(client: Client, ask: Ask, shown: str) -> None:
    html = client.get(at(ask("The question"), "conversation/", shown=shown)).content.decode()
    assert "The question" in html


def test_a_page_that_is_left_open_stops_to_look(client: Client, ask: Ask) -> None:
    ticket = ask()
    answer(ticket)
    past = timezone.now() - timedelta(hours=5)
    Conversation.objects.update(last_message_at=past)
    Ticket.objects.update(updated_at=past)
    html = page(client, ticket)
    assert "has stopped looking for news" in html
    assert "every " not in re.sub(r"<p.*?</p>", "", html)


# --- What the customer can do ---------------------------------------------------------------
def test_this_solved_it(client: Client, ask: Ask) -> None:
    ticket = ask()
    answer(ticket)
    response = client.post(at(ticket, "resolution/"))
    assert (response.status_code, response["Location"]) == (303, ticket.status_path)
    ticket.refresh_from_db()
    assert ticket.status == Ticket.Status.RESOLVED
    assert "How did we do?" in page(client, ticket)


def test_buttons_with_scripts_ask_for_news(client: Client, ask: Ask) -> None:
    ticket = ask()
    response = client.post(at(ticket, "resolution/"), headers={"HX-Request": "true"})
    assert (response.status_code, response["HX-Trigger"]) == (204, "news")


def test_a_person_is_asked_for_once(client: Client, ask: Ask) -> None:
    ticket = ask()
    for _ in range(2):
        client.post(at(ticket, "person/"))
    ticket.refresh_from_db()
    assert ticket.escalation_reason == Ticket.Reason.HUMAN_REQUEST
    assert ticket.events.filter(kind="escalated").count() == 1
    deliver()
    html = page(client, ticket)
    assert "I would like a person" not in html
    assert html.count('class="message from-system"') == 1


def test_a_rating_is_kept_and_may_change(client: Client, ask: Ask, now: datetime) -> None:
    ticket = ask()
    services.resolve_ticket(ticket=ticket, actor="customer", now=now)
    client.post(at(ticket, "rating/"), {"score": "4", "comment": "Good\x00 work"})
    assert list(Satisfaction.objects.values_list("score", "comment")) == [(4, "Good work")]
    assert "You gave us 4 of 5" in page(client, ticket)
    client.post(at(ticket, "rating/"), {"score": "5"})
    assert Satisfaction.objects.get().score == 5


@pytest.mark.parametrize("score", ["", "0", "6", "4.5", "five", "99999999999999999999"])
def test_a_wrong_rating_is_refused_and_the_comment_stays(
    client: Client, ask: Ask, now: datetime, score: str
) -> None:
    ticket = ask()
    services.resolve_ticket(ticket=ticket, actor="customer", now=now)
    for headers in ({}, {"HX-Request": "true"}):
        response = client.post(
            at(ticket, "rating/"), {"score": score, "comment": "My comment"}, headers=headers
        )
        html = response.content.decode()
        assert response.status_code == 422
        assert "Choose from 1 (poor) to 5 (great)." in html
        assert "My comment" in html
    assert not Satisfaction.objects.exists()


def test_a_ticket_that_is_open_is_not_rated(client: Client, ask: Ask) -> None:
    client.post(at(ask(), "rating/"), {"score": "5"})
    assert not Satisfaction.objects.exists()


# --- Files ----------------------------------------------------------------------------------
@pytest.fixture
def with_file(ask: Ask) -> Ticket:
    return ask(files=(IncomingFile("résumé \u202e.txt", "text/plain", b"<script>x</script>"),))


def test_a_file_is_only_ever_downloaded(client: Client, with_file: Ticket) -> None:
    file = Attachment.objects.get()
    assert f"file={file.pk}" in page(client, with_file)
    response = client.get(at(with_file, "file/", file=file.pk))
    assert response.content == b"<script>x</script>"
    assert response["Content-Type"] == "application/octet-stream"
    assert response["Content-Disposition"].startswith("attachment;")
    assert response["X-Content-Type-Options"] == "nosniff"


def test_nobody_gets_a_file_of_another_ticket(client: Client, with_file: Ticket, ask: Ask) -> None:
    other = ask("Another question")
    file = Attachment.objects.get()
    for value in (file.pk, "", "x", "-1", "9" * 30, "9" * 5_000):
        expected = 404
        assert client.get(at(other, "file/", file=value)).status_code == expected
