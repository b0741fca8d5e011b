"""A replay's job: every question of the last days through the change, and what it would turn."""

from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import OperationalError
from django.db.models import QuerySet

from agent.models import AgentRun, Replay, ReplayResult
from agent.replay import list_differences
from agent.replays.changes import Change, ReplayError, prepare
from agent.types import Decision
from crm.services import printable

State = Replay.State
Cause = ReplayResult.Cause


def run_replay(replay_id: int, *, clock: Callable[[], datetime]) -> None:
    """Begun anew if an earlier worker ended in its middle. Sends nothing and changes no
    conversation. Raises OperationalError while the database is away; any other failure is kept.
    """
    tried = Replay.objects.select_related("prompt_version", "rule", "article").get(pk=replay_id)
    if tried.is_over:
        return
    try:
        with prepare(tried) as change:
            compare_all(tried, change)
    except OperationalError:
        raise
    except ReplayError as error:
        _finish(tried, State.FAILED, clock(), error=str(error))
    except Exception as error:
        _finish(tried, State.FAILED, clock(), error=type(error).__name__)
        raise
    else:
        _finish(tried, State.DONE, clock())


def compare_all(tried: Replay, change: Change) -> None:
    tried.results.all().delete()
    runs = list(_list_runs(tried))
    Replay.objects.filter(pk=tried.pk).update(state=State.RUNNING, total=len(runs), done=0)
    for count, run in enumerate(runs, start=1):
        result = _compare(tried, run, change)
        if result is not None:
            result.save(force_insert=True)
        Replay.objects.filter(pk=tried.pk).update(done=count)


def _list_runs(tried: Replay) -> QuerySet[AgentRun]:
    """The newest that took effect, the newest first; or the one that was chosen."""
    if tried.run_id:
        return AgentRun.objects.filter(pk=tried.run_id).select_related(
            "conversation__customer", "message"
        )
    since = tried.created_at - timedelta(days=tried.days)
    runs = AgentRun.objects.filter(
        state=AgentRun.State.DONE, started_at__range=(since, tried.created_at)
    )
    return runs.select_related("conversation__customer", "message").order_by("-pk")[: tried.limit]


def _compare(tried: Replay, run: AgentRun, change: Change) -> ReplayResult | None:
    """None if the run would go as it went. Otherwise the question is asked once more without the
    change, which tells its effect from that of whatever else changed since the run."""
    after = change.ask(run)
    if not list_differences(run, after):
        return None
    changes_nothing = tried.kind == Replay.Kind.NOTHING
    before = _as_it_went(run) if changes_nothing else Change().ask(run).decision
    same = _key(before) == _key(after.decision)
    if same:
        before = _as_it_went(run)
    return ReplayResult(
        replay=tried,
        run=run,
        cause=Cause.MEANWHILE if same or changes_nothing else Cause.CHANGE,
        before_action=before.action,
        before_reason=before.reason,
        before_text=printable(before.text),
        before_sources=list(before.sources),
        before_why=printable(before.explanation),
        after_action=after.decision.action,
        after_reason=after.decision.reason,
        after_text=printable(after.decision.text),
        after_sources=list(after.decision.sources),
        after_why=printable(after.decision.explanation),
    )


def _as_it_went(run: AgentRun) -> Decision:
    return Decision(
        action=run.decision,
        explanation=run.explanation,
        reason=run.reason,
        text=run.draft,
        sources=tuple(run.sources),
    )


def _key(decision: Decision) -> tuple[object, ...]:
    titles = [source["title"] for source in decision.sources]
    return (decision.action, decision.reason, titles, decision.text.strip())


def _finish(tried: Replay, state: str, now: datetime, *, error: str = "") -> None:
    Replay.objects.filter(pk=tried.pk).update(state=state, finished_at=now, error=error)
