"""`python -m channels.gmail.double --port 8025`: runs until it is interrupted."""

import argparse
import json
import signal
import sys
import threading

from channels.gmail.double.server import GmailDouble


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m channels.gmail.double", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 takes any free one")
    parser.add_argument("--address", default="support@brightlane.example")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    with GmailDouble(given.address, port=given.port, seed=given.seed) as double:
        sys.stdout.write(json.dumps(double.settings()) + "\n")
        sys.stdout.flush()
        ended.wait()


if __name__ == "__main__":
    main()
