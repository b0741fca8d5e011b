"""What leaves: one reply to one address, in its thread, with nothing smuggled in."""

import email
from email import policy
from email.message import EmailMessage
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.gmail.compose import compose_mail, compose_subject, message_id
from channels.gmail.types import AutomaticKind, OutgoingMail
from channels.types import TransportError
from crm.types import Source
from tests.channels.gmail.mails import RECEIVED, SUPPORT, read


def outgoing(**changes: Any) -> OutgoingMail:
    values: dict[str, Any] = {
        "delivery_id": "d-1",
        "to_address": "alice@example.com",
        "subject": "A question",
        "text": "Hello Alice,\n\npress the <button>.\nTwice.",
        "to_name": "Alice Ahmed",
        "ticket_reference": "TKT-0042",
        "in_reply_to": "<a3@mail.example.com>",
        "references": ("<a1@mail.example.com>", "<o1@brightlane.example>"),
        **changes,
    }
    return OutgoingMail(**values)


def composed(mail: OutgoingMail) -> EmailMessage:
    raw = compose_mail(mail, now=RECEIVED)
    return email.message_from_bytes(raw, policy=policy.default)


def test_a_reply_in_its_thread() -> None:
    found = composed(outgoing())
    assert found["From"] == f"Brightlane <{SUPPORT}>"
    assert found["To"] == "Alice Ahmed <alice@example.com>"
    assert found["Subject"] == "Re: A question"
    assert found["In-Reply-To"] == "<a3@mail.example.com>"
    assert found["References"].strip() == (
        "<a1@mail.example.com> <o1@brightlane.example> <a3@mail.example.com>"
    )
    assert found["Auto-Submitted"] == "auto-replied"
    assert found["X-Auto-Response-Suppress"] == "All"
    assert found["X-Allhours-Delivery"] == "d-1"
    assert found["Cc"] is None
    assert found["Bcc"] is None
    assert found["Message-ID"] == message_id("d-1")
    assert composed(outgoing())["Message-ID"] == found["Message-ID"]


def test_text_and_html_say_the_same() -> None:
    mail = outgoing(
        greeting="Hi Alice,",
        signature="Your Brightlane team\nsupport",
        sources=(Source(title="Lamps & more", url="https://help.example/lamps?a=1&b=2"),),
    )
    found = composed(mail)
    text = found.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    html = found.get_body(("html",)).get_content()  # type: ignore[union-attr]
    for words in ("Hi Alice,", "Your Brightlane team", "TKT-0042"):
        assert words in text
        assert words in html
    assert "press the <button>." in text
    assert "press the &lt;button&gt;.<br>Twice." in html
    assert "- Lamps & more: https://help.example/lamps?a=1&b=2" in text
    assert '<a href="https://help.example/lamps?a=1&amp;b=2">Lamps &amp; more</a>' in html
    assert "\r\n-- \r\n" in text


def test_sources_that_are_no_web_addresses_are_left_out() -> None:
    sources = (Source(title="x", url="javascript:alert(1)"), Source(title="y", url="/relative"))
    html = composed(outgoing(sources=sources)).get_body(("html",))
    assert "javascript" not in html.get_content()  # type: ignore[union-attr]


def test_a_reply_by_staff_is_not_marked_automatic() -> None:
    found = composed(outgoing(automatic=False))
    assert found["Auto-Submitted"] is None
    assert found["X-Auto-Response-Suppress"] == "All"


@pytest.mark.parametrize(
    ("subject", "expected"),
    [
        ("A question", "Re: A question"),
        ("Re: A question", "Re: A question"),
        ("RE: AW: Re: A question", "Re: A question"),
        ("Re[2]: A question", "Re: A question"),
        ("Fwd: A question", "Re: Fwd: A question"),
        ("", "Re:"),
        ("Result: none", "Re: Result: none"),
        ("A\r\nBcc: eve@evil.example", "Re: A Bcc: eve@evil.example"),
    ],
)
def test_subjects_stay_the_same_in_a_thread(subject: str, expected: str) -> None:
    assert compose_subject(outgoing(subject=subject)) == expected


