"""The reply box and the request for a lost link."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.core import mail
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from channels.web.links import LINK_LIMIT_OF_TICKET
from tickets import services
from tickets.models import Ticket

pytestmark = pytest.mark.django_db

Ask = Callable[..., Ticket]
TOKEN = "55555555-5555-4555-8555-555555555555"
HTMX = {"HX-Request": "true"}


def reply(client: Client, ticket: Ticket, *, headers: Any = None, **fields: Any) -> Any:
    data = {"text": "And another thing.", "token": TOKEN, **fields}
    address = f"/status/{ticket.reference}/reply/?key={ticket.access_key}"
    return client.post(address, data, headers=headers)


def test_a_reply_keeps_the_thread(client: Client, ask: Ask) -> None:
    ticket = ask()
    response = reply(client, ticket)
    assert (response.status_code, response["Location"]) == (303, ticket.status_path)
    texts = ticket.conversation.messages.values_list("text", flat=True)
    assert list(texts) == ["How do I invite a colleague?", "And another thing."]


def test_with_scripts_an_empty_box_comes_back(client: Client, ask: Ask) -> None:
    response = reply(client, ask(), headers=HTMX)
    html = response.content.decode()
    assert (response.status_code, response["HX-Trigger"]) == (200, "news")
    assert html.startswith('<form id="reply"')
    assert "And another thing." not in html
    assert TOKEN not in html


def test_a_double_click_gives_one_reply(client: Client, ask: Ask) -> None:
    ticket = ask()
    reply(client, ticket)
    reply(client, ticket)
    assert ticket.conversation.messages.count() == 2


def test_the_same_token_on_two_tickets_is_two_replies(client: Client, ask: Ask) -> None:
    one, two = ask(), ask("Another question")
    reply(client, one)
    reply(client, two)
    assert one.conversation.messages.count() == two.conversation.messages.count() == 2


@pytest.mark.parametrize("headers", [{}, HTMX])
@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"text": " \x00 "}, "Write your reply."),
        ({"text": "x" * 10_001}, "Keep this within 10000 characters"),
        ({"attachments": ("a.exe", b"MZ")}, "of a type that we do not accept"),
    ],
)
def test_what_is_refused_stays_in_the_box(
    client: Client, ask: Ask, fields: dict[str, Any], sentence: str, headers: dict[str, str]
) -> None:
    ticket = ask()
    sent = {
        name: SimpleUploadedFile(*value) if isinstance(value, tuple) else value
        for name, value in fields.items()
    }
    response = reply(client, ticket, headers=headers, **sent)
    html = response.content.decode()
    assert response.status_code == 422
    assert sentence in html
    assert fields.get("text", "And another thing.")[:50] in html or "\x00" in fields["text"]
    assert ticket.conversation.messages.count() == 1


def test_a_token_that_is_none_is_no_obstacle(client: Client, ask: Ask) -> None:
    assert reply(client, ask(), token="nonsense").status_code == 303


def test_a_resolved_ticket_opens_again(client: Client, ask: Ask, now: datetime) -> None:
    ticket = ask()
    services.resolve_ticket(ticket=ticket, actor="customer", now=now)
    reply(client, ticket)
    ticket.refresh_from_db()
    assert ticket.status == Ticket.Status.OPEN


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_a_closed_ticket_is_followed_by_a_new_one(
    client: Client, ask: Ask, now: datetime, headers: dict[str, str]
) -> None:
    ticket = ask()
    services.close_ticket(ticket=ticket, actor="bob", now=now)
    response = reply(client, ticket, headers=headers)
    successor = Ticket.objects.exclude(pk=ticket.pk).get()
    target = response.headers.get("HX-Redirect" if headers else "Location")
    assert target == f"{successor.status_path}&new=1"


def test_too_many_replies_wait_and_lose_nothing(client: Client, ask: Ask, settings: Any) -> None:
    settings.FORM_RATE_LIMIT = (1, 3600)
    ticket = ask()
    reply(client, ticket)
    response = reply(client, ticket, text="A third thing.", headers=HTMX)
    html = response.content.decode()
    assert response.status_code == 429
    assert int(response["Retry-After"]) > 0
    assert "A third thing." in html


# --- The lost link --------------------------------------------------------------------------
def request_link(client: Client, reference: str, email: str, **headers: str) -> Any:
    return client.post("/status/", {"reference": reference, "email": email}, headers=headers)


def test_the_link_goes_to_the_address_of_the_ticket(
    client: Client, ask: Ask, run_jobs: Callable[[], int]
) -> None:
    ticket = ask()
    forget_jobs()
    response = request_link(client, ticket.reference.lower(), " Alice@Example.com ")
    assert response.status_code == 200
    assert ticket.access_key not in response.content.decode()
    run_jobs()
    (sent,) = mail.outbox
    assert sent.to == ["alice@example.com"]
    assert ticket.status_url in sent.body


def test_the_answer_is_the_same_whatever_is_true(
    client: Client, ask: Ask, run_jobs: Callable[[], int]
) -> None:
    ticket = ask()
    forget_jobs()
    pages = {
        request_link(client, reference, "mallory@example.com").content
        for reference in (ticket.reference, "TKT-9999", "nonsense", "TKT-٠٠٠١")
    }
    right = request_link(client, ticket.reference, "alice@example.com").content.decode()
    run_jobs()
    assert len(pages) == 1
    assert right.replace("alice@", "mallory@").encode() in pages
    assert [sent.to for sent in mail.outbox] == [["alice@example.com"]]


def test_a_ticket_is_asked_for_a_few_times_only(
    client: Client, ask: Ask, run_jobs: Callable[[], int]
) -> None:
    ticket = ask()
    forget_jobs()
    limit, _seconds = LINK_LIMIT_OF_TICKET
    for _ in range(limit + 2):
        assert request_link(client, ticket.reference, "alice@example.com").status_code == 200
    run_jobs()
    assert len(mail.outbox) == limit


def test_strangers_use_up_nothing_of_a_ticket_and_other_spellings_are_no_way_around(
    client: Client, ask: Ask, run_jobs: Callable[[], int]
) -> None:
    ticket = ask()
    forget_jobs()
    for _ in range(5):
        request_link(client, ticket.reference, "mallory@example.com")
    limit, _seconds = LINK_LIMIT_OF_TICKET
    for zeros in range(limit + 1):
        request_link(client, f"TKT-{'0' * zeros}{ticket.number:04d}", "alice@example.com")
    run_jobs()
    assert [sent.to for sent in mail.outbox] == [["alice@example.com"]] * limit
    assert all(ticket.subject not in sent.body for sent in mail.outbox)


def test_a_client_asks_a_few_times_only(client: Client) -> None:
    codes = [request_link(client, f"TKT-{n:04d}", "a@example.com").status_code for n in range(12)]
    assert codes == [200] * 10 + [429] * 2


def test_wrong_input_is_named_and_kept(client: Client) -> None:
    response = request_link(client, "", "nonsense")
    html = response.content.decode()
    assert response.status_code == 422
    assert "Enter the number of your ticket." in html
    assert "Enter an e-mail address such as" in html
    assert 'value="nonsense"' in html


def test_the_mail_speaks_the_language_of_the_browser(
    client: Client, ask: Ask, run_jobs: Callable[[], int]
) -> None:
    ticket = ask()
    forget_jobs()
    request_link(client, ticket.reference, "alice@example.com", **{"Accept-Language": "de"})
    run_jobs()
    assert "Ihr Link" in mail.outbox[0].subject


def forget_jobs() -> None:
    """Takes the question's own job away, which is not what these tests are about."""
    from procrastinate.contrib.django.models import ProcrastinateJob

    ProcrastinateJob.objects.all()._raw_delete("default")
