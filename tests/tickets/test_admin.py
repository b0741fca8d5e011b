"""The inbox and the ticket's page, through HTTP as staff use them."""

import re
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from agent.models import AgentRun, Draft, Handover
from channels.models import Delivery
from channels.web.submission import submit_reply
from crm import services as crm
from crm.models import Attachment, Conversation, Message, User
from tickets import services
from tickets.admin.tickets import TicketAdmin
from tickets.merging import merge_tickets
from tickets.models import ResponseTarget, Satisfaction, Ticket, TicketEvent
from tickets.office_hours import add_office_minutes

Ask = Callable[..., Ticket]
LIST = "/admin/tickets/ticket/"


def page_of(ticket: Ticket) -> str:
    return reverse("admin:tickets_ticket_change", args=[ticket.pk])


def post(client: Client, ticket: Ticket, name: str, **data: Any) -> Any:
    return client.post(reverse(f"admin:tickets_ticket_{name}", args=[ticket.pk]), data)


def reply(client: Client, ticket: Ticket, text: str, *, seen: int, then: str = "send") -> Any:
    return post(client, ticket, "reply", text=text, seen=seen, then=then)


def write_on(ticket: Ticket, text: str) -> Message:
    token = str(uuid.uuid4())
    return submit_reply(ticket=ticket, text=text, files=(), token=token, now=timezone.now())


def newest(ticket: Ticket) -> int:
    message = ticket.conversation.messages.last()
    return message.pk if message else 0


def escalate(ticket: Ticket, *, reason: str = "refund", minutes_ago: int = 0) -> Ticket:
    now = timezone.now() - timedelta(minutes=minutes_ago)
    return services.escalate_ticket(
        ticket=ticket, reason=reason, detail="Wants the money back.", actor="agent", now=now
    )


@pytest.fixture
def ticket(ask: Ask) -> Ticket:
    return escalate(ask("Please refund me.", subject="Charged twice"))


# --- Who may see and do what ----------------------------------------------------------------
@pytest.mark.parametrize("role", ["bob", "carol", "dora"])
def test_every_role_opens_inbox_and_ticket(
    role: str, client: Client, ticket: Ticket, request: pytest.FixtureRequest
) -> None:
    client.force_login(request.getfixturevalue(role))
    assert b"Charged twice" in client.get(LIST).content
    page = client.get(page_of(ticket))
    assert page.status_code == 200
    for words in ("Please refund me.", "Wants the money back.", "alice@example.com", "refund"):
        assert words in page.content.decode()


def test_strangers_are_sent_to_the_login(client: Client, ticket: Ticket) -> None:
    for path in (LIST, page_of(ticket)):
        response = client.get(path)
        assert response.status_code == 302
        assert response["Location"].startswith("/admin/login/")
    assert post(client, ticket, "resolution").status_code == 302
    ticket.refresh_from_db()
    assert ticket.status == Ticket.Status.ESCALATED


def test_staff_without_a_role_see_no_tickets(client: Client, ticket: Ticket) -> None:
    user = User.objects.create_user("eve", password="a-long-password-1", is_staff=True)
    client.force_login(user)
    assert client.get(LIST).status_code == 403
    assert client.get(page_of(ticket)).status_code == 403
    for name in ("reply", "takeover", "closure", "assignment", "triage"):
        assert post(client, ticket, name).status_code == 403


def test_changes_take_a_post_with_the_csrf_token(bob: User, ticket: Ticket) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(bob)
    url = reverse("admin:tickets_ticket_resolution", args=[ticket.pk])
    assert client.get(url).status_code == 405
    assert client.post(url).status_code == 403


def test_unknown_ticket_is_404(client: Client, bob: User) -> None:
    client.force_login(bob)
    assert client.get("/admin/tickets/ticket/987654/change/").status_code == 404
    assert client.get("/admin/tickets/ticket/none/change/").status_code == 404


