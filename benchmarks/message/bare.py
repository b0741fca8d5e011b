"""The statements of one message, as PostgreSQL saw them, run again by nobody but a driver."""

import re
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass

import psycopg
from django.db import connection
from psycopg import sql

from benchmarks.message import path, server
from benchmarks.processor import of_thread

_MESSAGES = 10
_COPY = "bare"
_LOGGED = re.compile(r"\S+ \S+ \S+ \[\d+\] LOG:  (?:statement|execute [^:]+): (.*)", re.DOTALL)
_DETAIL = re.compile(r"\S+ \S+ \S+ \[\d+\] DETAIL:  Parameters: (.*)", re.DOTALL)
_PARAMETER = re.compile(r"\$(\d+) = (NULL|'(?:[^']|'')*')")
_FRAME = re.compile(r"(BEGIN|COMMIT|ROLLBACK|SAVEPOINT|RELEASE)\b")
# Comes before any job: a worker that is not known may fetch none.
_ENTRY = re.compile(r"SELECT \* FROM procrastinate_register_worker")
# What a worker does whether messages come or not.
_UPKEEP = re.compile(
    r"(LISTEN|UNLISTEN)\b|.*(procrastinate_workers|heartbeat|_worker|defer_periodic)", re.DOTALL
)


@dataclass(frozen=True, slots=True)
class Recorded:
    """`statements` of several messages, in the order in which they were run, after the worker's
    `entry`; the figures are of one. Each statement is a round trip, so are beginning and end of a
    transaction."""

    entry: list[str]
    statements: list[str]
    messages: int

    @property
    def round_trips(self) -> float:
        return len(self.statements) / self.messages

    @property
    def count(self) -> float:
        framing = sum(bool(_FRAME.match(one)) for one in self.statements)
        return (len(self.statements) - framing) / self.messages


@dataclass(frozen=True, slots=True)
class Bare:
    """Milliseconds of CPU, of the driver and of PostgreSQL; statements that failed."""

    cpu: float
    failed: int


def record() -> Recorded:
    """What a worker of one thread says to answer some messages; a copy of the database from
    before is kept for the replay."""
    path.accept(_MESSAGES)
    connection.close()
    connection.close_pool()  # type: ignore[attr-defined]  # PostgreSQL's has it
    with server.connect() as admin:
        admin.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(_COPY)))
        admin.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY").format(
                sql.Identifier(_COPY), sql.Identifier(str(connection.settings_dict["NAME"]))
            )
        )
    with server.logged() as lines:
        path.drain(threads=1)
    said = list(_read(lines))
    entry = [one for one in said if _ENTRY.match(one)]
    return Recorded(entry, [one for one in said if not _UPKEEP.match(one)], _MESSAGES)


def replay(recorded: Recorded) -> Bare:
    """On the copy, one after the other on one connection. What failed says why on stderr."""
    failed = 0
    with server.connect(_COPY) as driver:
        for statement in recorded.entry:
            driver.execute(statement.encode())
        backend = driver.info.backend_pid
        began, before = time.process_time(), of_thread(backend)
        for statement in recorded.statements:
            try:
                cursor = driver.execute(statement.encode())
                if cursor.description:
                    cursor.fetchall()
            except psycopg.Error as error:
                failed += 1
                print(f"failed when run bare: {error}\n{statement[:400]}", file=sys.stderr)
        seconds = time.process_time() - began + of_thread(backend) - before
    with server.connect() as admin:
        admin.execute(sql.SQL("DROP DATABASE {}").format(sql.Identifier(_COPY)))
    return Bare(seconds / recorded.messages * 1000, failed)


def _read(lines: list[str]) -> Iterator[str]:
    """The statements with their parameters put in."""
    entries: list[str] = []
    for line in lines:
        if line.startswith("\t"):
            entries[-1] += "\n" + line[1:]
        else:
            entries.append(line)
    for entry, following in zip(entries, [*entries[1:], ""], strict=True):
        statement = _LOGGED.match(entry)
        if statement:
            given = _DETAIL.match(following)
            values = dict(_PARAMETER.findall(given[1])) if given else {}
            yield _put_in(statement[1], values)


def _put_in(statement: str, values: dict[str, str]) -> str:
    return re.sub(r"\$(\d+)", lambda found: values.get(found[1], found[0]), statement)
