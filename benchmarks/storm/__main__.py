"""`python -m benchmarks.storm [--short] [--seed 1] [--sabotage deduplication]`."""

import argparse
import atexit
import logging
import os
import shutil
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.scratch import ROOT
from benchmarks.storm.desk import Desk
from benchmarks.storm.extent import FULL, NEED_A_MODEL, SABOTAGED, SHORT, Extent

if TYPE_CHECKING:
    from benchmarks.storm.verdict import Verdict

_THREADS = 16


def main() -> int:
    arguments = _arguments()
    extent = _choose_extent(arguments)
    data = Path(arguments.data).absolute() / str(os.getpid())
    # Registered first, so it runs last: the database stops before.
    remove = atexit.register(shutil.rmtree, data, ignore_errors=True)
    settings = {"STORM_HASTE": str(int(extent.haste)), "STORM_SABOTAGE": arguments.sabotage}
    if arguments.sabotage and arguments.sabotage not in NEED_A_MODEL:
        settings["LLM_MODEL"] = "offline"
    began = time.monotonic()
    _say("preparing database and knowledge")
    with Desk(data, seed=arguments.seed, workers=extent.workers, webs=2, settings=settings) as desk:
        import django  # after the desk set the environment that the settings read

        django.setup()
        logging.getLogger("psycopg.pool").setLevel(logging.ERROR)  # the weather tells it
        verdict = _run(desk, extent, arguments)
    verdict.print(seed=arguments.seed, seconds=time.monotonic() - began)
    if arguments.json:
        verdict.write(Path(arguments.json), seed=arguments.seed)
    if verdict.faults and not arguments.sabotage:
        atexit.unregister(remove)
        _say(f"database and logs are kept in {data}")
    return 1 if verdict.faults else 0


def _run(desk: Desk, extent: Extent, arguments: argparse.Namespace) -> "Verdict":
    from benchmarks.storm.colleagues import Colleagues
    from benchmarks.storm.customers import Customers
    from benchmarks.storm.deployment import Deployment, deploy_under_load
    from benchmarks.storm.evidence import Evidence
    from benchmarks.storm.faults import be_inventive, be_slow_to_answer, misbehave, relent
    from benchmarks.storm.script import CHANNELS, lift_caps, read_texts, write_script
    from benchmarks.storm.verdict import judge
    from benchmarks.storm.watch import Watch
    from benchmarks.storm.weather import Weather

    _say(f"starting {extent.workers} workers and 2 web processes")
    lift_caps()
    desk.start()
    misbehave(desk, arguments.faults)
    if arguments.sabotage == "lease":
        be_slow_to_answer(desk)
    if arguments.sabotage == "grounding":
        be_inventive(desk)
    lines = write_script(
        read_texts(),
        count=extent.messages,
        length=extent.messages // extent.conversations,
        seed=arguments.seed,
        channels=("whatsapp",) if arguments.sabotage == "lease" else CHANNELS,
    )
    customers = Customers(desk, seed=arguments.seed)
    colleagues = Colleagues(seed=arguments.seed, pause=extent.colleagues)
    deployment, loads = Deployment(), []
    started = time.monotonic()
    with Watch() as watch:
        with Weather(desk, seed=arguments.seed, extent=extent, watch=watch) as weather, colleagues:
            pause = extent.seconds * _THREADS / extent.messages
            writing = customers.start(lines, threads=_THREADS, pause=pause)
            while any(writer.is_alive() for writer in writing):
                time.sleep(5)
                loads.append(os.getloadavg()[0])
                happened = ", ".join(f"{k} {n}" for k, n in weather.record.count().items())
                _say(
                    f"{len(customers.books.accepted)} of {len(lines)} accepted; {happened}; "
                    f"taken over {len(colleagues.books.takeovers)}; load {loads[-1]:.1f}"
                )
        relent(desk)
        if not arguments.sabotage:
            _say("the weather is over: every process is replaced under load")
            deployment = deploy_under_load(desk, callers=2)
            _say(f"deployed in {deployment.seconds:.0f} s: {', '.join(deployment.steps)}")
        still_open = _await_end(desk, patience=extent.patience)
    evidence = Evidence(
        lines=lines,
        books=customers.books,
        staff=colleagues.books,
        record=weather.record,
        watch=watch,
        deployment=deployment,
        still_open=still_open,
        loads=loads,
        seconds=time.monotonic() - started,
    )
    return judge(evidence, desk)


def _await_end(desk: Desk, *, patience: float) -> str:
    """Returns as soon as all is settled, or what is not when the patience ends."""
    from benchmarks.storm.settling import is_settled, what_is_open

    written_by = datetime.now(UTC)
    deadline = time.monotonic() + patience
    told = 0.0
    while not is_settled(desk, written_by=written_by):
        if time.monotonic() > deadline:
            return what_is_open()
        if time.monotonic() > told + 10:
            told = time.monotonic()
            _say(f"waiting until all is settled: {what_is_open()}")
        time.sleep(0.5)
    return ""


def _choose_extent(arguments: argparse.Namespace) -> Extent:
    if arguments.sabotage:
        return SABOTAGED[arguments.sabotage]
    return SHORT if arguments.short else FULL


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.storm")
    parser.add_argument("--short", action="store_true", help="about two minutes instead of fifteen")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--faults", type=float, default=0.02, help="probability of each fault")
    parser.add_argument("--sabotage", choices=SABOTAGED, default="", help="switch a safeguard off")
    parser.add_argument("--data", default=str(ROOT / ".data/storm"))
    parser.add_argument("--json", default="", help="writes the table there, too")
    return parser.parse_args()


def _say(text: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
