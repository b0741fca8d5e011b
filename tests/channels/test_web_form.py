"""The support form as a browser without scripts meets it."""

import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from channels.web.forms import HONEYPOT
from crm.models import Attachment, Customer, Message
from tickets.models import Ticket

pytestmark = pytest.mark.django_db

PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 100
TOKEN = "33333333-3333-4333-8333-333333333333"
QUESTION = {
    "name": "Alice Ahmed",
    "email": "alice@example.com",
    "phone": "",
    "subject": "Invitations",
    "category": "how_to",
    "priority": "normal",
    "message": "How do I invite a colleague?",
    "token": TOKEN,
}


@pytest.fixture(autouse=True)
def _no_limit(settings: Any) -> None:
    settings.FORM_RATE_LIMIT = None


def send(client: Client, **changes: Any) -> Any:
    return client.post("/support/", {**QUESTION, **changes})


def test_both_addresses_show_the_form(client: Client) -> None:
    for path in ("/", "/support/"):
        response = client.get(path)
        assert response.status_code == 200
        assert "<form" in response.content.decode()


def test_the_form_names_its_rules_and_sets_no_cookie(client: Client) -> None:
    response = client.get("/support/")
    html = response.content.decode()
    assert not response.cookies
    assert response["Cache-Control"] == "no-store"
    assert 'data-max="10000"' in html
    assert " maxlength" not in html, "a browser would cut off silently what is pasted"
    assert re.search(r'name="token" value="[0-9a-f-]{36}"', html)
    policy = response["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\son\w+=|\sstyle=", html)


@pytest.mark.parametrize("text", ["Hello!", "Help", "?"])
def test_a_word_is_enough(client: Client, text: str) -> None:
    assert send(client, subject="Hi", message=text).status_code == 303
    assert Message.objects.get().text == text


def test_a_link_can_suggest_subject_and_category(client: Client) -> None:
    html = client.get("/support/?subject=About+%3Cexports%3E&category=billing").content.decode()
    assert 'value="About &lt;exports&gt;"' in html
    assert '<option value="billing" selected>' in html


def test_a_right_form_leads_to_the_ticket_with_its_private_link(client: Client) -> None:
    response = send(client)
    assert response.status_code == 303
    ticket = Ticket.objects.get()
    address = urlsplit(response["Location"])
    assert address.path == f"/status/{ticket.reference}/"
    assert parse_qs(address.query) == {"key": [ticket.access_key], "new": ["1"]}
    page = client.get(response["Location"]).content.decode()
    assert ticket.reference in page
    assert ticket.status_url in page


def test_what_was_written_is_kept(client: Client) -> None:
    send(client, phone="+49 30 901820", priority="urgent")
    ticket = Ticket.objects.get()
    assert (ticket.subject, ticket.category, ticket.priority) == (
        "Invitations",
        "how_to",
        "urgent",
    )
    assert Message.objects.get().text == "How do I invite a colleague?"
    kinds = Customer.objects.get().identifiers.values_list("kind", "value")
    assert set(kinds) == {("email", "alice@example.com"), ("phone", "+4930901820")}


def test_a_double_click_gives_one_ticket(client: Client) -> None:
    first = send(client)
    second = send(client)
    assert first["Location"] == second["Location"]
    assert Ticket.objects.count() == 1


def test_another_question_from_the_same_page_is_another_ticket(client: Client) -> None:
    send(client)
    send(client, message="And how do I remove somebody?")
    assert Ticket.objects.count() == 2


def test_somebody_elses_token_opens_nothing(client: Client) -> None:
    alice = send(client)
    mallory = send(client, email="mallory@example.com")
    assert alice["Location"] != mallory["Location"]


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("name", "", "Tell us your name."),
        ("name", "x" * 201, "Keep this within 200 characters (it has 201)."),
        ("email", "", "Tell us the e-mail address"),
        ("email", "alice@", "Enter an e-mail address such as"),
        ("email", "alice@example.com\nbcc: all@example.com", "Enter an e-mail address such as"),
        ("phone", "12", "Enter the phone number with its country code"),
        ("subject", "", "Give your question a subject."),
        ("subject", "s" * 201, "Keep this within 200 characters"),
        ("category", "", "Choose what your question is about."),
        ("category", "gossip", "Choose one of the categories"),
        ("priority", "yesterday", "Choose one of the priorities"),
        ("message", "", "Write your question."),
        ("message", "m" * 10_001, "Keep this within 10000 characters (it has 10001)."),
        ("message", "\u200b" * 20, "Write your question."),
    ],
)
def test_a_wrong_field_is_named_and_nothing_typed_is_lost(
    client: Client, field: str, value: str, sentence: str
) -> None:
    response = send(client, **{field: value})
    html = response.content.decode()
    assert response.status_code == 422
    assert sentence in html
    assert f'id="id_{field}_error"' in html
    for name in {"name", "email", "subject", "message"} - {field}:
        assert QUESTION[name] in html
    assert not Ticket.objects.exists()


def test_control_characters_are_taken_out(client: Client) -> None:
    send(
        client,
        name="Ali\x00ce\x07",
        subject="One\r\nBcc: two",
        message="Line one\x00\r\nline\x1b two",
    )
    message = Message.objects.get()
    assert message.text == "Line one\nline two"
    assert Ticket.objects.get().subject == "One Bcc: two"
    assert Customer.objects.get().name == "Alice"