# --- The inbox ------------------------------------------------------------------------------
def test_an_endless_number_is_404_and_a_key_is_no_filter(
    client: Client, bob: User, ticket: Ticket
) -> None:
    client.force_login(bob)
    assert client.get(f"{LIST}{'9' * 5_000}/change/").status_code in {302, 404}
    assert client.get(LIST, {"access_key__startswith": ticket.access_key[:2]}).status_code == 400


def test_inbox_opens_with_what_needs_a_person_the_urgent_first(
    client: Client, bob: User, ask: Ask
) -> None:
    ask("Answered by the agent.", subject="No person needed")
    escalate(ask("One", subject="Old and normal"), minutes_ago=300)
    escalate(ask("Two", subject="New but urgent", priority="urgent"))
    client.force_login(bob)
    shown = client.get(LIST).content.decode()
    assert "No person needed" not in shown
    assert shown.index("New but urgent") < shown.index("Old and normal")
    assert "No person needed" in client.get(f"{LIST}?queue=all").content.decode()


def test_overdue_stands_before_urgent(client: Client, bob: User, ask: Ask) -> None:
    late = escalate(ask("One", subject="Late and low", priority="low"))
    Ticket.objects.filter(pk=late.pk).update(due_at=timezone.now() - timedelta(hours=1))
    escalate(ask("Two", subject="Urgent in time", priority="urgent"))
    client.force_login(bob)
    shown = client.get(LIST).content.decode()
    assert shown.index("Late and low") < shown.index("Urgent in time")
    overdue = client.get(f"{LIST}?queue=overdue").content.decode()
    assert "Late and low" in overdue
    assert "Urgent in time" not in overdue


