"""Mails damaged at random: what transport, filters and bad programs do, and attackers try."""

import collections
import random
import time
from collections.abc import Iterator

from channels.gmail.parse import parse_mail
from channels.gmail.types import MailProblem, ParsedMail
from tests.channels.gmail.mails import (
    GOOGLE_PASS,
    PNG,
    attachment,
    bounce,
    html_mail,
    mail,
    multipart,
    nested,
    part,
    raw_mail,
)

OWN = ["support@brightlane.example"]
_TOKENS = [
    b"\x00", b"\xff\xfe", b"=?utf-8?B?", b"=?x?Q?=", b"?=", b"\r\n\r\n", b"\r\n ", b"--=_mixed_1",
    b"--=_mixed_1--", b"Content-Type: multipart/mixed; boundary=x\r\n", b"charset=punycode",
    b"charset=zip", b"charset=\"utf-7\"", b"base64", b"quoted-printable", b"uuencode", b";", b"(",
    b'"', b"<", b">", b",", b"@", b"filename*=", b"filename*0*=x''", b"name*99999999999=",
    b"\x1b$B", b"begin 644 x\r\n", b"message/rfc822", b"multipart/alternative", b"text/html",
    b"<div>" * 300,
    b"<!--", b"]]>", b"<style>", b"&#xE000;", b"&#0;", b"\xed\xa0\x80", b"From: ",
    b"Date: Fri, 99 X", b"On 1.1.2026 <a@b> wrote:\r\n", b"> ", b"\r", b"\n",
    b"\x85", "\u2028".encode(), b"=", b"%00",
]  # fmt: skip


def seeds() -> list[bytes]:
    html = '<p>Hi</p><div style="display:none">x</div><blockquote type=cite>old</blockquote>'
    return [
        mail(),
        mail("Größe".encode("latin-1"), content_type="text/plain; charset=iso-8859-1"),
        mail("請求書".encode("iso2022_jp"), content_type="text/plain; charset=iso-2022-jp"),
        mail(b"R3LDtsOfZQ==", encoding="base64", subject="=?utf-8?B?R3LDtsOfZQ==?="),
        mail(b"Gr=C3=B6=C3=9Fe=\r\n more", encoding="quoted-printable"),
        mail("a \nb\n> c\n-- \nsig", content_type="text/plain; format=flowed; delsp=yes"),
        html_mail(html),
        multipart(part("plain"), part(html, "text/html"), kind="alternative"),
        multipart(nested(part("plain"), part(html, "text/html")), attachment(), attachment()),
        multipart(
            part('<img src="cid:p">', "text/html"),
            part(PNG, "image/png", encoding="base64", Content_ID="<p>"),
            kind="related",
        ),
        multipart(part("x"), attachment(name="filename*=utf-8''R%C3%BC.pdf")),
        multipart(part("fw"), part(mail("inner"), "message/rfc822"), subject="Fwd: x"),
        bounce(),
        bounce("4.2.2", "delayed"),
        mail(Authentication_Results=GOOGLE_PASS, References="<a@b> <c@d>", Reply_To="x@y.example"),
        mail("On 20/11/26 09:58, X <x@y.example> wrote:\n> q\nanswer\n> q2\n"),
        mail("Hi\n\nFrom: X <x@y.example>\nSent: now\nTo: z\nSubject: s\n\nold", subject="WG: s"),
    ]


def mutants(count: int, seed: int) -> Iterator[bytes]:
    """The same mails for the same seed."""
    source = random.Random(seed)
    originals = seeds()
    for _ in range(count):
        raw = bytearray(source.choice(originals))
        for _ in range(source.randint(1, 8)):
            _damage(raw, source, originals)
        yield bytes(raw)


def read_mutants(count: int, seed: int) -> tuple[collections.Counter[str], float]:
    """What became of each, and the longest time in seconds. Any exception but MailProblem
    escapes."""
    outcome: collections.Counter[str] = collections.Counter()
    longest = 0.0
    for raw in mutants(count, seed):
        started = time.perf_counter()
        try:
            check(parse_mail(raw_mail(raw), own_addresses=OWN))
            outcome["parsed"] += 1
        except MailProblem:
            outcome["quarantined"] += 1
        longest = max(longest, time.perf_counter() - started)
    return outcome, longest


def check(parsed: ParsedMail) -> None:
    """What every parsed mail promises."""
    texts = [
        parsed.message_id, parsed.from_name, parsed.from_address, parsed.reply_to, parsed.subject,
        parsed.in_reply_to, parsed.text_new, parsed.text_full, parsed.html_sanitised,
        *parsed.references, *parsed.to, *parsed.cc,
        *(file.name + file.content_type + (file.cid or "") for file in parsed.attachments),
        *(file.name + file.content_type for file in parsed.omitted),
    ]  # fmt: skip
    for text in texts:
        assert "\x00" not in text
        text.encode("utf-8")  # no surrogates: the database takes it
    assert parsed.from_address
    assert parsed.message_id
    assert parsed.date_sent.tzinfo is not None
    for line in (parsed.subject, parsed.from_name, parsed.message_id):
        assert "\n" not in line
        assert "\r" not in line


def _damage(raw: bytearray, source: random.Random, originals: list[bytes]) -> None:
    at = source.randrange(len(raw) + 1)
    kind = source.randrange(7)
    if kind == 0 and at < len(raw):
        raw[at] = source.randrange(256)
    elif kind == 1:
        del raw[at : at + source.randint(1, 40)]
    elif kind == 2:
        raw[at:at] = source.choice(_TOKENS)
    elif kind == 3:
        raw[at:at] = raw[at : at + source.randint(1, 200)] * source.randint(1, 5)
    elif kind == 4:
        other = source.choice(originals)
        start = source.randrange(len(other))
        raw[at:at] = other[start : start + source.randint(1, 300)]
    elif kind == 5:
        del raw[at:]
    else:
        lines = bytes(raw).split(b"\r\n")
        source.shuffle(lines)
        if source.random() < 0.2:
            raw[:] = b"\r\n".join(lines)
