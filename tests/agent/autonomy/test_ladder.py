"""How the agent earns autonomy, and loses it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.db.models import F
from django.test import Client
from django.utils import timezone

from agent.autonomy.ladder import choose_move, ensure_rungs, move_rungs
from agent.autonomy.records import Outcome, Record, read_records
from agent.autonomy.shadows import compare_shadows
from agent.drafts import approve_draft, reject_draft
from agent.models import AgentRun, Draft, Intent, Rung
from crm.models import Message, StaffAlert, User
from tickets.models import Ticket, TicketEvent
from tickets.services import CUSTOMER, rate_ticket, reply_to_ticket, resolve_ticket

pytestmark = pytest.mark.usefixtures("help_centre")

Ask = Callable[..., Ticket]
Answer = Callable[[Ticket], AgentRun]
NOW = timezone.now()
QUESTION = "How do I export a board to Excel?"


def record(good: int, bad: int) -> Record:
    """Bad ones are the newest."""
    outcomes = [Outcome(NOW, False)] * bad + [Outcome(NOW, True)] * good
    return Record(tuple(outcomes))


@pytest.mark.parametrize(
    ("level", "risk", "good", "bad", "goes"),
    [
        ("draft", "low", 20, 0, "automatic"),
        ("draft", "low", 19, 0, None),
        ("draft", "low", 17, 3, "automatic"),
        ("draft", "medium", 17, 3, None),
        ("draft", "high", 30, 0, None),
        ("draft", "medium", 3, 7, "shadow"),
        ("shadow", "high", 8, 2, "draft"),
        ("shadow", "high", 7, 3, None),
        ("automatic", "low", 3, 2, "draft"),
        ("automatic", "low", 30, 1, None),
        ("automatic", "low", 0, 4, None),
    ],
)
def test_where_outcomes_lead(level: str, risk: str, good: int, bad: int, goes: str | None) -> None:
    move = choose_move(level, record(good, bad), risk=risk)
    assert (move and move.level) == goes


@pytest.fixture
def earned(settings: Any) -> None:
    settings.AUTONOMY = "earned"


def draft_of(ticket: Ticket) -> Draft:
    return Draft.objects.filter(conversation=ticket.conversation_id).latest("pk")


def rate(ticket: Ticket, score: int) -> None:
    resolve_ticket(ticket=ticket, actor=CUSTOMER, now=timezone.now())
    assert rate_ticket(ticket=ticket, score=score, comment="", now=timezone.now())


def settle() -> None:
    """What happened so far becomes four days older."""
    past = timedelta(days=4)
    AgentRun.objects.update(finished_at=F("finished_at") - past)
    TicketEvent.objects.update(created_at=F("created_at") - past)
    Message.objects.update(created_at=F("created_at") - past)


def test_decided_drafts_are_counted_by_how_much_staff_changed(
    earned: None, ask: Ask, answer: Answer, bob: User
) -> None:
    texts: list[str | None] = [None, "small", "Something else entirely.", "reject"]
    for text in texts:
        ticket = ask(QUESTION)
        assert answer(ticket).decision == "draft"
        draft = draft_of(ticket)
        if text == "reject":
            reject_draft(draft=draft, staff=bob, now=NOW)
            continue
        edited = f"Hello! {draft.text}" if text == "small" else text
        approve_draft(draft=draft, staff=bob, text=edited, now=NOW)
    counted = read_records(now=timezone.now())[("web", ""), "draft"]
    assert (counted.good, counted.total) == (2, 4)


def test_sent_answers_count_once_they_settled_unless_they_came_back(
    ask: Ask, answer: Answer, bob: User
) -> None:
    tickets = [ask(QUESTION) for _ in range(4)]
    for ticket in tickets:
        assert answer(ticket).decision == "send"
    assert not read_records(now=timezone.now())
    reply_to_ticket(ticket=tickets[0], staff=bob, text="I take this.", now=timezone.now())
    rate(tickets[1], 1)
    rate(tickets[2], 5)
    settle()
    counted = read_records(now=timezone.now())[("web", ""), "automatic"]
    assert (counted.good, counted.total) == (2, 4)


def test_while_it_watches_a_person_answers_and_is_compared(
    earned: None, ask: Ask, answer: Answer, bob: User
) -> None:
    Rung.objects.create(channel="web", intent="", level="shadow", changed_at=NOW)
    said = ["", "Our office is closed on Monday."]
    for text in said:
        ticket = ask(QUESTION)
        run = answer(ticket)
        assert (run.decision, ticket.status) == ("shadow", "escalated")
        assert run.draft
        assert not ticket.conversation.messages.filter(author="agent").exists()
        reply = text or f"Hi, {run.draft}"
        reply_to_ticket(ticket=ticket, staff=bob, text=reply, now=timezone.now())
    assert compare_shadows(now=timezone.now()) == 2
    assert compare_shadows(now=timezone.now()) == 0
    counted = read_records(now=timezone.now())[("web", ""), "shadow"]
    assert (counted.good, counted.total) == (1, 2)


def test_a_rung_falls_by_itself_and_tells_staff(ask: Ask, answer: Answer, earned: None) -> None:
    Rung.objects.create(
        channel="web", intent="", level="automatic", changed_at=NOW - timedelta(days=9)
    )
    for _number in range(5):
        ticket = ask(QUESTION)
        assert answer(ticket).decision == "send"
        rate(ticket, 1)
    assert move_rungs(now=timezone.now()) == 0
    settle()
    assert move_rungs(now=timezone.now()) == 1
    assert move_rungs(now=timezone.now()) == 0
    rung = Rung.objects.get(channel="web", intent="")
    assert (rung.level, rung.why) == ("draft", "0 of the latest 5 answers were good.")
    assert rung.history.latest().level == "draft"
    assert StaffAlert.objects.get(key=f"autonomy:{rung.pk}").level
    assert answer(ask(QUESTION)).decision == "draft"


def test_what_staff_fixed_is_not_moved(ask: Ask, answer: Answer, earned: None) -> None:
    Rung.objects.create(channel="web", intent="", level="automatic", is_fixed=True, changed_at=NOW)
    for _number in range(5):
        rate(_answered(ask, answer), 1)
    settle()
    Rung.objects.update(changed_at=NOW - timedelta(days=9))
    assert move_rungs(now=timezone.now()) == 0


def _answered(ask: Ask, answer: Answer) -> Ticket:
    ticket = ask(QUESTION)
    assert answer(ticket).decision == "send"
    return ticket


def test_the_console_shows_the_ladder_and_staff_fix_a_rung(
    client: Client, carol: User, settings: Any, django_assert_max_num_queries: Any
) -> None:
    Intent.objects.create(name="export_board", title="Export a board", risk="low")
    ensure_rungs(now=NOW)
    client.force_login(carol)
    with django_assert_max_num_queries(13):
        page = client.get("/admin/agent/rung/").content.decode()
    assert "Export a board" in page
    assert "20 more to rise" not in page  # nothing rises while every answer is sent
    assert "AUTONOMY=automatic" in page
    settings.AUTONOMY = "earned"
    assert "20 more to rise" in client.get("/admin/agent/rung/").content.decode()
    rung = Rung.objects.get(channel="email", intent="export_board")
    client.post("/admin/agent/rung/", {"action": "let_answer", "_selected_action": [rung.pk]})
    rung.refresh_from_db()
    assert (rung.level, rung.is_fixed) == ("automatic", True)
    assert "carol" in rung.why.lower()
    client.post("/admin/agent/rung/", {"action": "release", "_selected_action": [rung.pk]})
    rung.refresh_from_db()
    assert (rung.level, rung.is_fixed) == ("automatic", False)


@pytest.mark.parametrize(
    ("autonomy", "does", "fixed_does"),
    [
        ("automatic", "automatic", "shadow"),
        ("draft", "draft", "draft"),
        ("earned", "draft", "shadow"),
    ],
)
def test_the_page_tells_what_is_done_and_where_the_ladder_stands(
    autonomy: str, does: str, fixed_does: str, client: Client, carol: User, settings: Any
) -> None:
    settings.AUTONOMY = autonomy
    Rung.objects.create(channel="web", intent="", level="draft", changed_at=NOW)
    Rung.objects.create(channel="email", intent="", level="shadow", is_fixed=True, changed_at=NOW)
    client.force_login(carol)
    response = client.get("/admin/agent/rung/")
    rungs = {rung.channel: rung for rung in response.context["cl"].result_list}
    assert rungs["web"].effective_level == does
    assert rungs["email"].effective_level == fixed_does
    assert rungs["web"].level == "draft"
    assert f"AUTONOMY={autonomy}" in response.content.decode()


def test_what_rules_hand_over_is_not_said_to_be_answered(
    client: Client, carol: User, ask: Callable[..., Ticket]
) -> None:
    for name in ("ask_refund", "export_board"):
        Intent.objects.create(name=name, title=name, risk="low")
    for number in range(3):
        conversation = ask(f"Question {number}").conversation
        for name, decision, reason in (
            ("ask_refund", "hand_over", "refund"),
            ("export_board", "hand_over", "no_knowledge"),
        ):
            AgentRun.objects.create(
                conversation=conversation,
                message=conversation.messages.get(),
                turn=0,
                state="done",
                intent=name,
                decision=decision,
                reason=reason,
                started_at=NOW,
            )
    client.force_login(carol)
    page = client.get("/admin/agent/rung/?q=ask_refund").content.decode()
    assert "people answer: a rule hands it over" in page
    page = client.get("/admin/agent/rung/?q=export_board").content.decode()
    assert "people answer: a rule hands it over" not in page


def test_whoever_answers_customers_does_not_set_the_ladder(client: Client, bob: User) -> None:
    client.force_login(bob)
    assert client.get("/admin/agent/rung/").status_code == 403


def test_who_only_sees_the_ladder_moves_nothing(client: Client, bob: User) -> None:
    bob.user_permissions.add(Permission.objects.get(codename="view_rung"))
    rung = Rung.objects.create(channel="web", intent="", level="draft", changed_at=NOW)
    client.force_login(bob)
    assert client.get("/admin/agent/rung/").status_code == 200
    client.post("/admin/agent/rung/", {"action": "let_answer", "_selected_action": [rung.pk]})
    rung.refresh_from_db()
    assert (rung.level, rung.is_fixed) == ("draft", False)
