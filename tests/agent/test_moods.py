"""What a customer felt, kept with each message and shown as a trend."""

from collections.abc import Callable

from django.test import Client

from agent.models import AgentRun
from crm.models import Message, User
from knowledge.models import Article
from tickets.models import Ticket


def test_each_message_keeps_its_emotion_and_the_ticket_shows_the_trend(
    help_centre: dict[str, Article],
    client: Client,
    bob: User,
    ask: Callable[..., Ticket],
    answer: Callable[[Ticket], AgentRun],
    write_on: Callable[[Ticket, str], None],
) -> None:
    ticket = ask("Where do I find my invoice for March?")
    answer(ticket)
    write_on(ticket, "This is an absolute disgrace, I am furious with you people!!!")
    answer(ticket)
    calm, angry = ticket.conversation.messages.filter(author=Message.Author.CUSTOMER)
    assert (calm.emotion, angry.emotion) == ("neutral", "anger")
    client.force_login(bob)
    shown = client.get(f"/admin/tickets/ticket/{ticket.pk}/change/").content.decode()
    assert "getting worse" in shown
    assert shown.count("ah-moods__bar--danger") == 1
    assert ">angry<" in shown
