"""Runs the double until it is interrupted."""

import argparse
import signal
import sys
import threading

from channels.whatsapp.double.provider import Conduct, Provider
from channels.whatsapp.double.server import DoubleServer


def main() -> None:
    options = _options()
    provider = Provider(
        account_sid=options.account_sid,
        auth_token=options.auth_token,
        sender=options.sender,
        deliver_to=options.deliver_to,
        conduct=Conduct(inbound_url=options.inbound_url),
        seed=options.seed,
    )
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_details: stop.set())
    with DoubleServer(provider, host=options.host, port=options.port) as server:
        sys.stdout.write(f"{server.base}\n")
        sys.stdout.flush()
        stop.wait()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m channels.whatsapp.double", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one and prints it")
    parser.add_argument("--account-sid", default="AC" + "0" * 32)
    parser.add_argument("--auth-token", default="double-token")
    parser.add_argument("--sender", default="whatsapp:+14155238886")
    parser.add_argument("--inbound-url", default="", help="the public address of the webhook")
    parser.add_argument("--deliver-to", default="", help="scheme and host really called")
    parser.add_argument("--seed", type=int, default=0)
    return parser.parse_args()


if __name__ == "__main__":
    main()
