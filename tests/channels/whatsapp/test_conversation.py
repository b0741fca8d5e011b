"""The whole way with the agent: webhook, worker's jobs, agent, delivery, the double."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from agent import answering, pipeline
from agent.bursts import BURST_PAUSE
from agent.models import AgentRun
from channels.models import Delivery
from channels.whatsapp.double.server import DoubleServer
from crm.models import Conversation, Message, User
from tests.agent.conftest import ARTICLES, write_article
from tests.channels.whatsapp.cast import ALICE, USER_ID
from tests.channels.whatsapp.desk import hand_over
from tests.channels.whatsapp.sink import Sink
from tickets.models import Ticket
from tickets.services import reply_to_ticket

pytestmark = pytest.mark.django_db
RunJobs = Callable[[], int]


@pytest.fixture(autouse=True)
def article(db: None) -> None:
    write_article("exports/export-board", *ARTICLES["exports/export-board"])


def bodies(double: DoubleServer) -> list[str]:
    return [each.body for each in double.provider.books.sends()]


def test_case_39_four_fragments_get_one_reply(
    double: DoubleServer, sink: Sink, run_jobs: RunJobs, time_machine: Any
) -> None:
    for text in ("hi", "i have a board", "and excel", "how do i export it?"):
        double.receive(ALICE, text)
        hand_over(double, sink)
        run_jobs()
    assert bodies(double) == []
    time_machine.move_to(timezone.now() + BURST_PAUSE)
    run_jobs()
    (body,) = bodies(double)
    assert "Board menu > Export" in body
    assert "https://desk.example.com/help/exports/export-board" in body
    hand_over(double, sink)
    assert Delivery.objects.get().provider_status == "read"
    assert AgentRun.objects.count() == Conversation.objects.count() == 1


def test_a_chat_that_opens_with_hi_is_called_what_was_asked(
    double: DoubleServer, sink: Sink, run_jobs: RunJobs, time_machine: Any
) -> None:
    double.receive(ALICE, "Hi")
    hand_over(double, sink)
    time_machine.move_to(timezone.now() + BURST_PAUSE)
    run_jobs()
    assert Ticket.objects.get().subject == "Hi"
    for text in ("Hello, how do I export a board to Excel?", "And can I export it to CSV?"):
        double.receive(ALICE, text)
        hand_over(double, sink)
        time_machine.move_to(timezone.now() + BURST_PAUSE)
        run_jobs()
        assert Ticket.objects.get().subject == "Hello, how do I export a board to Excel?"


def test_case_40_staff_who_reply_while_the_agent_thinks_win(
    double: DoubleServer,
    sink: Sink,
    run_jobs: RunJobs,
    bob: User,
    monkeypatch: pytest.MonkeyPatch,
    time_machine: Any,
) -> None:
    def reply_meanwhile(*args: Any, **kwargs: Any) -> pipeline.Considered:
        considered = pipeline.consider(*args, **kwargs)
        ticket = Ticket.objects.get()
        reply_to_ticket(ticket=ticket, staff=bob, text="I do it for you.", now=timezone.now())
        return considered

    monkeypatch.setattr(answering, "consider", reply_meanwhile)
    double.receive(ALICE, "How do I export a board to Excel?")
    hand_over(double, sink)
    run_jobs()
    time_machine.move_to(timezone.now() + BURST_PAUSE)
    run_jobs()
    assert bodies(double) == ["I do it for you."]
    assert AgentRun.objects.get().state == "dropped"


def test_case_40_staff_who_take_over_a_queued_answer_win(
    double: DoubleServer, sink: Sink, run_jobs: RunJobs, bob: User, time_machine: Any
) -> None:
    from agent.tasks import answer_conversation

    double.receive(ALICE, "How do I export a board to Excel?")
    hand_over(double, sink)
    run_jobs()
    time_machine.move_to(timezone.now() + BURST_PAUSE)
    message = Message.objects.get(author="customer")
    answer_conversation(conversation_id=message.conversation_id, message_id=message.pk)
    reply_to_ticket(ticket=Ticket.objects.get(), staff=bob, text="Mine.", now=timezone.now())
    run_jobs()
    assert bodies(double) == ["Mine."]


def test_case_47_who_hides_the_number_is_answered(
    double: DoubleServer, sink: Sink, run_jobs: RunJobs, time_machine: Any
) -> None:
    double.receive(f"whatsapp:{USER_ID}", "How do I export a board to Excel?")
    hand_over(double, sink)
    run_jobs()
    time_machine.move_to(timezone.now() + BURST_PAUSE)
    run_jobs()
    assert [each.to_address for each in double.provider.books.sends()] == [f"whatsapp:{USER_ID}"]


def test_case_49_a_picture_that_nobody_has_seen_is_not_answered(
    double: DoubleServer, sink: Sink, run_jobs: RunJobs, time_machine: Any
) -> None:
    double.provider.faults.script("read", ["unavailable_before"] * 9)
    double.receive(ALICE, media=[("image/png", b"\x89PNG\r\n\x1a\n")])
    hand_over(double, sink)
    time_machine.move_to(timezone.now() + timedelta(seconds=10))
    from channels.models import InboundEvent
    from channels.tasks import process_event

    process_event(event_id=InboundEvent.objects.get().pk)
    message = Message.objects.get()
    from agent.tasks import answer_conversation

    answer_conversation(conversation_id=message.conversation_id, message_id=message.pk)
    run = AgentRun.objects.get()
    assert not message.attachments.exists()
    assert (run.decision, run.explanation) == ("hand_over", "The message holds files only.")
