"""Runs, drafts, guardrails and metrics in the console."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from agent.admin.detail import describe
from agent.models import AgentRun, AgentStep, Draft, GuardrailRule
from crm.models import Conversation, Message, User
from tickets.models import Ticket
from tickets.services import take_over_ticket

Ask = Callable[..., Ticket]
HIT = {"id": 7, "title": "Guests & members", "text": "Guests see <i>little</i>.", "score": 0.71234}


def make_run(ticket: Ticket, decision: str = "hand_over", **changes: Any) -> AgentRun:
    now = timezone.now()
    run = AgentRun.objects.create(
        conversation=ticket.conversation,
        message=ticket.conversation.messages.get(direction="in"),
        state=AgentRun.State.DONE,
        decision=decision,
        model="offline",
        explanation="Nothing supports an answer.",
        cost=Decimal("0.00042"),
        started_at=now,
        finished_at=now,
        turn=ticket.conversation.turn,
        **changes,
    )
    AgentStep.objects.create(
        run=run,
        position=1,
        kind=AgentStep.Kind.TOOL,
        title="search_knowledge_base",
        detail={"arguments": {"query": "guests <script>"}, "result": {"passages": [HIT]}},
    )
    return run


@pytest.fixture
def draft(ask: Ask) -> Draft:
    ticket = ask("Can guests see private boards?")
    return Draft.objects.create(
        run=make_run(ticket, "draft", confidence=0.61),
        conversation=ticket.conversation,
        text="No, they cannot.",
        sources=[{"title": "Guests", "url": "/help/guests"}],
        created_at=timezone.now(),
    )


# --- Runs -----------------------------------------------------------------------------------
@pytest.mark.parametrize("role", ["bob", "carol", "dora"])
def test_run_reads_as_a_story(
    role: str, client: Client, ask: Ask, request: pytest.FixtureRequest
) -> None:
    run = make_run(ask("Can guests see private boards?"), reason="no_knowledge")
    client.force_login(request.getfixturevalue(role))
    shown = client.get(f"/admin/agent/agentrun/{run.pk}/change/").content.decode()
    for words in (
        "Can guests see private boards?",
        "searched the knowledge",
        "guests &lt;script&gt;",
        "Guests &amp; members",
        "0.712",
        "Nothing supports an answer.",
        "0.00042",
    ):
        assert words in shown
    assert "guests <script>" not in shown
    assert client.get("/admin/agent/agentrun/none/change/").status_code == 404


def test_run_list_takes_the_same_queries_for_any_length(
    client: Client, bob: User, ask: Ask, django_assert_num_queries: Any
) -> None:
    for number in range(10):
        make_run(ask(email=f"c{number}@example.com"))
    client.force_login(bob)
    with django_assert_num_queries(5):
        client.get("/admin/agent/agentrun/")


def test_ticket_page_shows_the_runs(client: Client, bob: User, ask: Ask) -> None:
    ticket = ask()
    run = make_run(ticket)
    client.force_login(bob)
    shown = client.get(f"/admin/tickets/ticket/{ticket.pk}/change/").content.decode()
    assert f"/admin/agent/agentrun/{run.pk}/change/" in shown


def test_detail_of_any_shape_is_described() -> None:
    node = describe({"score": 1 / 3, "hits": [HIT, HIT], "odd": [1, [2]], "none": None})
    assert [name for name, _inner in node.pairs] == ["score", "hits", "odd"]
    score, hits, odd = (inner for _name, inner in node.pairs)
    assert score.text == "0.333"
    assert hits.headers == ("title", "text", "score", "id")
    assert [cell.text for cell in hits.rows[0]][:1] == ["Guests & members"]
    assert odd.kind == "items"
    assert describe("x" * 500).kind == "long"
    assert describe([True, None, "a"]).text == "yes, –, a"
    assert describe([]).text == ""


# --- Drafts -----------------------------------------------------------------------------------
def test_draft_waits_on_the_tickets_page(
    client: Client, bob: User, carol: User, draft: Draft
) -> None:
    ticket = Ticket.objects.get()
    page = f"/admin/tickets/ticket/{ticket.pk}/change/"
    client.force_login(bob)
    shown = client.get(page).content.decode()
    assert "No, they cannot." in shown
    assert "Approve and send" not in shown
    assert client.post(f"/admin/agent/draft/{draft.pk}/approval/").status_code == 403
    assert client.post(f"/admin/agent/draft/{draft.pk}/rejection/").status_code == 403
    client.force_login(carol)
    assert "Approve and send" in client.get(page).content.decode()
    assert client.get(f"/admin/agent/draft/{draft.pk}/change/")["Location"] == page
    assert "No, they cannot." in client.get("/admin/").content.decode()
    assert client.get("/admin/agent/draft/").status_code == 200


def test_approved_draft_is_sent_as_the_agents(client: Client, carol: User, draft: Draft) -> None:
    client.force_login(carol)
    client.post(f"/admin/agent/draft/{draft.pk}/approval/", {"text": draft.text})
    message = Message.objects.get(direction="out")
    assert (message.author, message.text) == (Message.Author.AGENT, "No, they cannot.")
    assert message.sources == draft.sources
    draft.refresh_from_db()
    assert (draft.state, draft.decided_by) == (Draft.State.APPROVED, carol)


def test_edited_draft_is_the_editors_own_reply(client: Client, carol: User, draft: Draft) -> None:
    client.force_login(carol)
    client.post(f"/admin/agent/draft/{draft.pk}/approval/", {"text": "No. Ask an owner."})
    message = Message.objects.get(direction="out")
    assert (message.author, message.text) == (Message.Author.STAFF, "No. Ask an owner.")
    draft.refresh_from_db()
    assert draft.state == Draft.State.EDITED


def test_rejected_draft_leaves_the_customer_to_people(
    client: Client, carol: User, draft: Draft
) -> None:
    client.force_login(carol)
    client.post(f"/admin/agent/draft/{draft.pk}/rejection/")
    draft.refresh_from_db()
    assert draft.state == Draft.State.REJECTED
    assert Conversation.objects.get().handler == Conversation.Handler.STAFF
    assert not Message.objects.filter(author=Message.Author.AGENT).exists()


def test_outdated_draft_is_not_sent(client: Client, bob: User, carol: User, draft: Draft) -> None:
    take_over_ticket(ticket=Ticket.objects.get(), staff=bob, now=timezone.now())
    client.force_login(carol)
    response = client.post(
        f"/admin/agent/draft/{draft.pk}/approval/", {"text": draft.text}, follow=True
    )
    assert b"Not sent." in response.content
    client.post(f"/admin/agent/draft/{draft.pk}/rejection/")
    client.post(f"/admin/agent/draft/{draft.pk}/approval/", {"text": " "})
    assert not Message.objects.filter(direction="out").exists()


def test_edit_that_comes_too_late_is_kept(
    client: Client, bob: User, carol: User, draft: Draft
) -> None:
    take_over_ticket(ticket=Ticket.objects.get(), staff=bob, now=timezone.now())
    client.force_login(carol)
    response = client.post(f"/admin/agent/draft/{draft.pk}/approval/", {"text": "My own words."})
    assert b"My own words." in response.content


def test_draft_is_decided_by_post(client: Client, carol: User, draft: Draft) -> None:
    client.force_login(carol)
    assert client.get(f"/admin/agent/draft/{draft.pk}/approval/").status_code == 405
    assert client.get(f"/admin/agent/draft/{draft.pk}/rejection/").status_code == 405


def test_draft_list_takes_the_same_queries_for_any_length(
    client: Client, bob: User, ask: Ask, django_assert_num_queries: Any
) -> None:
    for number in range(10):
        ticket = ask(email=f"c{number}@example.com")
        Draft.objects.create(
            run=make_run(ticket, "draft"),
            conversation=ticket.conversation,
            text="Text",
            created_at=timezone.now(),
        )
    client.force_login(bob)
    with django_assert_num_queries(5):
        client.get("/admin/agent/draft/")


# --- Guardrails and metrics -------------------------------------------------------------------
def test_guardrails_are_the_supervisors(client: Client, bob: User, carol: User) -> None:
    GuardrailRule.objects.all().delete()
    rule = GuardrailRule.objects.create(
        name="Lawyers", reason="legal", route="Legal", patterns=r"\blawyer\b"
    )
    url = f"/admin/agent/guardrailrule/{rule.pk}/change/"
    client.force_login(bob)
    assert client.get("/admin/agent/guardrailrule/").status_code == 403
    assert client.get(url).status_code == 403
    assert client.get("/admin/agent/agentmetric/").status_code == 403
    client.force_login(carol)
    data = {
        "name": "Lawyers", "enabled": "on", "priority": 5, "reason": "legal", "route": "Legal",
        "stage": "before", "action": "route", "threshold": "0.35",
        "patterns": r"\b(lawyer|court)\b", "must_match": "See you in court",
        "must_not_match": "",
    }  # fmt: skip
    assert client.post(url, data).status_code == 302
    rule.refresh_from_db()
    assert rule.priority == 5
    assert rule.history.first().history_user == carol
    assert client.get(f"/admin/agent/guardrailrule/{rule.pk}/history/").status_code == 200
    assert client.get("/admin/agent/guardrailrule/").status_code == 200
    assert client.get("/admin/agent/agentmetric/").status_code == 200


def test_broken_pattern_is_a_sentence(client: Client, carol: User) -> None:
    client.force_login(carol)
    data = {
        "name": "Broken", "enabled": "on", "priority": 5, "reason": "legal", "route": "Legal",
        "stage": "before", "action": "route", "threshold": "0.35",
        "patterns": "(unclosed", "must_match": "", "must_not_match": "",
    }  # fmt: skip
    response = client.post("/admin/agent/guardrailrule/add/", data)
    assert response.status_code == 200
    assert not GuardrailRule.objects.filter(name="Broken").exists()