def test_every_script_and_emoji_is_taken(client: Client) -> None:
    text = "مرحبا، كيف أدعو زميلاً؟ 👩‍👩‍👧 שלום 你好"
    response = send(client, name="محمد", message=text)
    assert Message.objects.get().text == text
    assert 'dir="auto"' in client.get(response["Location"]).content.decode()


def test_a_line_break_counts_once(client: Client) -> None:
    assert send(client, message="m\r\n" * 5_000).status_code == 303


def test_markup_is_shown_as_it_was_typed(client: Client) -> None:
    response = send(client, subject="<script>alert(1)</script>", message="<img src=x onerror=y> &")
    html = client.get(response["Location"]).content.decode()
    assert "&lt;script&gt;alert(1)" in html
    assert "<img" not in html


def test_a_file_is_kept_with_the_message(client: Client) -> None:
    send(client, attachments=SimpleUploadedFile("shot.png", PNG, "text/html"))
    file = Attachment.objects.get()
    assert (file.name, file.content_type, file.size) == ("shot.png", "image/png", len(PNG))
    assert bytes(file.content) == PNG


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("shot.png", b"<html><script>x</script>", "is not what its name says"),
        ("notes.txt", b"<!doctype html><p>", "is not what its name says"),
        ("notes.txt", b"MZ\x90\x00\x03", "is not what its name says"),
        ("page.html", b"<p>hello</p>", "of a type that we do not accept"),
        ("drawing.svg", b"<svg/>", "of a type that we do not accept"),
        ("setup.exe", b"MZ", "of a type that we do not accept"),
        ("empty.txt", b"", "is empty"),
    ],
)
def test_a_file_that_is_not_what_it_says_is_refused(
    client: Client, name: str, content: bytes, sentence: str
) -> None:
    response = send(client, attachments=SimpleUploadedFile(name, content))
    html = response.content.decode()
    assert response.status_code == 422
    assert sentence in html
    assert name in html
    assert "have to be chosen again" in html
    assert QUESTION["message"] in html
    assert not Attachment.objects.exists()


def test_a_large_file_is_refused_and_what_was_typed_stays(client: Client, settings: Any) -> None:
    settings.ATTACHMENT_MAX_BYTES = 1024
    response = send(client, attachments=SimpleUploadedFile("big.txt", b"a" * 1025))
    html = response.content.decode()
    assert response.status_code == 422
    assert "“big.txt” is larger than 1" in html
    assert QUESTION["message"] in html


def test_too_many_files_are_refused(client: Client, settings: Any) -> None:
    files = [SimpleUploadedFile(f"{i}.txt", b"x") for i in range(settings.ATTACHMENT_MAX_FILES + 3)]
    response = send(client, attachments=files)
    assert response.status_code == 422
    assert "Choose at most 5 files." in response.content.decode()


def test_a_body_beyond_all_limits_is_refused_unread(client: Client, settings: Any) -> None:
    response = client.post(
        "/support/", {"message": "x" * 10}, CONTENT_LENGTH=settings.REQUEST_MAX_BYTES + 1
    )
    assert response.status_code == 413
    assert "too large" in response.content.decode()


def test_ten_megabytes_of_text_are_refused(client: Client) -> None:
    assert send(client, message="x" * 10_000_000).status_code == 413


def test_a_robot_is_asked_again_and_a_person_loses_nothing(client: Client) -> None:
    response = send(client, **{HONEYPOT: "https://spam.example"})
    html = response.content.decode()
    assert response.status_code == 422
    assert "send it again" in html
    assert QUESTION["message"] in html
    assert "spam.example" not in html
    assert not Ticket.objects.exists()


def test_who_sends_too_much_is_told_when_to_come_back(client: Client, settings: Any) -> None:
    settings.FORM_RATE_LIMIT = (2, 3600)
    send(client)
    send(client, subject="Second")
    response = send(client, subject="Third")
    html = response.content.decode()
    assert response.status_code == 429
    assert 0 < int(response["Retry-After"]) <= 3600
    assert "Nothing is lost" in html
    assert QUESTION["message"] in html
    assert Ticket.objects.count() == 2


def test_a_refused_form_counts_for_no_limit(client: Client, settings: Any) -> None:
    settings.FORM_RATE_LIMIT = (1, 3600)
    for _ in range(3):
        assert send(client, name="").status_code == 422
    assert send(client).status_code == 303


def test_only_trusted_proxies_say_who_the_client_is(client: Client, settings: Any) -> None:
    settings.FORM_RATE_LIMIT = (1, 3600)
    claimed = {"X-Forwarded-For": "198.51.100.1, 203.0.113.9"}
    other = {"X-Forwarded-For": "198.51.100.2, 203.0.113.9"}
    first = client.post("/support/", QUESTION, headers=claimed)
    again = client.post("/support/", {**QUESTION, "subject": "Second"}, headers=other)
    assert (first.status_code, again.status_code) == (303, 429), "the header alone is a claim"
    settings.TRUSTED_PROXIES = 2
    proxied = client.post("/support/", {**QUESTION, "subject": "Third"}, headers=other)
    assert proxied.status_code == 303


def test_a_form_that_another_site_sends_is_refused(client: Client) -> None:
    response = client.post("/support/", QUESTION, headers={"Sec-Fetch-Site": "cross-site"})
    assert response.status_code == 403
    assert not Ticket.objects.exists()


def test_other_methods_are_refused(client: Client) -> None:
    assert client.put("/support/").status_code == 405


def test_the_language_of_the_browser_is_noted(client: Client) -> None:
    client.post("/support/", QUESTION, headers={"Accept-Language": "de-AT,de;q=0.9"})
    assert Customer.objects.get().language == "de"
