"""Tickets about one matter: merged, gone on with, and apart again."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from channels.web.submission import submit_reply
from crm import services as crm
from crm.models import ConfirmationCode, Conversation, Message, User
from tests.stage import beside
from tickets import services
from tickets.merging import TicketMergeError, could_take, merge_tickets, unmerge_tickets
from tickets.models import Ticket, TicketMerge

Ask = Callable[..., Ticket]
RunJobs = Callable[[], int]
Status = Ticket.Status
Handler = Conversation.Handler


def write_on(ticket: Ticket, text: str, *, number: int = 1) -> Message:
    token = f"00000000-0000-4000-9000-{number:012d}"
    ticket = Ticket.objects.select_related("conversation").get(pk=ticket.pk)
    return submit_reply(ticket=ticket, text=text, files=(), token=token, now=timezone.now())


def state(ticket: Ticket) -> tuple[Any, ...]:
    fresh = Ticket.objects.select_related("conversation").get(pk=ticket.pk)
    talk = fresh.conversation
    waiting = list(talk.messages.awaiting_answer().values_list("pk", flat=True))
    return fresh.status, fresh.resolved_at, talk.handler, talk.assigned_to_id, waiting


def answer(ticket: Ticket, run_jobs: RunJobs, now: datetime) -> None:
    """The agent's answer is recorded and has left."""
    question = ticket.conversation.messages.latest("id")
    crm.queue_agent_reply(
        conversation=ticket.conversation, answers=question, text="Open it.", sources=[], now=now
    )
    services.note_agent_reply(ticket=ticket, now=now)
    run_jobs()


@pytest.fixture
def ask(ask: Ask, prove: Callable[[Ticket], Ticket]) -> Ask:
    """Alice asks, and it is proven that it is she."""
    return lambda *said, **fields: prove(ask(*said, **fields))


@pytest.fixture
def pair(ask: Ask) -> tuple[Ticket, Ticket]:
    """Alice asked twice; the first one is to survive."""
    return ask("Where is my invoice?", subject="Invoice"), ask("My invoice!", subject="Again")


def test_case_9_a_reply_to_a_merged_ticket_goes_to_the_survivor(
    pair: tuple[Ticket, Ticket], bob: User, now: datetime
) -> None:
    kept, gone = pair
    merge_tickets(survivor=kept, merged=gone, by=bob, now=now)
    message = write_on(gone, "And now?")
    assert message.conversation == kept.conversation
    assert Ticket.objects.count() == 2
    assert state(gone)[0] == Status.CLOSED


def test_promise_7_who_typed_an_address_gets_no_share_in_its_owners_ticket(
    ask: Ask, bob: User, now: datetime
) -> None:
    theirs, mallorys = ask("Where is my invoice?"), ask("I want to speak to a person please")
    ConfirmationCode.objects.filter(entered_in=mallorys.conversation).delete()
    for kept, gone in ((theirs, mallorys), (mallorys, theirs)):
        with pytest.raises(TicketMergeError, match=f"wrote {mallorys.reference}"):
            merge_tickets(survivor=kept, merged=gone, by=bob, now=now)
        assert not Ticket.objects.filter(could_take(gone)).exists()


def test_what_waited_is_owed_by_who_merged(
    pair: tuple[Ticket, Ticket], bob: User, now: datetime, run_jobs: RunJobs
) -> None:
    kept, gone = pair
    merge_tickets(survivor=kept, merged=gone, by=bob, now=now)
    assert state(kept)[0] == Status.IN_PROGRESS
    assert state(kept)[2:4] == (Handler.STAFF, bob.pk)
    assert list(Ticket.objects.needing_a_person()) == [kept]
    run_jobs()  # what the agent was to do for either is void
    assert not Message.objects.filter(author=Message.Author.AGENT).exists()


def test_where_nothing_waited_the_agent_goes_on(
    ask: Ask, bob: User, now: datetime, run_jobs: RunJobs
) -> None:
    gone = ask()
    answer(gone, run_jobs, now)
    kept = ask("Another one?")
    merge_tickets(survivor=kept, merged=gone, by=bob, now=now)
    assert state(kept)[:1] + state(kept)[2:3] == (Status.OPEN, Handler.AGENT)


