"""How a customer felt, message by message, on a ticket's page."""

from dataclasses import dataclass

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from crm.models import Message
from crm.moments import show_day
from tickets.models import Ticket
from tickets.panels import Place, ticket_panel

_NEWEST = 24
_HEIGHT = 20  # pixels above and below the middle line


@dataclass(frozen=True, slots=True)
class Bar:
    """A message's sentiment as a bar from the middle line; `x`, `y` and `height` in pixels."""

    x: int
    y: float
    height: float
    tone: str
    title: str


@ticket_panel(Place.SIDE, order=15)
def mood_panel(request: HttpRequest, ticket: Ticket) -> str:
    """The conversation's trend, and that of all of the customer's conversations if there are
    others. Nothing before the agent has read a message."""
    customer = ticket.conversation.customer_id
    read = Message.objects.filter(
        conversation__customer=customer,
        author=Message.Author.CUSTOMER,
        sentiment__isnull=False,
    ).order_by("-pk")
    newest = list(read.only("conversation_id", "sentiment", "emotion", "created_at")[:_NEWEST])
    newest.reverse()
    own = [message for message in newest if message.conversation_id == ticket.conversation_id]
    rows = [(_("This conversation"), _draw(own), _describe(own))] if own else []
    if len(own) < len(newest):
        rows.append((_("All conversations"), _draw(newest), _describe(newest)))
    if not rows:
        return ""
    return render_to_string("agent/admin/_moods.html", {"rows": rows}, request=request)


def _draw(messages: list[Message]) -> list[Bar]:
    bars = []
    for number, message in enumerate(messages):
        score = message.sentiment or 0.0
        height = max(2.0, abs(score) * _HEIGHT)
        tone = "success" if score > 0.3 else "danger" if score <= -0.5 else "info"
        title = f"{show_day(message.created_at)} {message.get_emotion_display()} {score:+.2f}"
        bars.append(Bar(number * 8, _HEIGHT - max(0.0, score * _HEIGHT), height, tone, title))
    return bars


def _describe(messages: list[Message]) -> str:
    """Whether the last message is better or worse than those before it."""
    scores = [message.sentiment or 0.0 for message in messages]
    if len(scores) < 2:
        return messages[-1].get_emotion_display()
    change = scores[-1] - sum(scores[:-1]) / len(scores[:-1])
    if change <= -0.2:
        return _("getting worse")
    return _("getting better") if change >= 0.2 else _("steady")
