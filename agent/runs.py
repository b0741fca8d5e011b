"""How a run begins and what it leaves behind: the short transactions around the thinking."""

from datetime import datetime, timedelta
from itertools import zip_longest
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Exists, Max, Min, OuterRef, TextField, Value
from django.db.models.functions import Cast, Concat
from django.utils.translation import gettext as _

from agent import effects
from agent.handover.summary import keep_summary
from agent.journal import Journal
from agent.models import AgentRun, AgentStep, Draft
from agent.pipeline import Considered
from agent.questions import build_question, list_waiting
from agent.types import Reading, Started
from config import jobs
from crm.models import Conversation, Message, Rescue
from crm.rescues import note_rescue
from crm.services import StaffTookOver, lock_conversation_for_agent, printable

State = AgentRun.State

# A run that failed this often on the same message probably breaks its worker: a person takes it.
MAX_FAILED_RUNS = 3
# How long a message may wait before the rescue looks whether anybody is at it.
RESCUE_AFTER = timedelta(minutes=2)
RESCUED_AT_ONCE = 100


class RunSuperseded(Exception):
    """Another run took this one's place."""


class QuestionSettled(Exception):
    """Somebody answered, resolved or closed while the agent thought."""


@transaction.atomic
def start_run(conversation_id: int, *, now: datetime) -> Started | None:
    """Begins a run over all that waits for an answer; None if the agent has nothing to do.

    A run that is still `running` belongs to a worker that died or was paused: it is failed here,
    so that it can record nothing any more. Holds the conversation's row lock meanwhile.
    """
    conversation = (
        Conversation.objects.select_for_update(of=("self",))
        .select_related("customer")
        .get(pk=conversation_id)
    )
    if conversation.handler != Conversation.Handler.AGENT:
        return None
    messages = tuple(list_waiting().filter(conversation=conversation))
    if not messages or messages[-1].has_draft:  # type: ignore[attr-defined]  # annotated
        return None
    failures: int = messages[-1].failures  # type: ignore[attr-defined]  # annotated
    if messages[-1].has_running:  # type: ignore[attr-defined]  # annotated
        conversation.runs.filter(state=State.RUNNING).update(
            state=State.FAILED,
            finished_at=now,
            explanation=_("The worker ended before it was done."),
        )
        failures = AgentRun.objects.filter(message=messages[-1], state=State.FAILED).count()
    run = AgentRun.objects.create(
        conversation=conversation, message=messages[-1], turn=conversation.turn, started_at=now
    )
    return Started(run, build_question(conversation, messages), messages, failures)


def record(started: Started, considered: Considered, journal: Journal, *, now: datetime) -> bool:
    """Puts the decision into effect in one transaction, once; False if it came too late.

    Too late is a person who took over, answered, resolved or closed, a later run, or an answer
    that exists already. What was prepared, and what it cost, is kept on the run in any case.
    """
    run = started.run
    try:
        with transaction.atomic():
            conversation = lock_conversation_for_agent(run.conversation_id, turn=run.turn)
            if not conversation.messages.awaiting_answer().filter(pk=run.message_id).exists():
                raise QuestionSettled
            _keep_reading(started.messages, considered.reading)
            reply = effects.apply(started, considered, conversation=conversation, now=now)
            _close(run, State.DONE, considered, journal, now, reply=reply)
            keep_summary(started, considered, journal)
            effects.keep_metric(started, considered, effective=True, cost=journal.cost, now=now)
    except (StaffTookOver, QuestionSettled, RunSuperseded):
        return _drop(started, considered, journal, now)
    except IntegrityError as error:
        if "message_answered_once" not in str(error):
            raise
        return _drop(started, considered, journal, now)
    return True


@transaction.atomic
def rescue_unanswered(*, now: datetime) -> int:
    """Enqueues conversations whose messages wait for the agent though no run is at them.

    A job that failed for good, or an enqueue that was lost with a restored backup, must not
    leave a customer in silence. Who waits longest comes first; a conversation that has a job
    gets no other.
    """
    waiting = (
        Message.objects.awaiting_answer()
        .filter(
            created_at__lt=now - RESCUE_AFTER,
            conversation__handler=Conversation.Handler.AGENT,
        )
        .exclude(
            Exists(
                AgentRun.objects.filter(
                    conversation=OuterRef("conversation"), started_at__gt=now - RESCUE_AFTER
                )
            )
        )
        .exclude(Exists(Draft.objects.decidable().filter(conversation=OuterRef("conversation"))))
        .exclude(
            jobs.has_job(
                lock=Concat(Value("conversation:"), Cast(OuterRef("conversation_id"), TextField()))
            )
        )
        .order_by()
        .values("conversation_id")
        .annotate(newest=Max("pk"), since=Min("created_at"))
        .order_by("since")
        .values_list("conversation_id", "newest")
    )
    rows = list(waiting[:RESCUED_AT_ONCE])
    for conversation_id, message_id in rows:
        jobs.enqueue(
            "agent.answer_conversation",
            lock=f"conversation:{conversation_id}",
            queue="agent",
            conversation_id=conversation_id,
            message_id=message_id,
        )
    note_rescue(Rescue.Kind.ANSWER, now=now, count=len(rows))
    return len(rows)


def _close(
    run: AgentRun,
    state: str,
    considered: Considered,
    journal: Journal,
    now: datetime,
    *,
    reply: Message | None = None,
) -> None:
    """The fence: only a run that is still running may leave anything behind. Raises RunSuperseded,
    with which the transaction ends, if it is not."""
    decision, intention = considered.decision, considered.reading.intention
    changed = AgentRun.objects.filter(pk=run.pk, state=State.RUNNING).update(
        state=state,
        decision=decision.action,
        reason=decision.reason,
        explanation=printable(decision.explanation),
        draft=printable(decision.text),
        sources=list(decision.sources),
        confidence=decision.confidence,
        intent=intention.name if intention and intention.in_scope else "",
        intent_score=intention.score if intention else None,
        finished_at=now,
        reply=reply,
        **_sum_up(journal),
    )
    if not changed:
        raise RunSuperseded
    AgentStep.objects.bulk_create(journal.build_steps(run))


def _sum_up(journal: Journal) -> dict[str, Any]:
    return {
        "model": journal.model[:120],
        "prompt_version": journal.prompt_version,
        "input_tokens": journal.input_tokens,
        "output_tokens": journal.output_tokens,
        "cost": journal.cost,
    }


def _keep_journal(run: AgentRun, journal: Journal) -> None:
    AgentRun.objects.filter(pk=run.pk).update(**_sum_up(journal))
    AgentStep.objects.bulk_create(journal.build_steps(run))


@transaction.atomic
def _drop(started: Started, considered: Considered, journal: Journal, now: datetime) -> bool:
    """Keeps what came too late. A run that another one had failed meanwhile stays failed."""
    try:
        _close(started.run, State.DROPPED, considered, journal, now)
    except RunSuperseded:
        _keep_journal(started.run, journal)
    effects.keep_metric(started, considered, effective=False, cost=journal.cost, now=now)
    return False


def _keep_reading(messages: tuple[Message, ...], reading: Reading) -> None:
    moods = zip_longest(reading.sentiments, reading.emotions, fillvalue="")
    for message, (score, emotion) in zip(messages, moods, strict=False):
        Message.objects.filter(pk=message.pk).update(
            sentiment=score, emotion=emotion, language=reading.language
        )
