"""Whatever comes is parsed or quarantined: nothing escapes, nothing is lost."""

import os

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from channels.gmail.charsets import decode, repair
from channels.gmail.encoded_words import decode_extended, decode_words
from channels.gmail.html_text import html_to_text
from channels.gmail.markup import sanitise_html
from channels.gmail.parse import parse_mail
from channels.gmail.types import MailProblem
from tests.channels.gmail.mails import mail, multipart, raw_mail
from tests.channels.gmail.mutations import OWN, check, mutants, read_mutants

# `MUTATED_MAILS=10000` reads as many as the acceptance run does.
MUTATED_MAILS = int(os.environ.get("MUTATED_MAILS", "500"))
FIELDS = [
    "From", "Sender", "To", "Cc", "Subject", "Date", "Message-ID", "References", "In-Reply-To",
    "Reply-To", "Return-Path", "Authentication-Results", "Precedence", "Auto-Submitted",
    "Content-Type", "Content-Disposition", "Content-ID", "MIME-Version", "X-Failed-Recipients",
    "Content-Transfer-Encoding",
]  # fmt: skip
QUIET = settings(
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def parsed_or_quarantined(raw: bytes) -> None:
    try:
        check(parse_mail(raw_mail(raw), own_addresses=OWN))
    except MailProblem:
        return


def test_case_28_mutated_mails_are_parsed_or_quarantined_one_by_one() -> None:
    outcome, longest = read_mutants(MUTATED_MAILS, seed=1)
    assert sum(outcome.values()) == MUTATED_MAILS
    assert outcome["parsed"] > MUTATED_MAILS // 2
    assert longest < 5


def test_mutations_are_the_same_for_the_same_seed() -> None:
    assert list(mutants(5, seed=7)) == list(mutants(5, seed=7))
    assert list(mutants(5, seed=7)) != list(mutants(5, seed=8))


@QUIET
@given(st.binary(max_size=2_000))
def test_any_bytes(raw: bytes) -> None:
    parsed_or_quarantined(raw)
    parsed_or_quarantined(b"From: a@example.com\r\n" + raw)


@QUIET
@given(st.binary(max_size=400), st.text(max_size=80), st.text(max_size=40))
def test_any_body_type_and_encoding(body: bytes, content_type: str, encoding: str) -> None:
    typed = content_type.encode("utf-8", "replace")
    raw = mail(body).replace(b"text/plain; charset=utf-8", typed)
    parsed_or_quarantined(raw)
    parsed_or_quarantined(mail(body, encoding=encoding.replace("\n", "").encode().decode()))


@QUIET
@given(
    st.dictionaries(st.sampled_from(FIELDS), st.binary(max_size=200)),
)
def test_any_header_fields(fields: dict[str, bytes]) -> None:
    head = b"".join(name.encode() + b": " + value + b"\r\n" for name, value in fields.items())
    parsed_or_quarantined(head + b"\r\nbody")
    parsed_or_quarantined(head + mail())
    parsed_or_quarantined(multipart(head + b"\r\npart"))


@QUIET
@given(st.text(max_size=400))
def test_any_html(html: str) -> None:
    html_to_text(html)
    sanitise_html(html)
    html_to_text(f"<div style='{html}'><blockquote type=cite>{html}</blockquote>{html}</div>")


@given(st.binary(max_size=200), st.text(max_size=40))
def test_any_bytes_in_any_charset_become_text(data: bytes, label: str) -> None:
    decode(data, label).encode("utf-8", "surrogatepass")


@given(st.binary(max_size=200))
def test_headers_lose_their_surrogates(data: bytes) -> None:
    raw = data.decode("ascii", "surrogateescape")
    for text in (repair(raw), decode_words(raw), decode_words(f"=?utf-8?q?{raw}?=")):
        text.encode("utf-8")
    decode_extended(raw).encode("utf-8")
