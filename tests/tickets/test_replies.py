"""Replies settle what their author had read, and what is cancelled waits again."""

import uuid
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from procrastinate.contrib.django.models import ProcrastinateJob

from channels import delivery, recovery
from channels.models import Delivery
from channels.web.submission import submit_reply
from crm import services as crm
from crm import unanswered
from crm.models import Conversation, Message, User
from tickets import services
from tickets.models import Ticket
from tickets.replies import StaleReplyError, send_reply

pytestmark = pytest.mark.django_db
Ask = Callable[..., Ticket]
Status = Ticket.Status


def write_on(ticket: Ticket, text: str, now: datetime) -> Message:
    token = str(uuid.uuid4())
    return submit_reply(ticket=ticket, text=text, files=(), token=token, now=now)


def fresh(ticket: Ticket) -> Ticket:
    return Ticket.objects.select_related("conversation").get(pk=ticket.pk)


def waiting(ticket: Ticket) -> list[Message]:
    return list(ticket.conversation.messages.awaiting_answer())


def agent_answers(ticket: Ticket, now: datetime, text: str = "Under Settings.") -> Delivery:
    message = crm.queue_agent_reply(
        conversation=fresh(ticket).conversation,
        answers=waiting(ticket)[-1],
        text=text,
        sources=[],
        now=now,
    )
    services.note_agent_reply(ticket=ticket, now=now)
    return Delivery.objects.get(message=message)


@pytest.mark.parametrize("resolve", [True, False])
def test_a_message_that_staff_never_saw_holds_their_reply_up(
    resolve: bool, ask: Ask, bob: User, now: datetime
) -> None:
    ticket = ask()
    seen = waiting(ticket)[-1].pk
    later = write_on(ticket, "Wait", now)
    with pytest.raises(StaleReplyError) as stale:
        send_reply(ticket=ticket, staff=bob, text="So.", seen=seen, resolve=resolve, now=now)
    assert list(stale.value.messages) == [later]
    assert later in waiting(ticket)
    assert not ticket.conversation.messages.filter(author="staff").exists()


def test_a_reply_answers_only_what_was_seen(ask: Ask, bob: User, now: datetime) -> None:
    ticket = ask()
    seen = waiting(ticket)[-1].pk
    later = write_on(ticket, "Wait", now)
    services.reply_to_ticket(ticket=ticket, staff=bob, text="So.", seen=seen, now=now)
    assert waiting(ticket) == [later]
    assert fresh(ticket).status == Status.IN_PROGRESS


def test_a_ticket_waits_for_nobody_while_a_message_does(ask: Ask, now: datetime) -> None:
    ticket = ask()
    answered = waiting(ticket)[-1]
    write_on(ticket, "Also this", now)
    unanswered.mark_answered(conversation=ticket.conversation, up_to=answered, now=now)
    services.note_agent_reply(ticket=ticket, now=now)
    assert fresh(ticket).status == Status.OPEN
    services.note_staff_reply(ticket=ticket, now=now)
    assert fresh(ticket).status == Status.IN_PROGRESS


def test_handed_back_twice_the_agents_answer_stands(ask: Ask, bob: User, now: datetime) -> None:
    ticket = ask()
    services.take_over_ticket(ticket=ticket, staff=bob, now=now)
    assert services.hand_back_ticket(ticket=ticket, staff=bob, now=now)
    answer = agent_answers(ticket, now)
    assert not services.hand_back_ticket(ticket=ticket, staff=bob, now=now)
    delivery.deliver(answer.pk)
    answer.refresh_from_db()
    assert answer.state == Delivery.State.SENT
    assert fresh(ticket).status == Status.WAITING
    assert ticket.events.filter(kind="handed_back").count() == 1


def test_handing_back_announces_what_waits(ask: Ask, bob: User, now: datetime) -> None:
    ticket = ask()
    services.take_over_ticket(ticket=ticket, staff=bob, now=now)
    later = write_on(ticket, "Are you there?", now)
    ProcrastinateJob.objects.all()._raw_delete("default")
    services.hand_back_ticket(ticket=ticket, staff=bob, now=now)
    job = ProcrastinateJob.objects.get(task_name="agent.answer_conversation")
    assert job.args["message_id"] == later.pk


def test_handing_back_with_nothing_waiting_announces_nothing(
    ask: Ask, bob: User, now: datetime
) -> None:
    ticket = ask()
    services.reply_to_ticket(ticket=ticket, staff=bob, text="So.", now=now)
    ProcrastinateJob.objects.all()._raw_delete("default")
    services.hand_back_ticket(ticket=ticket, staff=bob, now=now)
    assert not ProcrastinateJob.objects.filter(task_name="agent.answer_conversation").exists()
    assert fresh(ticket).status == Status.WAITING


