"""What staff do with a prepared answer, and when it is too late for it."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from agent.drafts import DraftOutdatedError, approve_draft, reject_draft
from agent.models import AgentRun, Draft
from crm.models import User
from tickets.models import Ticket
from tickets.services import hand_back_ticket, take_over_ticket

pytestmark = pytest.mark.usefixtures("help_centre")

Ask = Callable[..., Ticket]
Answer = Callable[[Ticket], AgentRun]


@pytest.fixture(params=["draft", "earned"])
def drafted(request: Any, ask: Ask, answer: Answer, settings: Any) -> Ticket:
    """A question whose answer waits for approval, as both cautious settings leave it."""
    settings.AUTONOMY = request.param
    ticket = ask("How do I export a board to Excel?")
    assert answer(ticket).decision == "draft"
    return ticket


def draft_of(ticket: Ticket) -> Draft:
    return Draft.objects.filter(conversation=ticket.conversation_id).latest("pk")


def test_the_customer_hears_that_an_answer_is_on_its_way(drafted: Ticket) -> None:
    notice = drafted.conversation.messages.get(direction="out")
    assert notice.author == "system"
    assert "checking" in notice.text


def test_the_status_page_says_who_it_waits_for(drafted: Ticket, client: Client) -> None:
    drafted.refresh_from_db()
    page = client.get(drafted.status_url).content.decode()
    assert "A colleague is checking the answer" in page
    assert "The assistant is writing" not in page


def test_approved_it_is_the_agents_answer(drafted: Ticket, bob: User) -> None:
    message = approve_draft(draft=draft_of(drafted), staff=bob, now=timezone.now())
    drafted.refresh_from_db()
    draft = draft_of(drafted)
    assert (message.author, message.text) == ("agent", draft.text)
    assert message.sources
    assert (draft.state, draft.decided_by) == ("approved", bob)
    assert drafted.status == "waiting"
    assert "Bob" in drafted.events.get(kind="answered").note
    assert not drafted.conversation.messages.awaiting_answer().exists()
    assert AgentRun.objects.get().reply == message


def test_edited_it_is_the_reply_of_who_edited_it(drafted: Ticket, bob: User) -> None:
    message = approve_draft(
        draft=draft_of(drafted), staff=bob, text="Press Export.", now=timezone.now()
    )
    drafted.conversation.refresh_from_db()
    assert (message.author, message.staff, message.text) == ("staff", bob, "Press Export.")
    assert (draft_of(drafted).state, draft_of(drafted).final_text) == ("edited", "Press Export.")
    assert drafted.conversation.handler == "staff"


def test_rejected_it_goes_to_people(drafted: Ticket, bob: User) -> None:
    reject_draft(draft=draft_of(drafted), staff=bob, now=timezone.now())
    drafted.refresh_from_db()
    assert draft_of(drafted).state == "rejected"
    assert drafted.status == "escalated"
    assert not drafted.conversation.messages.filter(author="agent").exists()


def test_it_is_sent_once(drafted: Ticket, bob: User) -> None:
    draft = draft_of(drafted)
    approve_draft(draft=draft, staff=bob, now=timezone.now())
    with pytest.raises(DraftOutdatedError):
        approve_draft(draft=draft, staff=bob, now=timezone.now())
    with pytest.raises(DraftOutdatedError):
        reject_draft(draft=draft, staff=bob, now=timezone.now())
    assert drafted.conversation.messages.filter(author="agent").count() == 1


def test_who_took_over_is_not_answered_over(drafted: Ticket, bob: User) -> None:
    take_over_ticket(ticket=drafted, staff=bob, now=timezone.now())
    with pytest.raises(DraftOutdatedError):
        approve_draft(draft=draft_of(drafted), staff=bob, now=timezone.now())
    hand_back_ticket(ticket=drafted, staff=bob, now=timezone.now())
    with pytest.raises(DraftOutdatedError):
        approve_draft(draft=draft_of(drafted), staff=bob, now=timezone.now())


def test_a_further_message_makes_a_new_draft(
    drafted: Ticket, bob: User, answer: Answer, write_on: Callable[[Ticket, str], None]
) -> None:
    old = draft_of(drafted)
    write_on(drafted, "and to CSV?")
    with pytest.raises(DraftOutdatedError):
        approve_draft(draft=old, staff=bob, now=timezone.now())
    answer(drafted)
    old.refresh_from_db()
    assert old.state == "outdated"
    assert draft_of(drafted).state == "open"


def test_the_job_run_again_makes_no_second_draft(drafted: Ticket, answer: Answer) -> None:
    answer(drafted)
    assert Draft.objects.count() == 1
    assert AgentRun.objects.count() == 1
