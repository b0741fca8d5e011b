"""`python -m benchmarks.storm [--short] [--seed 1] [--sabotage deduplication]`."""

import argparse
import atexit
import logging
import os
import shutil
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from benchmarks.scratch import ROOT
from benchmarks.storm.desk import Desk

if TYPE_CHECKING:
    from benchmarks.storm.verdict import Verdict

SABOTAGES = ("deduplication", "lease", "enqueue")
_THREADS = 16


@dataclass(frozen=True, slots=True)
class Form:
    """How large a storm is. `haste` shortens the desk's own waits (see `sabotage`); the rest are
    the seconds between two events of a kind, 0 for never."""

    messages: int
    conversations: int
    seconds: float
    workers: int
    patience: float
    haste: bool
    worker_killed: float
    web_killed: float
    database_killed: float
    worker_paused: float
    backends_cut: float
    model_away: float


FULL = Form(2000, 200, 600, 4, 1500, False, 10, 30, 60, 45, 25, 75)
SHORT = Form(160, 40, 36, 3, 150, True, 8, 15, 18, 20, 9, 24)
# As short as a safeguard that is switched off takes to be noticed.
SABOTAGED = Form(60, 20, 10, 2, 20, True, 0, 0, 0, 0, 0, 0)
SABOTAGED_SENDS = Form(60, 60, 20, 3, 40, True, 7, 0, 0, 0, 0, 0)


def main() -> int:
    arguments = _arguments()
    form = _choose_form(arguments)
    data = Path(arguments.data).absolute() / str(os.getpid())
    # Registered first, so it runs last: the database stops before.
    remove = atexit.register(shutil.rmtree, data, ignore_errors=True)
    settings = {"STORM_HASTE": str(int(form.haste)), "STORM_SABOTAGE": arguments.sabotage}
    if arguments.sabotage:
        settings["LLM_MODEL"] = "offline"  # workers that are killed come back sooner
    began = time.monotonic()
    _say("preparing database and knowledge")
    with Desk(data, seed=arguments.seed, workers=form.workers, webs=2, settings=settings) as desk:
        import django  # after the desk set the environment that the settings read

        django.setup()
        logging.getLogger("psycopg.pool").setLevel(logging.ERROR)  # the weather tells it
        verdict = _run(desk, form, arguments)
    verdict.print(seed=arguments.seed, seconds=time.monotonic() - began)
    if arguments.json:
        verdict.write(Path(arguments.json), seed=arguments.seed)
    if verdict.faults:
        atexit.unregister(remove)
        _say(f"database and logs are kept in {data}")
    return 1 if verdict.faults else 0


def _choose_form(arguments: argparse.Namespace) -> Form:
    if arguments.sabotage:
        return SABOTAGED_SENDS if arguments.sabotage == "lease" else SABOTAGED
    return SHORT if arguments.short else FULL


def _run(desk: Desk, form: Form, arguments: argparse.Namespace) -> "Verdict":
    from benchmarks.storm.customers import CHANNELS, Customers, write_script
    from benchmarks.storm.deployment import Deployment, deploy_under_load
    from benchmarks.storm.faults import be_slow_to_answer, misbehave, relent
    from benchmarks.storm.settling import is_settled, what_is_open
    from benchmarks.storm.verdict import Evidence, judge
    from benchmarks.storm.watch import Watch
    from benchmarks.storm.weather import Forecast, Weather

    _say(f"starting {form.workers} workers and 2 web processes")
    desk.start()
    misbehave(desk, arguments.faults)
    if arguments.sabotage == "lease":
        be_slow_to_answer(desk)
    lines = write_script(
        _texts(),
        count=form.messages,
        length=form.messages // form.conversations,
        seed=arguments.seed,
        channels=("whatsapp",) if arguments.sabotage == "lease" else CHANNELS,
    )
    customers = Customers(desk, seed=arguments.seed)
    forecast = Forecast(
        worker_killed=form.worker_killed,
        web_killed=form.web_killed,
        database_killed=form.database_killed,
        worker_paused=form.worker_paused,
        backends_cut=form.backends_cut,
        model_away=form.model_away,
    )
    deployment = Deployment()
    started = time.monotonic()
    with Watch() as watch:
        with Weather(desk, seed=arguments.seed, forecast=forecast, watch=watch) as weather:
            pause = form.seconds * _THREADS / form.messages
            writing = customers.start(lines, threads=_THREADS, pause=pause)
            while any(writer.is_alive() for writer in writing):
                time.sleep(5)
                happened = ", ".join(f"{k} {n}" for k, n in weather.record.count().items())
                _say(
                    f"{len(customers.books.accepted)} of {len(lines)} accepted; {happened}; "
                    f"load {os.getloadavg()[0]:.1f}"
                )
        relent(desk)
        if not arguments.sabotage:
            _say("the weather is over: every process is replaced under load")
            deployment = deploy_under_load(desk, callers=2)
            _say(f"deployed in {deployment.seconds:.0f} s: {', '.join(deployment.steps)}")
        written_by = datetime.now(UTC)
        deadline = time.monotonic() + form.patience
        told = 0.0
        while not (settled := is_settled(desk, written_by=written_by)):
            if time.monotonic() > deadline:
                break
            if time.monotonic() > told + 10:
                told = time.monotonic()
                _say(f"waiting until all is settled: {what_is_open()}")
            time.sleep(1)
    evidence = Evidence(
        lines=lines,
        books=customers.books,
        record=weather.record,
        watch=watch,
        deployment=deployment,
        settled=settled,
        seconds=time.monotonic() - started,
    )
    return judge(evidence, desk)


def _texts() -> list[str]:
    messages = yaml.safe_load((ROOT / "sample_company/messages.yaml").read_text())
    return [one["message"] for one in messages if len(one["message"]) < 600]


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.storm")
    parser.add_argument("--short", action="store_true", help="about two minutes instead of fifteen")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--faults", type=float, default=0.02, help="probability of each fault")
    parser.add_argument("--sabotage", choices=SABOTAGES, default="", help="switch a safeguard off")
    parser.add_argument("--data", default=str(ROOT / ".data/storm"))
    parser.add_argument("--json", default="", help="writes the table there, too")
    return parser.parse_args()


def _say(text: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
