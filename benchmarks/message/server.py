"""The scratch desk's PostgreSQL from outside: its CPU, its settings, its log."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
import psycopg
from django.db import connection
from psycopg import sql

from config.embedded.cluster import ROLE

_ROLE = sql.Identifier(ROLE)


def connect(database: str = "postgres") -> psycopg.Connection:
    """As the superuser, who may read the log and copy databases."""
    parameters = connection.get_connection_params()
    return psycopg.connect(
        host=parameters["host"], port=parameters["port"], user="postgres", dbname=database,
        autocommit=True,
    )  # fmt: skip


def cpu_seconds() -> float:
    """What the server and all its processes took so far, those that have ended too."""
    postmaster = _postmaster()
    children = []
    for child in postmaster.children():
        with suppress(psutil.NoSuchProcess):  # it ended, and counts for its parent
            children.append(child.cpu_times())
    own = postmaster.cpu_times()
    ended = own.children_user + own.children_system
    return float(ended + sum(times.user + times.system for times in [own, *children]))


def hold_still() -> None:
    """No autovacuum, which would fall on one measurement and not on the other."""
    with connect() as admin:
        admin.execute("ALTER SYSTEM SET autovacuum = off")
        admin.execute("SELECT pg_reload_conf()")


@contextmanager
def logged() -> Iterator[list[str]]:
    """Yields the lines in which the server logs every statement of the connections that the desk
    opens meanwhile; filled in at the end."""
    lines: list[str] = []
    with connect() as admin:
        (folder,) = admin.execute("SELECT current_setting('data_directory')").fetchone() or ("",)
        log = Path(str(folder)) / "server.log"
        start = log.stat().st_size
        for name, value in (("log_statement", "all"), ("log_error_verbosity", "default")):
            admin.execute(_setting(name, value))
        try:
            yield lines
        finally:
            admin.execute(sql.SQL("ALTER ROLE {} RESET ALL").format(_ROLE))
            lines += log.read_bytes()[start:].decode(errors="replace").splitlines()


def _setting(name: str, value: str) -> sql.Composed:
    return sql.SQL("ALTER ROLE {} SET {} = {}").format(_ROLE, sql.Identifier(name), value)


def _postmaster() -> psutil.Process:
    with connect() as admin:
        return psutil.Process(admin.info.backend_pid).parent() or psutil.Process()