def test_overdue_tickets_are_counted_and_ordered_by_what_an_index_holds(
    client: Client, bob: User, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(TicketAdmin, "list_per_page", 1)
    for subject in ("Charged twice", "Not yet charged"):
        escalate(ask("Please look.", subject=subject))
    Ticket.objects.update(due_at=timezone.now() - timedelta(hours=1))
    client.force_login(bob)
    with CaptureQueriesContext(connection) as captured:
        assert "Charged twice" in client.get(f"{LIST}?queue=overdue").content.decode()
    due = [query["sql"] for query in captured if '"due_at" <' in query["sql"]]
    counted, ordered = (sql for sql in due if "JOIN" not in sql)
    [index] = [each for each in Ticket._meta.indexes if each.name == "ticket_overdue"]
    columns = {"conversation_id", *index.fields, *index.include} - {"conversation"}
    for sql in (counted, ordered):
        assert set(re.findall(r'"tickets_ticket"\."(\w+)"', sql)) <= columns, sql


def test_views_mine_and_unassigned(client: Client, bob: User, ask: Ask) -> None:
    mine = escalate(ask("One", subject="In my hands"))
    services.take_over_ticket(ticket=mine, staff=bob, now=timezone.now())
    escalate(ask("Two", subject="In no hands"))
    client.force_login(bob)
    shown = client.get(f"{LIST}?queue=mine").content.decode()
    assert "In my hands" in shown
    assert "In no hands" not in shown
    shown = client.get(f"{LIST}?queue=unassigned").content.decode()
    assert "In no hands" in shown
    assert "In my hands" not in shown


@pytest.mark.parametrize(
    "term", ["{ref}", "{number}", "charged", "ahmed", "alice@example.com", "refund me"]
)
def test_search_finds_by_number_subject_customer_address_and_words(
    term: str, client: Client, bob: User, ticket: Ticket, ask: Ask
) -> None:
    ask("Nothing in common.", subject="Other", name="Zed", email="zed@example.com")
    client.force_login(bob)
    query = term.format(ref=ticket.reference.lower(), number=ticket.number)
    shown = client.get(LIST, {"q": query}).content.decode()
    assert "Charged twice" in shown
    assert "Zed" not in shown


def test_filters_combine(client: Client, bob: User, ticket: Ticket, ask: Ask) -> None:
    ask("Hello", subject="Unrelated")
    client.force_login(bob)
    shown = client.get(
        LIST,
        {
            "status__exact": "escalated",
            "escalation_reason__exact": "refund",
            "conversation__channel__exact": "web",
        },
    ).content.decode()
    assert "Charged twice" in shown
    assert "Unrelated" not in shown


def test_inbox_takes_the_same_queries_for_one_and_for_twenty(
    client: Client, bob: User, ask: Ask, django_assert_num_queries: Any
) -> None:
    for number in range(20):
        escalate(ask(f"Question {number}", email=f"c{number}@example.com"))
    client.force_login(bob)
    # session, user, counts of the sidebar, count, page, newest message
    with django_assert_num_queries(6):
        client.get(LIST)


def test_actions_on_several(client: Client, bob: User, ask: Ask) -> None:
    tickets = [escalate(ask(f"Question {number}")) for number in range(3)]
    client.force_login(bob)
    chosen = [ticket.pk for ticket in tickets]
    client.post(LIST, {"action": "assign_to_me", "_selected_action": chosen})
    assert Conversation.objects.filter(assigned_to=bob).count() == 3
    seen = client.get(LIST).context["action_form"]["seen"].value()
    write_on(tickets[1], "Wait, it is worse.")
    answer = {"action": "resolve", "_selected_action": chosen, "seen": seen}
    shown = client.post(LIST, answer, follow=True).content.decode()
    assert Ticket.objects.filter(status=Ticket.Status.RESOLVED).count() == 2
    assert "1 ticket was left alone" in shown
    tickets[1].refresh_from_db()
    assert tickets[1].status == Ticket.Status.ESCALATED


# --- The ticket's page ----------------------------------------------------------------------
def test_page_takes_the_same_queries_for_any_length(
    client: Client, bob: User, ticket: Ticket, django_assert_num_queries: Any
) -> None:
    for number in range(15):
        crm.add_note(
            conversation=ticket.conversation,
            staff=bob,
            text=f"Note {number}",
            now=timezone.now(),
        )
    client.force_login(bob)
    # session, user, ticket, messages, other tickets, sidebar, saved replies, runs, offers, emotions
    with django_assert_num_queries(10):
        client.get(page_of(ticket))
    # session, user, ticket, messages
    with django_assert_num_queries(4):
        client.get(reverse("admin:tickets_ticket_timeline", args=[ticket.pk]))


def test_no_ticket_is_too_much_for_its_page(
    client: Client,
    carol: User,
    ask: Ask,
    prove: Callable[[Ticket], Ticket],
    ticket: Ticket,
    django_assert_max_num_queries: Any,
) -> None:
    now = timezone.now()
    gone, last = prove(ask("The same")), prove(ask("Once more"))
    prove(ticket)
    run = AgentRun.objects.create(
        conversation=ticket.conversation, message_id=newest(ticket), started_at=now, state="done"
    )
    Draft.objects.create(run=run, conversation=ticket.conversation, text="Hi.", created_at=now)
    Handover.objects.create(run=run, asked="For a refund.")
    Satisfaction.objects.create(ticket=ticket, score=4, created_at=now)
    Attachment.objects.create(
        message_id=newest(ticket), name="bill.txt", content_type="text/plain", size=2, content=b"ok"
    )
    client.force_login(carol)
    with django_assert_max_num_queries(12):
        client.get(page_of(ticket))
    merge_tickets(survivor=ticket, merged=gone, by=carol, now=now)
    with django_assert_max_num_queries(13):
        shown = client.get(page_of(ticket)).content.decode()
    assert gone.reference in shown
    assert "bill.txt" in shown
    Message.objects.update(state=Message.State.SENT)
    merge_tickets(survivor=last, merged=ticket, by=carol, now=now)
    with django_assert_max_num_queries(12):
        assert last.reference in client.get(page_of(ticket)).content.decode()
    services.close_ticket(ticket=last, actor="carol", now=now, seen=newest(last))
    with django_assert_max_num_queries(12):
        assert client.get(page_of(last)).status_code == 200


def test_customer_text_is_escaped(client: Client, bob: User, ask: Ask) -> None:
    ticket = ask("<script>alert(1)</script>", subject="<img src=x onerror=alert(2)>")
    client.force_login(bob)
    for path in (page_of(ticket), f"{LIST}?queue=all", "/admin/"):
        shown = client.get(path).content.decode()
        assert "<script>alert(1)" not in shown
        assert "<img src=x" not in shown


def test_page_shows_history_over_all_channels_and_the_rating(
    client: Client, bob: User, ask: Ask, ticket: Ticket
) -> None:
    earlier = ask("An older one", subject="Export of boards")
    Conversation.objects.filter(pk=earlier.conversation_id).update(channel="whatsapp")
    Satisfaction.objects.create(ticket=ticket, score=2, comment="Slow", created_at=timezone.now())
    client.force_login(bob)
    shown = client.get(page_of(ticket)).content.decode()
    assert "Export of boards" in shown
    assert "WhatsApp" in shown
    assert "2/5" in shown


def test_reply_reaches_message_and_delivery(client: Client, bob: User, ticket: Ticket) -> None:
    client.force_login(bob)
    response = reply(client, ticket, "Refunded today.", seen=newest(ticket))
    assert response.status_code == 302
    message = Message.objects.get(author=Message.Author.STAFF)
    assert (message.text, message.staff) == ("Refunded today.", bob)
    assert Delivery.objects.get(message=message).state == Delivery.State.QUEUED
    assert ProcrastinateJob.objects.filter(task_name="channels.deliver").exists()
    ticket.refresh_from_db()
    assert ticket.status == Ticket.Status.WAITING
    assert ticket.first_response_at is not None
    assert ticket.conversation.assigned_to == bob


def test_send_and_resolve(client: Client, bob: User, ticket: Ticket) -> None:
    client.force_login(bob)
    reply(client, ticket, "Done.", seen=newest(ticket), then="resolve")
    ticket.refresh_from_db()
    assert ticket.status == Ticket.Status.RESOLVED
    assert Message.objects.filter(author=Message.Author.STAFF).count() == 1


def test_note_is_never_queued(client: Client, bob: User, ticket: Ticket) -> None:
    client.force_login(bob)
    before = Delivery.objects.count()
    reply(client, ticket, "Careful: VIP.", seen=newest(ticket), then="note")
    note = Message.objects.get(author=Message.Author.NOTE)
    assert note.direction == Message.Direction.INTERNAL
    assert Delivery.objects.count() == before
    ticket.refresh_from_db()
    assert ticket.status == Ticket.Status.ESCALATED


def test_second_click_sends_once(client: Client, bob: User, ticket: Ticket) -> None:
    client.force_login(bob)
    seen = newest(ticket)
    reply(client, ticket, "Refunded today.", seen=seen)
    response = reply(client, ticket, "Refunded today.", seen=seen)
    assert response.status_code == 302
    assert Message.objects.filter(author=Message.Author.STAFF).count() == 1


def test_stale_reply_warns_and_keeps_the_text(
    client: Client, bob: User, carol: User, ticket: Ticket
) -> None:
    """Case 40's cousin among people: a colleague was first."""
    seen = newest(ticket)
    services.reply_to_ticket(
        ticket=ticket, staff=carol, text="Carol was first.", now=timezone.now()
    )
    client.force_login(bob)
    response = reply(client, ticket, "Bob was second.", seen=seen)
    shown = response.content.decode()
    assert response.status_code == 409
    assert "Bob was second." in shown
    assert "Carol was first." in shown
    assert not Message.objects.filter(staff=bob).exists()
    response = reply(client, ticket, "Bob was second.", seen=newest(ticket))
    assert response.status_code == 302
    assert Message.objects.filter(staff=bob).count() == 1


@pytest.mark.parametrize("then", ["send", "resolve"])
def test_what_the_customer_wrote_meanwhile_is_read_first(
    then: str, client: Client, bob: User, ticket: Ticket
) -> None:
    seen = newest(ticket)
    later = write_on(ticket, "Wait, my data is gone as well.")
    client.force_login(bob)
    response = reply(client, ticket, "Here you are.", seen=seen, then=then)
    shown = response.content.decode()
    assert response.status_code == 409
    assert "Here you are." in shown
    assert "<strong>Customer:</strong> Wait, my data is gone as well." in shown
    later.refresh_from_db()
    assert later.answered_at is None
    assert reply(client, ticket, "Here you are.", seen=newest(ticket)).status_code == 302
    later.refresh_from_db()
    assert later.answered_at is not None


@pytest.mark.parametrize("name", ["resolution", "closure"])
def test_what_was_not_read_is_neither_resolved_nor_closed(
    name: str, client: Client, bob: User, ticket: Ticket
) -> None:
    client.force_login(bob)
    seen = client.get(page_of(ticket)).context["seen"]
    later = write_on(ticket, "Wait, my data is gone as well.")
    url = reverse(f"admin:tickets_ticket_{name}", args=[ticket.pk])
    response = client.post(url, {"seen": seen}, follow=True)
    assert b"the customer has written. Read it first." in response.content
    later.refresh_from_db()
    assert later.answered_at is None
    client.post(url, {"seen": later.pk})
    ticket.refresh_from_db()
    assert ticket.is_finished()


def test_a_ticket_with_a_successor_is_only_read(client: Client, bob: User, ask: Ask) -> None:
    ticket = ask()
    services.close_ticket(ticket=ticket, actor="system", now=timezone.now())
    write_on(ticket, "Another thing")
    successor = Ticket.objects.latest("pk")
    client.force_login(bob)
    shown = client.get(page_of(ticket)).content.decode()
    assert page_of(successor) in shown
    for address in ("/takeover/", "/handback/", "/reply/", "/resolution/"):
        assert address not in shown
    for name in ("takeover", "handback"):
        response = post(client, ticket, name)
        assert response.status_code == 409
        assert successor.reference in response.content.decode()
    response = reply(client, ticket, "A long answer.", seen=newest(ticket))
    assert response.status_code == 409
    assert "A long answer." in response.content.decode()
    assert not Message.objects.filter(author=Message.Author.STAFF).exists()


def test_timeline_refreshes_only_with_news(client: Client, bob: User, ticket: Ticket) -> None:
    client.force_login(bob)
    url = reverse("admin:tickets_ticket_timeline", args=[ticket.pk])
    version = client.get(url).context["version"]
    assert client.get(url, {"version": version}).status_code == 204
    Message.objects.filter(direction="out").update(state=Message.State.FAILED)
    response = client.get(url, {"version": version})
    assert response.status_code == 200
    assert b"not delivered" in response.content


def test_enter_without_a_button_sends(client: Client, bob: User, ticket: Ticket) -> None:
    client.force_login(bob)
    post(client, ticket, "reply", text="Sent.", seen=newest(ticket))
    assert Message.objects.filter(staff=bob, direction="out").count() == 1
    response = post(client, ticket, "reply", text="Kept.", seen="garbage")
    assert response.status_code == 400
    assert b"Kept." in response.content


def test_empty_reply_is_an_error_and_keeps_the_page(
    client: Client, bob: User, ticket: Ticket
) -> None:
    client.force_login(bob)
    response = reply(client, ticket, "   ", seen=newest(ticket))
    assert response.status_code == 400
    assert b"Write something first." in response.content


def test_take_over_voids_the_agents_turn(client: Client, bob: User, ask: Ask) -> None:
    """Case 40: what the agent was preparing when a person took over may not be recorded."""
    ticket = ask("How do I export?")
    turn = ticket.conversation.turn
    client.force_login(bob)
    post(client, ticket, "takeover")
    with pytest.raises(crm.StaffTookOver):
        crm.lock_conversation_for_agent(ticket.conversation_id, turn=turn)
    ticket.refresh_from_db()
    assert ticket.status == Ticket.Status.IN_PROGRESS
    assert Conversation.objects.get(pk=ticket.conversation_id).assigned_to == bob


def test_hand_back_gives_the_open_question_to_the_agent(
    client: Client, bob: User, ticket: Ticket
) -> None:
    """Case 53: the agent stays out until it is handed back, then answers what is open."""
    answers = ProcrastinateJob.objects.filter(task_name="agent.answer_conversation")
    before = answers.count()
    client.force_login(bob)
    post(client, ticket, "handback")
    conversation = Conversation.objects.get(pk=ticket.conversation_id)
    assert conversation.handler == Conversation.Handler.AGENT
    assert answers.count() == before + 1


def test_resolve_and_close(client: Client, bob: User, ticket: Ticket) -> None:
    client.force_login(bob)
    post(client, ticket, "resolution", seen=newest(ticket))
    ticket.refresh_from_db()
    assert ticket.status == Ticket.Status.RESOLVED
    response = client.post(
        reverse("admin:tickets_ticket_resolution", args=[ticket.pk]), follow=True
    )
    assert b"was finished already" in response.content
    post(client, ticket, "closure", seen=newest(ticket))
    ticket.refresh_from_db()
    assert ticket.status == Ticket.Status.CLOSED


def test_assign_to_me_and_by_a_supervisor_to_others(
    client: Client, bob: User, carol: User, ticket: Ticket
) -> None:
    client.force_login(bob)
    post(client, ticket, "assignment")
    assert Conversation.objects.get().assigned_to == bob
    assert post(client, ticket, "assignment", assignee=carol.pk).status_code == 403
    client.force_login(carol)
    post(client, ticket, "assignment", assignee="")
    assert Conversation.objects.get().assigned_to is None
    post(client, ticket, "assignment", assignee=carol.pk)
    assert Conversation.objects.get().assigned_to == carol
    post(client, ticket, "assignment", assignee="999999")
    assert Conversation.objects.get().assigned_to == carol


def test_triage_moves_the_due_time_and_is_recorded(
    client: Client, bob: User, ticket: Ticket
) -> None:
    ResponseTarget.objects.update_or_create(priority="urgent", defaults={"minutes": 7})
    client.force_login(bob)
    post(client, ticket, "triage", priority="urgent", category="billing")
    ticket.refresh_from_db()
    assert (ticket.priority, ticket.category) == ("urgent", "billing")
    assert ticket.due_at == add_office_minutes(ticket.created_at, 7)
    event = ticket.events.filter(kind=TicketEvent.Kind.CHANGED).get()
    assert event.actor == str(bob)
    post(client, ticket, "triage", priority="highest", category="billing")
    ticket.refresh_from_db()
    assert ticket.priority == "urgent"


def test_next_is_the_most_urgent_that_nobody_else_holds(
    client: Client, bob: User, carol: User, ask: Ask, ticket: Ticket
) -> None:
    taken = escalate(ask("Taken", priority="urgent"))
    services.take_over_ticket(ticket=taken, staff=carol, now=timezone.now())
    free = escalate(ask("Free", priority="high"))
    client.force_login(bob)
    url = reverse("admin:tickets_ticket_next")
    assert client.get(url)["Location"] == page_of(free)
    assert client.get(url, {"after": free.pk})["Location"] == page_of(ticket)
    Ticket.objects.update(status=Ticket.Status.CLOSED)
    assert client.get(url)["Location"] == LIST


def test_settings_and_ratings(client: Client, bob: User, dora: User, ticket: Ticket) -> None:
    Satisfaction.objects.create(ticket=ticket, score=5, comment="!", created_at=timezone.now())
    client.force_login(bob)
    assert client.get("/admin/tickets/satisfaction/").status_code == 200
    assert client.get("/admin/tickets/responsetarget/").status_code == 403
    client.force_login(dora)
    assert client.get("/admin/tickets/responsetarget/").status_code == 200
    assert client.get("/admin/tickets/responsetarget/add/").status_code == 200
