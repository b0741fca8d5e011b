"""One job of the agent: look, think, record. No transaction is open while it thinks."""

import traceback
from collections.abc import Callable
from datetime import datetime

import structlog
from django.db import OperationalError
from django.utils.translation import gettext as _

from agent import bursts, runs
from agent.decision import hand_over
from agent.desk import ConversationDesk
from agent.handover.acknowledging import acknowledge
from agent.journal import Journal
from agent.metering import Account
from agent.mind import make_mind
from agent.models import AgentStep
from agent.naming import name_by_waiting
from agent.pipeline import Considered, consider
from agent.suggestions.making import suggest_replies
from agent.types import HandOver, Reading, Started
from tickets.models import Ticket

log = structlog.get_logger(__name__)


def answer_conversation(
    conversation_id: int, *, message_id: int, clock: Callable[[], datetime]
) -> None:
    """Answers all that waits in the conversation, or hands it to people, or drops what it
    prepared because a person was faster. May run twice at once: one of them takes effect.

    `message_id` is the message that rang the bell; in a chat more may follow at once, and its
    job comes again after a pause.

    Raises OperationalError while the database is away, so that the queue tries again; every
    other failure is a hand-over with its reason.
    """
    if bursts.wait_for_rest(conversation_id, message_id=message_id, now=clock()):
        return
    started = runs.start_run(conversation_id, now=clock())
    if started is None:
        # Nothing for the agent: where people hold the conversation, what they are offered is
        # made for what the customer has written since, who hears that it arrived.
        acknowledge(conversation_id, now=clock())
        name_by_waiting(conversation_id, now=clock())
        suggest_replies(conversation_id, now=clock())
        return
    journal = Journal()
    considered = _consider(started, journal)
    try:
        recorded = runs.record(started, considered, journal, now=clock())
    except OperationalError:
        raise
    except Exception as error:  # noqa: BLE001  the border: whatever failed, a person hears of it
        considered = _fail(journal, error)
        recorded = runs.record(started, considered, journal, now=clock())
    log.info(
        "agent_run_ended",
        run=started.run.pk,
        conversation=conversation_id,
        decision=str(considered.decision.action),
        reason=str(considered.decision.reason),
        recorded=recorded,
    )


def _consider(started: Started, journal: Journal) -> Considered:
    if started.failures >= runs.MAX_FAILED_RUNS:
        why = _("Its worker ended %(count)d times.") % {"count": runs.MAX_FAILED_RUNS}
        return Considered(hand_over(HandOver(Ticket.Reason.FAILURE, why)), Reading("", ()))
    conversation = started.run.conversation
    try:
        return consider(
            started.question,
            desk=ConversationDesk(conversation),
            journal=journal,
            mind=make_mind(Account(conversation, started.run)),
        )
    except OperationalError:
        raise
    except Exception as error:  # noqa: BLE001  the border: never silent
        return _fail(journal, error)


def _fail(journal: Journal, error: Exception) -> Considered:
    """The hand-over that a failure leads to. The log says where, not what was written."""
    log.error("agent_run_failed", error=type(error).__name__, at=_where(error))
    why = _("%(error)s while the answer was prepared.") % {"error": type(error).__name__}
    with journal.step(AgentStep.Kind.DECISION, Ticket.Reason.FAILURE) as note:
        note.detail["error"] = type(error).__name__
    return Considered(hand_over(HandOver(Ticket.Reason.FAILURE, why)), Reading("", ()))


def _where(error: Exception) -> list[str]:
    """File and line of each frame: a traceback's values could hold a customer's words."""
    return [
        f"{frame.filename.rsplit('/', 2)[-1]}:{frame.lineno}"
        for frame in traceback.extract_tb(error.__traceback__)[-8:]
    ]
