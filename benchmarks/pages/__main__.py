"""`python -m benchmarks.pages [--tickets 100000]`: pages of a desk with that many tickets.

Asked through the whole of Django in this process, so that time is the page's and not a server's.
"""

import argparse
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.report import Row, print_table, write_json
from benchmarks.scratch import ROOT, Scratch

if TYPE_CHECKING:
    from django.test import Client

_QUERIES = 12
_MILLISECONDS = 150.0


def main() -> int:
    arguments = _arguments()
    with Scratch(Path(arguments.data), settings={"DATABASE_DURABLE": "0"}):
        import django  # after the environment that the settings read

        django.setup()
        from benchmarks.filling import fill

        fill(0, arguments.tickets)
        rows = list(_measure(arguments.tickets, arguments.times))
    title = f"Pages at {arguments.tickets:,} tickets"
    print_table(title, rows)
    write_json(ROOT / ".data/bench/pages.json", title, rows)
    return 0 if all(row.ok is not False for row in rows) else 1


def _measure(tickets: int, times: int) -> Iterator[Row]:
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    from benchmarks import processor
    from benchmarks.plans import find_scans
    from crm.models import User

    staff = User.objects.create_superuser("bench", "bench@example.com", "not-used")
    client = Client(HTTP_HOST="127.0.0.1")
    client.force_login(staff)
    statements: list[str] = []
    for name, path in _pages():
        client.get(path)  # templates are compiled, connections opened
        with CaptureQueriesContext(connection) as captured:
            answer = client.get(path)
        if answer.status_code not in (200, 204):
            raise RuntimeError(f"{path} answered {answer.status_code}.")
        statements += [query["sql"] for query in captured]
        queries = len(captured)
        worked = processor.here()
        seconds = sorted(_time(client, path) for _each in range(times))
        worked = (processor.here() - worked) / times * 1000
        p50 = seconds[len(seconds) // 2] * 1000
        p99 = seconds[int(len(seconds) * 0.99)] * 1000
        yield Row(f"{name}: queries", queries, "", f"at most {_QUERIES}", queries <= _QUERIES)
        yield Row("  processor time, PostgreSQL's included", worked, "ms")
        yield Row("  p50", p50, "ms")
        yield Row("  p99", p99, "ms", f"below {_MILLISECONDS:.0f}", p99 < _MILLISECONDS)
    scans = find_scans(statements, at_least=tickets // 10)
    for scan in scans:
        print(f"reads all of {scan.table}: {scan.sql[:1200]}", file=sys.stderr)
    yield Row("statements that read a growing table whole", len(scans), "", "0", not scans)


def _pages() -> list[tuple[str, str]]:
    from django.urls import reverse

    from crm.models import Customer
    from tickets.models import Ticket

    ticket = Ticket.objects.filter(status="escalated").order_by("id").first()
    customer = Customer.objects.order_by("id").first()
    if ticket is None or customer is None:
        raise RuntimeError("There is no ticket to look at.")
    listed = reverse("admin:tickets_ticket_changelist")
    own = reverse("admin:tickets_ticket_change", args=[ticket.pk])
    news = reverse("tickets:conversation", args=[ticket.reference])
    pages = [
        ("dashboard", reverse("admin:index")),
        ("inbox", listed),
        ("inbox, mine", f"{listed}?queue=mine"),
        ("inbox, overdue", f"{listed}?queue=overdue"),
        ("inbox, all", f"{listed}?queue=all"),
        ("inbox, all, page 100", f"{listed}?queue=all&p=100"),
        ("inbox, by number", f"{listed}?q={ticket.reference}"),
        ("inbox, by e-mail", f"{listed}?q=customer1000000400%40example.com"),
        ("inbox, by words", f"{listed}?q=Question+1000000400"),
        ("ticket", own),
        ("ticket's news", own.replace("change/", "timeline/")),
        ("customer", reverse("admin:crm_customer_change", args=[customer.pk])),
        ("status page", ticket.status_path),
        ("status page's news", f"{news}?key={ticket.access_key}"),
    ]
    names = (
        "crm_customer", "crm_conversation", "agent_agentrun", "channels_delivery",
        "channels_inboundevent", "procrastinate_procrastinatejob",
    )  # fmt: skip
    lists = [(name, reverse(f"admin:{name}_changelist")) for name in names]
    return pages + [(f"{name.partition('_')[2]} list", path) for name, path in lists]


def _time(client: "Client", path: str) -> float:
    started = time.perf_counter()
    client.get(path)
    return time.perf_counter() - started


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.pages")
    parser.add_argument("--tickets", type=int, default=100_000)
    parser.add_argument("--times", type=int, default=30, help="that each page is asked for")
    parser.add_argument("--data", default=str(ROOT / ".data/bench/pages"))
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