def test_what_a_cancelled_answer_had_answered_waits_again(
    ask: Ask, bob: User, now: datetime
) -> None:
    ticket = ask()
    write_on(ticket, "and as CSV?", now)
    answer = agent_answers(ticket, now)
    services.take_over_ticket(ticket=ticket, staff=bob, now=now)
    delivery.deliver(answer.pk)
    answer.refresh_from_db()
    assert answer.state == Delivery.State.CANCELLED
    assert len(waiting(ticket)) == 2
    assert fresh(ticket).first_response_at is None
    services.hand_back_ticket(ticket=ticket, staff=bob, now=now)
    assert fresh(ticket).status == Status.OPEN
    again = agent_answers(ticket, now + timedelta(minutes=1), "Anew.")
    assert again.message.answers == answer.message.answers


def test_handed_back_before_the_answer_was_cancelled_it_is_announced(
    ask: Ask, bob: User, now: datetime
) -> None:
    ticket = ask()
    answer = agent_answers(ticket, now)
    services.take_over_ticket(ticket=ticket, staff=bob, now=now)
    services.hand_back_ticket(ticket=ticket, staff=bob, now=now)
    ProcrastinateJob.objects.all()._raw_delete("default")
    delivery.deliver(answer.pk)
    assert ProcrastinateJob.objects.filter(task_name="agent.answer_conversation").count() == 1
    assert fresh(ticket).status == Status.OPEN


def test_what_staff_answered_or_resolved_meanwhile_stays_answered(
    ask: Ask, bob: User, now: datetime
) -> None:
    replied, resolved = ask(), ask()
    late = now + timedelta(seconds=1)
    answers = [agent_answers(ticket, now) for ticket in (replied, resolved)]
    services.reply_to_ticket(ticket=replied, staff=bob, text="So.", now=late)
    services.take_over_ticket(ticket=resolved, staff=bob, now=late)
    services.resolve_ticket(ticket=resolved, actor="Bob", now=late)
    for answer in answers:
        delivery.deliver(answer.pk)
        answer.refresh_from_db()
        assert answer.state == Delivery.State.CANCELLED
    assert waiting(replied) == waiting(resolved) == []
    assert fresh(replied).status == Status.WAITING
    assert fresh(resolved).status == Status.RESOLVED


def test_an_answer_that_staff_cancel_is_theirs_to_replace(ask: Ask, now: datetime) -> None:
    ticket = ask()
    assert recovery.cancel_delivery(agent_answers(ticket, now), now=now)
    assert fresh(ticket).status == Status.IN_PROGRESS
    assert fresh(ticket).conversation.handler == Conversation.Handler.STAFF
    assert Ticket.objects.needing_a_person().get() == ticket
    assert waiting(ticket)


def test_a_reply_of_staff_that_is_cancelled_leaves_the_question_open(
    ask: Ask, bob: User, now: datetime
) -> None:
    ticket = ask()
    message = services.reply_to_ticket(ticket=ticket, staff=bob, text="So.", now=now)
    recovery.cancel_delivery(Delivery.objects.get(message=message), now=now)
    assert fresh(ticket).status == Status.IN_PROGRESS
    assert waiting(ticket)


def test_a_notice_that_is_cancelled_changes_nothing(ask: Ask, now: datetime) -> None:
    ticket = ask()
    services.escalate_ticket(ticket=ticket, reason="refund", detail="", actor="agent", now=now)
    recovery.cancel_delivery(Delivery.objects.get(), now=now)
    assert fresh(ticket).status == Status.ESCALATED


def test_sent_after_all_it_answers_again(ask: Ask, now: datetime) -> None:
    ticket = ask()
    answer = agent_answers(ticket, now)
    recovery.cancel_delivery(answer, now=now)
    assert recovery.retry_delivery(answer, now=now)
    assert waiting(ticket) == []
    assert fresh(ticket).status == Status.WAITING


def test_it_is_not_sent_beside_the_answer_that_replaced_it(
    ask: Ask, bob: User, now: datetime
) -> None:
    ticket = ask()
    answer = agent_answers(ticket, now)
    recovery.cancel_delivery(answer, now=now)
    services.hand_back_ticket(ticket=ticket, staff=bob, now=now)
    agent_answers(ticket, now + timedelta(minutes=1), "Anew.")
    assert not recovery.retry_delivery(answer, now=now)
    answer.refresh_from_db()
    assert answer.state == Delivery.State.CANCELLED
