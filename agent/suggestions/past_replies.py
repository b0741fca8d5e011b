"""What staff answered to questions like this one, found by what the questions mean."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from django.db import InterfaceError, OperationalError
from django.db.models import Exists, OuterRef
from pgvector.django import CosineDistance

from agent import meaning
from agent.courtesies import is_courteous_line
from agent.exchanges import Exchange, read_exchange
from agent.models import PastReply
from agent.wording import content_words
from crm.models import Message
from crm.services import printable
from tickets.models import Satisfaction, Ticket

# Cosine from which two questions ask the same; by design, beside the 0.8 of `agent.gaps`: a
# person reads what is offered.
ALIKE = 0.6
MAX_OFFERED = 2
REMEMBERED = timedelta(days=365)
POOR_RATING = 2
AT_ONCE = 200
MAX_QUESTION = 1_000
_MIN_WORDS = 4

log = structlog.get_logger(__name__)


class UnlearnedError(Exception):
    """Tickets whose replies could not be kept; the message names them."""


@dataclass(frozen=True, slots=True)
class Found:
    """A reply of staff without personal data, and how like its question is, as a cosine."""

    ticket_id: int
    reference: str
    text: str
    likeness: float


def learn_replies(*, now: datetime) -> int:
    """Keeps the first reply of staff in each ticket that was finished lately and rated no worse
    than fair; returns how many are new. Loads the embedding model; no transaction may be open.

    Raises UnlearnedError once all others are kept, if one of them cannot be.
    """
    answered = Message.objects.filter(
        conversation=OuterRef("conversation"),
        author=Message.Author.STAFF,
        state=Message.State.SENT,
        created_at__gte=OuterRef("created_at"),
    )
    poor = Satisfaction.objects.filter(ticket=OuterRef("pk"), score__lte=POOR_RATING)
    tickets = (
        Ticket.objects.filter(
            Exists(answered),
            ~Exists(poor),
            status__in=[Ticket.Status.RESOLVED, Ticket.Status.CLOSED],
            updated_at__gt=now - REMEMBERED,
            past_reply__isnull=True,
        )
        .select_related("conversation__customer")
        .order_by("-pk")[:AT_ONCE]
    )
    learned, failed = [], []
    for ticket in tickets:
        try:
            learned.append(_learn(read_exchange(ticket), now))
        except (OperationalError, InterfaceError):  # the database is away: the job comes again
            raise
        except Exception as error:  # noqa: BLE001  whatever is wrong with one, the others are kept
            log.warning("agent.reply_not_learned", ticket=ticket.pk, error=type(error).__name__)
            failed.append(ticket.reference)
    PastReply.objects.bulk_create(learned, ignore_conflicts=True)
    if failed:
        raise UnlearnedError(", ".join(failed))
    return len(learned)


def find_replies(question: str, *, but: Sequence[int]) -> list[Found]:
    """The replies to the questions nearest in meaning, each matter once, best first, but for
    those of the conversations `but` and those rated poorly since. Loads the embedding model."""
    near = (
        PastReply.objects.filter(embedder=meaning.model_name())
        .exclude(text="")
        .exclude(ticket__conversation__in=but)
        .exclude(ticket__satisfaction__score__lte=POOR_RATING)
        .annotate(distance=CosineDistance("vector", list(meaning.embed(question[:MAX_QUESTION]))))
        .filter(distance__lte=1 - ALIKE)
        .select_related("ticket")
        .order_by("distance")[: 3 * MAX_OFFERED]
    )
    offered: dict[str, Found] = {}
    for past in near:
        likeness = round(1 - float(past.distance), 3)
        found = Found(past.ticket_id, past.ticket.reference, past.text, likeness)
        offered.setdefault(past.text, found)
    return list(offered.values())[:MAX_OFFERED]


def _learn(exchange: Exchange, now: datetime) -> PastReply:
    """A row for every ticket, with no text where the reply says too little to be offered: it is
    not read again."""
    question = f"{exchange.subject}\n{exchange.question}".strip()[:MAX_QUESTION]
    text = next((_tidy(reply.text) for reply in exchange.staff_replies), "")
    return PastReply(
        ticket=exchange.ticket,
        question=printable(question),
        text=printable(text) if len(content_words(text)) >= _MIN_WORDS else "",
        embedder=meaning.model_name(),
        vector=list(meaning.embed(question)),
        learned_at=now,
    )


def _tidy(reply: str) -> str:
    """The reply without what it quotes, greetings and farewells, which name people."""
    lines = [
        line
        for line in reply.splitlines()
        if not line.startswith(">") and not is_courteous_line(line)
    ]
    return "\n".join(lines).strip()