def test_case_5_a_mail_that_begins_a_thread_names_the_ticket() -> None:
    first = outgoing(in_reply_to="", references=())
    assert compose_subject(first) == "A question [TKT-0042]"
    assert compose_subject(outgoing(), tag_subject=True) == "Re: A question [TKT-0042]"
    tagged = outgoing(subject="Re: A question [TKT-0042]")
    assert compose_subject(tagged, tag_subject=True) == "Re: A question [TKT-0042]"


def test_case_18_our_own_reply_is_recognised_when_it_comes_back() -> None:
    parsed = read(compose_mail(outgoing(), now=RECEIVED))
    assert parsed.automatic is AutomaticKind.OWN_ADDRESS
    assert parsed.text_new.startswith("Hello Alice")


def test_case_25_a_reply_goes_to_the_one_address_only() -> None:
    found = composed(outgoing(to_name='Eve" <eve@evil.example>, "Alice'))
    assert [address.addr_spec for address in found["To"].addresses] == ["alice@example.com"]


@pytest.mark.parametrize(
    "address",
    [
        "",
        "alice",
        "alice@example.com, eve@evil.example",
        "alice@example.com\r\nBcc: eve@evil.example",
        "Alice <alice@example.com>",
        "jürgen@example.com",
    ],
)
def test_addresses_that_cannot_be_sent_to_are_a_permanent_failure(address: str) -> None:
    with pytest.raises(TransportError) as caught:
        compose_mail(outgoing(to_address=address), now=RECEIVED)
    assert caught.value.permanent


def test_an_international_domain_is_written_in_ascii() -> None:
    found = composed(outgoing(to_address="alice@bücher.example"))
    assert found["To"].addresses[0].addr_spec == "alice@xn--bcher-kva.example"


def test_long_threads_keep_the_first_and_the_newest_references() -> None:
    many = tuple(f"<m{n}@example.com>" for n in range(100))
    references = composed(outgoing(references=many))["References"].split()
    assert len(references) == 20
    assert references[0] == "<m0@example.com>"
    assert references[-2:] == ["<m99@example.com>", "<a3@mail.example.com>"]


TEXTS = st.text(max_size=120)
FIELDS = {
    "From", "To", "Subject", "Date", "Message-ID", "In-Reply-To", "References", "MIME-Version",
    "X-Allhours-Delivery", "X-Allhours-Ticket", "X-Auto-Response-Suppress", "Auto-Submitted",
    "Content-Type",
}  # fmt: skip


@given(TEXTS, TEXTS, TEXTS, TEXTS, TEXTS, TEXTS)
def test_no_text_becomes_a_field(
    subject: str, name: str, text: str, reference: str, thread: str, delivery: str
) -> None:
    mail = outgoing(
        subject=subject + "\r\nBcc: eve@evil.example",
        to_name=name + "\nBcc: eve@evil.example",
        text=text,
        greeting=text,
        signature=name,
        ticket_reference=reference + "\r\nX-Evil: 1",
        in_reply_to=thread + "\r\nX-Evil: 1",
        references=(thread, "<ok@example.com>"),
        delivery_id=delivery,
    )
    found = composed(mail)
    assert set(found.keys()) <= FIELDS
    assert [address.addr_spec for address in found["To"].addresses] == ["alice@example.com"]
    assert not found.defects


@given(st.text(min_size=1, max_size=300))
def test_text_arrives_as_it_was_written(text: str) -> None:
    raw = compose_mail(outgoing(text=f"begin {text} end"), now=RECEIVED)
    assert all(len(line) <= 998 for line in raw.split(b"\r\n"))
    arrived = composed(outgoing(text=f"begin {text} end")).get_body(("plain",))
    assert "begin" in arrived.get_content()  # type: ignore[union-attr]
