"""`python -m config.demo.mailbox`: the demo's double of Gmail, and whom it tells of new mail.

Its ids continue from the clock, as Gmail's do: those of an earlier run never come again, since to
the desk the same id is the same mail.
"""

import argparse
import itertools
import signal
import threading
import time

from channels.gmail.double import GmailDouble, Mailbox


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m config.demo.mailbox", description=__doc__)
    for name in ("address", "push-to", "audience", "service-account"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--port", type=int, required=True)
    given = parser.parse_args()
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    double = GmailDouble(given.address, port=given.port)
    double.mailbox = begin_now(given.address)
    double.push_to(given.push_to, audience=given.audience, service_account=given.service_account)
    with double:
        ended.wait()


def begin_now(address: str) -> Mailbox:
    """An empty mailbox whose ids are above those of every mailbox that began before."""
    milliseconds = time.time_ns() // 1_000_000
    return Mailbox(
        address,
        history_id=milliseconds,
        oldest_history_id=milliseconds,
        _ids=itertools.count(milliseconds << 20),
    )


if __name__ == "__main__":
    main()
