"""`python -m benchmarks.worker [--concurrency 160] [--messages 600]`.

The sample company's own tickets, of which some go to people, and a first message are done before
anything is counted. Exit code 1 if the rate or the memory misses its aim, or if any of the messages
that are counted was not answered.
"""

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import requests

from benchmarks.model import run_double
from benchmarks.report import Row, print_table, write_json
from benchmarks.scratch import ROOT, Scratch

_LATENCY = 2.0
_CALLS = 2
_PER_SECOND = 30
_MEGABYTES = 400
_LONGEST = 600.0
_OPEN = ("todo", "doing")


def main() -> int:
    arguments = _arguments()
    settings = {"WORKER_CONCURRENCY": str(arguments.concurrency), "LLM_JUDGE": "0"}
    with (
        run_double(latency=_LATENCY) as double,
        Scratch(Path(arguments.data), settings={**settings, **double}) as desk,
    ):
        import django  # after the environment that the settings read

        django.setup()
        desk.manage("load_sample")
        rows = _measure(desk, double["OPENAI_API_BASE"], arguments.messages, arguments.concurrency)
    title = f"One worker process, a model of {_LATENCY:.0f} s, two calls a message"
    print_table(title, rows)
    write_json(ROOT / ".data/bench/worker.json", title, rows)
    return 0 if all(row.ok is not False for row in rows) else 1


def _measure(desk: Scratch, model: str, messages: int, concurrency: int) -> list[Row]:
    from django.db import connection
    from procrastinate.contrib.django.models import ProcrastinateJob

    from agent.models import AgentRun
    from benchmarks.asking import ask
    from config.worker import share_threads

    ask(0)
    worker = psutil.Process(desk.start("worker").pid)
    _await(lambda: not ProcrastinateJob.objects.filter(queue_name="agent", status__in=_OPEN))
    idle = worker.memory_info().rss  # all that is loaded once is
    before_calls = _count_calls(model)
    runs = AgentRun.objects.filter(pk__gt=AgentRun.objects.latest("pk").pk)
    connection.close()
    for number in range(1, messages + 1):
        ask(number)
    before = sum(worker.cpu_times()[:2])
    done = runs.filter(state="done").count()
    began = time.perf_counter()
    peak = 0

    def finished() -> bool:
        nonlocal peak
        peak = max(peak, worker.memory_info().rss)
        return runs.filter(state="done").count() >= messages

    _await(finished)
    seconds = time.perf_counter() - began
    count = messages - done
    cpu = (sum(worker.cpu_times()[:2]) - before) / count
    slow = max(share_threads(concurrency).values())
    limit = slow / (_LATENCY * _CALLS)
    unanswered = messages - runs.filter(decision="send").count()
    calls = _count_calls(model) - before_calls
    rate = count / seconds
    return [
        Row("concurrency", concurrency),
        Row("limit: threads that wait for a model / 4 s", limit, "1/s"),
        Row("messages", rate, "1/s", f"at least {_PER_SECOND}", rate >= _PER_SECOND),
        Row("messages against the limit", rate / limit),
        Row("calls a message", calls / messages),
        Row("CPU a message, of the worker", cpu * 1000, "ms"),
        Row("messages not answered", unanswered, "", "0", unanswered == 0),
        Row("memory after the first message", idle / 2**20, "MB"),
        Row("memory at most", peak / 2**20, "MB", f"below {_MEGABYTES}", peak < _MEGABYTES * 2**20),
    ]


def _count_calls(model: str) -> int:
    return int(requests.get(model.removesuffix("/v1") + "/_books", timeout=5).json()["calls"])


def _await(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _LONGEST
    while not condition():
        if time.monotonic() > deadline:
            raise RuntimeError("The worker did not get through: look into its log.")
        time.sleep(0.2)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.worker")
    parser.add_argument("--concurrency", type=int, default=160)
    parser.add_argument("--messages", type=int, default=600)
    parser.add_argument("--data", default=str(ROOT / ".data/bench/worker"))
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
