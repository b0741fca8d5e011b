"""The parts of the page that change by themselves, and whether they did."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.template.loader import render_to_string

from config.playground import customers, desk

Context = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Pane:
    """What stands in the element `id`; `digest` is the same as long as the content is."""

    id: str
    html: str
    digest: str


def render_panes(request: HttpRequest, *, number: str) -> list[Pane]:
    """Mail, the chat with `number`, and the books. A double that does not answer is said so."""
    return [
        _render(request, "mails", "playground/_mails.html", _mails),
        _render(request, "chat", "playground/_chat.html", lambda: _chat(number)),
        _render(request, "books", "playground/_books.html", _books),
    ]


def _render(request: HttpRequest, name: str, template: str, load: Callable[[], Context]) -> Pane:
    try:
        context = load()
    except customers.OutOfReach as problem:
        context = {"out_of_reach": str(problem)}
    html = render_to_string(template, context, request)
    return Pane(name, html, hashlib.sha256(html.encode()).hexdigest()[:12])


def _mails() -> Context:
    if not customers.plays_mail():
        return {"real": settings.GMAIL_SUPPORT_ADDRESS, "played": False}
    threads = customers.list_threads()
    mails = {thread.thread_id: [mail.gmail_id for mail in thread.mails] for thread in threads}
    taken = desk.find_taken(desk.Channel.EMAIL, mails)
    entries = [(thread, taken.get(thread.thread_id)) for thread in threads]
    return {"played": True, "entries": entries}


def _chat(number: str) -> Context:
    if not customers.plays_chat():
        return {"real": settings.TWILIO_WHATSAPP_FROM.removeprefix("whatsapp:"), "played": False}
    lines = customers.list_chat(customers.read_chat_books(), number)
    mine = [f"whatsapp:{line.sid}" for line in lines if line.mine]
    taken = desk.find_taken(desk.Channel.WHATSAPP, {number: mine})
    return {"played": True, "lines": lines, "taken": taken.get(number)}


def _books() -> Context:
    rows = []
    if customers.plays_mail():
        outbox = desk.get_outbox(desk.Channel.EMAIL)
        rows.append(("E-mail", customers.mail_ledger(), outbox))
    if customers.plays_chat():
        outbox = desk.get_outbox(desk.Channel.WHATSAPP)
        ledger = customers.chat_ledger(customers.read_chat_books())
        rows.append(("WhatsApp", ledger, outbox))
    return {"rows": rows, "attempts": desk.list_attempts()}
