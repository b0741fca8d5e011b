"""Messages on their way through a worker inside this process, and what that takes."""

import itertools
import time
from dataclasses import dataclass

from django.conf import settings
from django.db import connection

from agent.models import AgentRun
from benchmarks.asking import ask
from benchmarks.message import server
from config.worker import run_worker

_QUEUES = ("agent",)
_numbers = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Spent:
    """Milliseconds of CPU a message; `unanswered` counts messages."""

    accepting: float
    worker: float
    postgres: float
    unanswered: int

    @property
    def total(self) -> float:
        return self.worker + self.postgres


def prepare() -> None:
    """The sample company's own tickets are answered, and all that is loaded once is loaded."""
    server.hold_still()
    accept(4)
    drain()


def measure(messages: int) -> Spent:
    began = time.process_time()
    accept(messages)
    accepting = time.process_time() - began
    newest = AgentRun.objects.latest("pk").pk
    connection.close()
    began, before = time.process_time(), server.cpu_seconds()
    drain()
    worker, postgres = time.process_time() - began, server.cpu_seconds() - before
    answered = AgentRun.objects.filter(pk__gt=newest, decision=AgentRun.Decision.SEND).count()
    return Spent(
        accepting=accepting / messages * 1000,
        worker=worker / messages * 1000,
        postgres=postgres / messages * 1000,
        unanswered=messages - answered,
    )


def accept(messages: int) -> None:
    for number in itertools.islice(_numbers, messages):
        ask(number)


def drain(*, threads: int = settings.WORKER_CONCURRENCY) -> None:
    """Until every reply is queued; their deliveries are left to nobody."""
    run_worker(shares={_QUEUES: threads}, grace=60, wait=False)
