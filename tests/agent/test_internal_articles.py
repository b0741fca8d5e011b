"""Internal articles inform the model and staff; a customer never reads or hears of them."""

from collections.abc import Callable

import pytest
from django.core import mail
from django.test import Client

from agent.models import AgentRun
from crm.models import Message
from knowledge.models import Article
from tests.agent.conftest import ScriptedModel, write_article
from tickets.models import Ticket

Ask = Callable[..., Ticket]
Answer = Callable[[Ticket], AgentRun]

TITLE = "Staff: the turtle's keeper"
SECRET = (
    "The keeper of the office turtle may hand out up to 400 lettuce leaves a month to visitors "
    "without asking the head gardener."
)
QUESTION = "How many lettuce leaves may the keeper of the office turtle hand out?"
SEARCH = [("search_knowledge_base", {"query": QUESTION})]


@pytest.fixture(autouse=True)
def internal(help_centre: dict[str, Article]) -> Article:
    return write_article("staff/turtle", TITLE, "internal", SECRET)


def sending(
    model: ScriptedModel, text: str, *, cite: str
) -> Callable[[], list[tuple[str, object]]]:
    """Cites a public passage, the internal one, or both."""

    def turn() -> list[tuple[str, object]]:
        secret = list(Article.objects.get(title=TITLE).passages.values_list("pk", flat=True))
        public = model.passage_ids()[:1]
        ids = {"public": public, "internal": secret, "both": [*public, *secret]}[cite]
        return [("send_response", {"answer": text, "passage_ids": ids})]

    return turn


@pytest.mark.parametrize("cite", ["public", "internal", "both"])
@pytest.mark.parametrize(
    "text",
    [
        SECRET,
        (
            "The turtle keeper may give visitors up to 400 leaves of lettuce a month, and need not "
            "ask the head gardener."
        ),
        "Good news! Up to 400 lettuce leaves a month are handed out to visitors by the keeper.",
        f"As “{TITLE}” says, visitors may have lettuce leaves.",
    ],
)
def test_what_an_internal_article_says_is_not_sent(
    ask: Ask, answer: Answer, model: ScriptedModel, client: Client, text: str, cite: str
) -> None:
    model.play(SEARCH, sending(model, text, cite=cite))
    ticket = ask(QUESTION)
    run = answer(ticket)
    assert "400 lettuce leaves" in model.seen, "it may inform the model"
    assert run.decision == "hand_over"
    assert run.explanation
    assert_customer_hears_nothing(ticket, client)


def test_the_offline_model_does_not_answer_from_an_internal_article(
    ask: Ask, answer: Answer, client: Client
) -> None:
    ticket = ask(QUESTION)
    run = answer(ticket)
    assert (run.decision, run.reason) == ("hand_over", "no_knowledge")
    assert run.sources == []
    assert_customer_hears_nothing(ticket, client)


def test_a_public_answer_beside_an_internal_passage_names_public_pages_only(
    ask: Ask, answer: Answer, model: ScriptedModel, client: Client
) -> None:
    good = "Open the board, choose Board menu > Export, then choose Excel and press Export."
    query = "export a board to Excel, office turtle lettuce leaves keeper"
    model.play([("search_knowledge_base", {"query": query})], sending(model, good, cite="public"))
    ticket = ask("How do I get a board into Excel?")
    assert answer(ticket).decision == "send"
    assert TITLE in model.seen
    assert_customer_hears_nothing(ticket, client)


def test_an_internal_page_opens_to_nobody_outside(client: Client, internal: Article) -> None:
    assert client.get(internal.get_absolute_url()).status_code == 404
    assert TITLE not in client.get("/help/?q=turtle+lettuce").content.decode()


def assert_customer_hears_nothing(ticket: Ticket, client: Client) -> None:
    """Not on the status page, nor by the API, nor in what was written or mailed to them."""
    key = {"X-Ticket-Key": ticket.access_key}
    replies = Message.objects.filter(conversation=ticket.conversation_id).exclude(
        author__in=[Message.Author.CUSTOMER, Message.Author.NOTE]
    )
    told = [
        client.get(f"/status/{ticket.reference}/?key={ticket.access_key}").content.decode(),
        client.get(f"/api/v1/tickets/{ticket.reference}", headers=key).content.decode(),
        *(f"{reply.text} {reply.html} {reply.sources}" for reply in replies),
        *(str(letter.message()) for letter in mail.outbox if ticket.reference in letter.subject),
    ]
    everything = "\n".join(told)
    for secret in ("400 le", "head gardener", "turtle&#x27;s keeper", TITLE, "staff/turtle"):
        assert secret not in everything
