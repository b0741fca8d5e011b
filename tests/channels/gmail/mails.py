"""Mails as the programs of customers write them, byte for byte."""

import base64
from datetime import UTC, datetime

from channels.gmail.parse import parse_mail
from channels.gmail.types import ParsedMail, RawMail

SUPPORT = "support@brightlane.example"
ALICE = "Alice Ahmed <alice@example.com>"
RECEIVED = datetime(2026, 11, 20, 10, 0, 0, tzinfo=UTC)
GOOGLE_PASS = (
    "mx.google.com;\r\n"
    "       dkim=pass header.i=@example.com header.s=s1 header.b=Ab1;\r\n"
    "       spf=pass (google.com: domain of alice@example.com designates 192.0.2.1 as permitted"
    " sender) smtp.mailfrom=alice@example.com;\r\n"
    "       dmarc=pass (p=REJECT sp=REJECT dis=NONE) header.from=example.com"
)
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


def mail(
    body: str | bytes = "How do I invite a colleague?",
    *,
    content_type: str = "text/plain; charset=utf-8",
    encoding: str = "8bit",
    subject: str | bytes = "A question",
    sender: str | bytes = ALICE,
    message_id: str | None = "<a1@mail.example.com>",
    date: str | None = "Fri, 20 Nov 2026 09:58:00 +0000",
    **headers: str | bytes | None,
) -> bytes:
    """The bytes of a mail; a keyword becomes a field, with its underscores as hyphens."""
    fields: list[tuple[str, str | bytes | None]] = [
        ("Delivered-To", SUPPORT),
        ("From", sender),
        ("To", headers.pop("to", SUPPORT)),
        ("Subject", subject),
        ("Date", date),
        ("Message-ID", message_id),
        ("MIME-Version", "1.0"),
        ("Content-Type", content_type),
        ("Content-Transfer-Encoding", encoding),
    ]
    fields += [(name.replace("_", "-"), value) for name, value in headers.items()]
    head = b"".join(
        name.encode("ascii") + b": " + _bytes(value) + b"\r\n"
        for name, value in fields
        if value is not None
    )
    return head + b"\r\n" + _bytes(body).replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def part(
    body: str | bytes,
    content_type: str = "text/plain; charset=utf-8",
    *,
    encoding: str = "8bit",
    **headers: str | bytes,
) -> bytes:
    """One part of a multipart mail. Bytes with `base64` are encoded."""
    content = _bytes(body)
    if encoding == "base64":
        content = base64.encodebytes(content)
    fields: list[tuple[str, str | bytes]] = [
        ("Content-Type", content_type),
        ("Content-Transfer-Encoding", encoding),
        *((name.replace("_", "-"), value) for name, value in headers.items()),
    ]
    head = b"".join(name.encode() + b": " + _bytes(value) + b"\r\n" for name, value in fields)
    return head + b"\r\n" + content


def multipart(*parts: bytes, kind: str = "mixed", **headers: str | bytes | None) -> bytes:
    boundary = f"=_{kind}_1"
    return mail(
        _joined(parts, boundary),
        content_type=f'multipart/{kind}; boundary="{boundary}"',
        **headers,  # type: ignore[arg-type]
    )


def nested(*parts: bytes, kind: str = "alternative") -> bytes:
    """A multipart inside another."""
    boundary = f"=_{kind}_inner"
    head = f'Content-Type: multipart/{kind}; boundary="{boundary}"\r\n\r\n'.encode()
    return head + _joined(parts, boundary)


def attachment(
    content: bytes = b"%PDF-1.7 invoice",
    name: str = 'filename="invoice.pdf"',
    content_type: str = "application/pdf",
) -> bytes:
    return part(
        content,
        content_type,
        encoding="base64",
        Content_Disposition=f"attachment; {name}",
    )


def raw_mail(raw: bytes, *, labels: tuple[str, ...] = ("INBOX",), gmail_id: str = "g1") -> RawMail:
    return RawMail(gmail_id, "t1", labels, RECEIVED, raw)


def read(raw: bytes, **options: object) -> ParsedMail:
    return parse_mail(raw_mail(raw, **options))  # type: ignore[arg-type]


def html_mail(html: str, **headers: str | bytes | None) -> bytes:
    return mail(html, content_type="text/html; charset=utf-8", **headers)  # type: ignore[arg-type]


def bounce(
    status: str = "5.1.1",
    action: str = "failed",
    original_id: str = "<out-1@brightlane.example>",
    recipient: str = "alice@example.com",
) -> bytes:
    """As Gmail's own mail server reports."""
    return multipart(
        part("Address not found. Your message was not delivered."),
        part(
            f"Reporting-MTA: dns; googlemail.com\r\nArrival-Date: Fri, 20 Nov 2026 01:00:00 -0800"
            f"\r\n\r\nFinal-Recipient: rfc822; {recipient}\r\nAction: {action}\r\n"
            f"Status: {status}\r\nDiagnostic-Code: smtp; 550-{status} The email account does not"
            " exist\r\n",
            "message/delivery-status",
        ),
        part(
            f"From: Brightlane <{SUPPORT}>\r\nTo: {recipient}\r\nMessage-ID: {original_id}\r\n"
            "Subject: Re: A question\r\n\r\nHello",
            "message/rfc822",
        ),
        kind="report",
        sender="Mail Delivery Subsystem <mailer-daemon@googlemail.com>",
        subject="Delivery Status Notification (Failure)",
        Return_Path="<>",
        Auto_Submitted="auto-replied",
        X_Failed_Recipients=recipient,
    )


def _joined(parts: tuple[bytes, ...], boundary: str) -> bytes:
    mark = b"--" + boundary.encode()
    return b"".join(mark + b"\r\n" + part + b"\r\n" for part in parts) + mark + b"--\r\n"


def _bytes(value: str | bytes) -> bytes:
    return value.encode("utf-8") if isinstance(value, str) else value
