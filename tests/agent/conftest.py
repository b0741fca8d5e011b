"""The agent's stage: a small help centre under the real embedding model, and a model to script."""

import json
import uuid
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from django.utils import timezone
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from agent.models import AgentRun
from agent.pipeline import Considered
from agent.tasks import answer_conversation
from agent.types import Decision, Reading
from channels.web.submission import submit_reply
from crm.identity import resolve_identity
from crm.models import Conversation, CustomerIdentifier, Message
from crm.services import receive_message, start_conversation
from crm.types import Identity, IncomingMessage
from knowledge.indexing import index_article
from knowledge.models import Article
from tickets.models import Ticket
from tickets.services import continue_ticket, open_ticket

ARTICLES = {
    "billing/invoices": (
        "Where do I find my invoices?",
        "public",
        (
            "An invoice is issued on the day of the payment.\n\n## Download an invoice\n\n"
            "1. Open **Settings > Billing > Invoices**.\n"
            "2. Press the arrow beside an invoice to download the PDF.\n\n"
            "Only the Owner sees that page."
        ),
    ),
    "team/invite": (
        "How do I invite people to my workspace?",
        "public",
        (
            "An Owner or Admin invites people by e-mail.\n\n## Invite by e-mail\n\n"
            "1. Open **Settings > Members** and press **Invite**.\n"
            "2. Type one or more e-mail addresses and choose a role.\n"
            "3. Press **Send**.\n\nAn invitation is valid for 7 days."
        ),
    ),
    "security/two-factor": (
        "How do I set up two-factor authentication?",
        "public",
        (
            "Two-factor authentication asks for a second proof besides your password.\n\n"
            "## Switch it on\n\n1. Open **My account > Security** and press **Set up**.\n"
            "2. Scan the QR code with an authenticator app and type the six-digit code.\n"
            "3. Save the 10 recovery codes in a safe place."
        ),
    ),
    "exports/export-board": (
        "How do I export a board to Excel or CSV?",
        "public",
        (
            "You can export every board that you can open.\n\n## Export\n\n"
            "1. Open the board and choose **Board menu > Export**.\n"
            "2. Choose Excel or CSV and press **Export**.\n\n"
            "The file comes by e-mail within 10 minutes."
        ),
    ),
    "staff/refunds": (
        "Staff: deciding a refund",
        "internal",
        (
            "Any member of the Billing team may approve refunds up to 250 euros without asking the "
            "Billing lead first. Check the payments before you approve anything."
        ),
    ),
}


@pytest.fixture
def help_centre(db: None) -> dict[str, Article]:
    """Four public articles and an internal one, indexed, by address."""
    return {slug: write_article(slug, *values) for slug, values in ARTICLES.items()}


def write_article(slug: str, title: str, audience: str, body: str) -> Article:
    article = Article.objects.create(slug=slug, title=title, audience=audience, body=body)
    index_article(article.pk)
    return article


@pytest.fixture
def answer() -> Callable[[Ticket], AgentRun]:
    """Runs the job for a ticket's newest message; returns the conversation's newest run."""

    def run(ticket: Ticket) -> AgentRun:
        message = ticket.conversation.messages.latest("pk")
        answer_conversation(conversation_id=ticket.conversation_id, message_id=message.pk)
        ticket.refresh_from_db()
        return AgentRun.objects.filter(conversation=ticket.conversation_id).latest("pk")

    return run


@pytest.fixture
def write_on() -> Callable[[Ticket, str], None]:
    """The customer writes another message from the status page."""
    counter = iter(range(1, 1000))

    def write(ticket: Ticket, text: str) -> None:
        token = f"00000000-0000-4000-9000-{next(counter):012d}"
        submit_reply(ticket=ticket, text=text, files=(), token=token, now=timezone.now())

    return write


@pytest.fixture
def chat(db: None) -> Conversation:
    """A conversation on WhatsApp with nothing said yet."""
    identity = Identity(CustomerIdentifier.Kind.PHONE, "+4915112345678", "whatsapp:+4915112345678")
    identifier = resolve_identity(
        identity, name="Alice", trust=CustomerIdentifier.Trust.AUTHENTICATED
    )
    return start_conversation(identifier=identifier, channel="whatsapp", subject="")