def test_undoing_gives_back_what_there_was(
    pair: tuple[Ticket, Ticket], bob: User, carol: User, now: datetime
) -> None:
    kept, gone = pair
    services.escalate_ticket(ticket=gone, reason="refund", detail="", actor="agent", now=now)
    Message.objects.filter(state="queued").update(state="sent")
    before = state(gone)
    later = now + timedelta(minutes=5)
    merge = merge_tickets(survivor=kept, merged=gone, by=bob, now=later)
    meanwhile = write_on(gone, "Meanwhile.")
    unmerge_tickets(merge=merge, by=carol, now=later + timedelta(minutes=1))
    status, resolved_at, handler, assigned_to, waiting = state(gone)
    assert (status, resolved_at, handler, waiting) == (*before[:3], before[4])
    assert assigned_to == carol.pk  # nobody held it: who undid the merge has it in hand
    merge.refresh_from_db()
    assert (merge.by, merge.undone_by) == (bob, carol)
    # What was said meanwhile stays where it was said; what follows is the ticket's own again.
    meanwhile.refresh_from_db()
    assert meanwhile.conversation == kept.conversation
    assert write_on(gone, "Later.", number=2).conversation == gone.conversation
    kinds = [event.kind for event in gone.events.all()]
    assert kinds[-2:] == ["merged", "unmerged"]


@pytest.mark.parametrize("status", [Status.WAITING, Status.RESOLVED, Status.CLOSED])
def test_undoing_restores_one_in_which_nothing_waited(
    ask: Ask, bob: User, now: datetime, status: str, run_jobs: RunJobs
) -> None:
    kept, gone = ask(), ask()
    answer(gone, run_jobs, now)
    if status == Status.RESOLVED:
        services.resolve_ticket(ticket=gone, actor="agent", now=now)
    elif status == Status.CLOSED:
        services.close_ticket(ticket=gone, actor="agent", now=now)
    before = state(gone)
    merge = merge_tickets(survivor=kept, merged=gone, by=bob, now=now)
    unmerge_tickets(merge=merge, by=bob, now=now)
    assert state(gone) == before


def test_a_chain_is_followed_and_undone_in_any_order(ask: Ask, bob: User, now: datetime) -> None:
    first, second, third = ask(), ask(), ask()
    inner = merge_tickets(survivor=second, merged=first, by=bob, now=now)
    merge_tickets(survivor=third, merged=second, by=bob, now=now)
    assert write_on(first, "Where?").conversation == third.conversation
    with pytest.raises(services.TicketSucceededError, match=third.reference):
        services.reply_to_ticket(ticket=first, staff=bob, text="Here.", now=now)
    unmerge_tickets(merge=inner, by=bob, now=now)
    assert write_on(first, "Here.", number=2).conversation == first.conversation
    assert write_on(second, "There.", number=3).conversation == third.conversation


def test_what_cannot_be_merged_is_refused(
    ask: Ask, pair: tuple[Ticket, Ticket], bob: User, now: datetime
) -> None:
    kept, gone = pair
    stranger = ask(email="mallory@evil.example")
    refused = [(kept, kept), (kept, stranger)]
    for survivor, merged in refused:
        with pytest.raises(TicketMergeError):
            merge_tickets(survivor=survivor, merged=merged, by=bob, now=now)
    merge = merge_tickets(survivor=kept, merged=gone, by=bob, now=now)
    for survivor, merged in [(kept, gone), (gone, kept)]:
        with pytest.raises(TicketMergeError):
            merge_tickets(survivor=survivor, merged=merged, by=bob, now=now)
    unmerge_tickets(merge=merge, by=bob, now=now)
    with pytest.raises(TicketMergeError):
        unmerge_tickets(merge=merge, by=bob, now=now)
    services.close_ticket(ticket=kept, actor="bob", now=now)
    with pytest.raises(TicketMergeError, match="closed"):
        merge_tickets(survivor=kept, merged=gone, by=bob, now=now)


def test_one_customers_two_addresses_stay_apart(ask: Ask, bob: User, now: datetime) -> None:
    """Else the answer to what one address wrote would go to the other."""
    from crm.merging import merge_customers

    home, work = ask(), ask(email="alice@work.example")
    merge_customers(
        survivor=home.conversation.customer, merged=work.conversation.customer, by=bob, now=now
    )
    with pytest.raises(TicketMergeError, match="two addresses"):
        merge_tickets(survivor=home, merged=work, by=bob, now=now)


def test_a_reply_on_its_way_is_waited_for(
    pair: tuple[Ticket, Ticket], bob: User, now: datetime, run_jobs: RunJobs
) -> None:
    kept, gone = pair
    services.reply_to_ticket(ticket=gone, staff=bob, text="Soon.", now=now)
    with pytest.raises(TicketMergeError, match="on its way"):
        merge_tickets(survivor=kept, merged=gone, by=bob, now=now)
    run_jobs()
    merge_tickets(survivor=kept, merged=gone, by=bob, now=now)


