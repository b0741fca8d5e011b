"""Replays that staff ask for. Loads no model, so the console may import it."""

from datetime import datetime

from django.db import transaction

from agent.models import AgentRun, Replay
from config import jobs
from crm.models import User


@transaction.atomic
def request_replay(tried: Replay, *, staff: User | None, now: datetime) -> Replay:
    """Saves the filled replay and queues it."""
    tried.started_by, tried.created_at = staff, now
    tried.save()
    jobs.enqueue("agent.replay", lock="evaluation", queue="knowledge", replay_id=tried.pk)
    return tried


def request_replay_of_run(run: AgentRun, *, staff: User, now: datetime) -> Replay:
    """Queues what a run was asked for today's knowledge, rules and model; nothing is sent."""
    return request_replay(Replay(run=run, limit=1), staff=staff, now=now)