def say(chat: Conversation, text: str) -> Message:
    """Alice writes in a chat."""
    count = chat.messages.count()
    incoming = IncomingMessage(
        external_id=f"whatsapp:SM{count}", text=text, received_at=timezone.now()
    )
    message, _created = receive_message(conversation=chat, incoming=incoming)
    if count:
        continue_ticket(message=message)
    else:
        open_ticket(message=message, subject="Chat")
    return message


class ScriptedModel:
    """An OpenAI-compatible server that answers with the next turn of its script, the last one
    again and again. A turn is a list of (tool, arguments), a text, or a whole HTTP response.

    Asked to judge an answer, it finds it supported, unless its script has a word on that: those
    requests are in `judged`.
    """

    def __init__(self, server: HTTPServer, base: str) -> None:
        self.requests: list[dict[str, Any]] = []
        self.judged: list[dict[str, Any]] = []
        self.judges_by_script = False
        self.script: list[Any] = []
        server.expect_request(f"{base}/chat/completions").respond_with_handler(self._answer)

    def play(self, *turns: Any) -> None:
        self.script = list(turns)

    @property
    def seen(self) -> str:
        """All that ever reached the model."""
        return json.dumps(self.requests, ensure_ascii=False)

    def passage_ids(self) -> list[int]:
        """The ids in the newest search result that it was shown, best first."""
        for message in reversed(self.requests[-1]["messages"]):
            if message["role"] == "tool" and "passages" in message["content"]:
                rows = json.loads(message["content"])["passages"]
                return [row["id"] for row in rows if row["audience"] == "public"]
        return []

    def _answer(self, request: Request) -> Response:
        asked = json.loads(request.get_data())
        names = [tool["function"]["name"] for tool in asked["tools"]]
        if names == ["verdict"] and not self.judges_by_script:
            self.judged.append(asked)
            return self._write([("verdict", {"supported": True})], asked)
        self.requests.append(asked)
        turn = self.script[min(len(self.requests), len(self.script)) - 1]
        if callable(turn) and not isinstance(turn, Response):
            turn = turn()
        if isinstance(turn, Response):
            return turn
        return self._write(turn, asked)

    def _write(self, turn: Any, asked: dict[str, Any]) -> Response:
        message: dict[str, Any] = {"role": "assistant", "content": None}
        if isinstance(turn, str):
            message["content"] = turn
        else:
            message["tool_calls"] = _write_calls(turn)
        body = {
            "id": "x",
            "object": "chat.completion",
            "created": 1,
            "model": asked["model"],
            "choices": [{"index": 0, "finish_reason": "stop", "message": message}],
            "usage": {"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120},
        }
        return Response(json.dumps(body), content_type="application/json")


@pytest.fixture
def model(httpserver: HTTPServer, settings: Any, monkeypatch: pytest.MonkeyPatch) -> ScriptedModel:
    """The configured model, on loopback, with a script for each test, and an address: a call that
    an earlier test gave up may still arrive, and is not to take a turn of this one's."""
    base = f"/{uuid.uuid4().hex}/v1"
    monkeypatch.setenv("OPENAI_API_BASE", httpserver.url_for(base))
    monkeypatch.setenv("OPENAI_API_KEY", "test-key")
    settings.LLM_MODEL = "openai/gpt-4o-mini"
    settings.LLM_TIMEOUT_SECONDS = 10
    return ScriptedModel(httpserver, base)


def _write_calls(calls: Sequence[tuple[str, object]]) -> list[dict[str, Any]]:
    return [
        {
            "id": f"call-{number}",
            "type": "function",
            "function": {
                "name": name,
                "arguments": arguments if isinstance(arguments, str) else json.dumps(arguments),
            },
        }
        for number, (name, arguments) in enumerate(calls)
    ]


def decided(action: str, *, text: str = "") -> Considered:
    """What the agent might have come to, without its thinking."""
    return Considered(Decision(action, "why", text=text), Reading("en", (0.0,)))