@pytest.mark.django_db(transaction=True)
def test_what_arrives_during_a_merge_is_with_the_survivor(
    pair: tuple[Ticket, Ticket], bob: User, now: datetime
) -> None:
    kept, gone = pair
    with beside(lambda: write_on(gone, "Just now.").conversation_id) as start:
        merge_tickets(survivor=kept, merged=gone, by=bob, now=now)
        arriving = start()
    assert arriving.result() == kept.conversation_id


@pytest.mark.django_db(transaction=True)
def test_two_who_merge_crosswise_get_one_merge(
    pair: tuple[Ticket, Ticket], bob: User, carol: User, now: datetime
) -> None:
    first, second = pair

    def crosswise() -> TicketMerge:
        return merge_tickets(survivor=second, merged=first, by=carol, now=now)

    with beside(crosswise) as start:
        merge_tickets(survivor=first, merged=second, by=bob, now=now)
        other = start()
    with pytest.raises(TicketMergeError):
        other.result()
    assert TicketMerge.objects.count() == 1


# --- What people see ----------------------------------------------------------------------------


def post(client: Client, ticket: Ticket, name: str, **data: Any) -> Any:
    address = reverse(f"admin:tickets_ticket_{name}", args=[ticket.pk])
    return client.post(address, data, follow=True)


def test_staff_merge_read_both_and_undo(
    client: Client, bob: User, pair: tuple[Ticket, Ticket]
) -> None:
    kept, gone = pair
    client.force_login(bob)
    page = post(client, gone, "merge", into=kept.pk)
    assert page.resolver_match.kwargs["object_id"] == str(kept.pk)
    html = page.content.decode()
    assert "Where is my invoice?" in html
    assert "My invoice!" in html
    assert f"In {gone.reference}, which goes on here" in html
    page = client.get(reverse("admin:tickets_ticket_change", args=[gone.pk]))
    assert f"go on in {kept.reference}" in page.content.decode()
    refused = post(client, gone, "reply", text="Here?", seen=0, then="send")
    assert refused.status_code == 409
    post(client, gone, "undoing")
    assert TicketMerge.objects.get().undone_by == bob
    assert state(gone)[0] == Status.IN_PROGRESS
    again = post(client, gone, "undoing")
    assert "undone already" in again.content.decode()


def test_merging_takes_the_right_to_work_on_tickets(
    client: Client, bob: User, pair: tuple[Ticket, Ticket]
) -> None:
    kept, gone = pair
    bob.groups.clear()
    client.force_login(bob)
    assert post(client, gone, "merge", into=kept.pk).status_code == 403
    assert not TicketMerge.objects.exists()


def test_the_key_of_a_merged_ticket_shows_the_way_and_not_the_other_key(
    client: Client, bob: User, pair: tuple[Ticket, Ticket], now: datetime
) -> None:
    """Where nothing proves any more who holds the key of the merged one."""
    kept, gone = pair
    merge = merge_tickets(survivor=kept, merged=gone, by=bob, now=now)
    ConfirmationCode.objects.all().delete()
    html = client.get(gone.status_path).content.decode()
    assert f"This goes on in {kept.reference}" in html
    assert f"/status/?reference={kept.reference}" in html
    assert kept.access_key not in html
    assert "Where is my invoice?" not in html
    assert 'id="reply"' not in html
    # A page that was open before the merge still takes a reply, and then shows the way as well.
    path = reverse("channels:reply", args=[gone.reference])
    data = {"text": "Still here?", "token": "00000000-0000-4000-9000-000000000009"}
    response = client.post(f"{path}?key={gone.access_key}", data)
    assert response.status_code == 303
    assert response.headers["Location"] == gone.status_path
    assert kept.conversation.messages.filter(text="Still here?").exists()
    unmerge_tickets(merge=merge, by=bob, now=now)
    assert 'id="reply"' in client.get(gone.status_path).content.decode()


def test_an_open_page_learns_of_the_merge(
    client: Client, bob: User, pair: tuple[Ticket, Ticket], now: datetime
) -> None:
    kept, gone = pair
    merge_tickets(survivor=kept, merged=gone, by=bob, now=now)
    path = reverse("tickets:conversation", args=[gone.reference])
    html = client.get(f"{path}?key={gone.access_key}&shown=1.1.working.asked.500").content.decode()
    assert f"This goes on in {kept.reference}" in html
    assert f"Open {kept.reference}" in html
