"""`python -m agent.double --port 8026`: runs until it is interrupted."""

import argparse
import json
import signal
import sys
import threading

from agent.double.behaviour import Behaviour
from agent.double.server import ModelDouble


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m agent.double", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 takes any free one")
    moods = list(Behaviour)
    parser.add_argument("--behaviour", type=Behaviour, choices=moods, default=Behaviour.GOOD)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--latency", type=float, default=0.0, help="seconds to each answer")
    given = parser.parse_args()
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    with ModelDouble(given.behaviour, port=given.port, seed=given.seed) as double:
        double.latency_seconds = given.latency
        sys.stdout.write(json.dumps(double.settings()) + "\n")
        sys.stdout.flush()
        ended.wait()


if __name__ == "__main__":
    main()
