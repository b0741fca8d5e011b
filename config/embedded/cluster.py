"""The data folder of the embedded PostgreSQL: made once, whole or not at all.

The functions are called with the server's lock held.
"""

import os
import shutil
from pathlib import Path

import psycopg
from psycopg import sql

from config.embedded.errors import EmbeddedDatabaseError
from config.embedded.programs import Account, find_account, find_program

PORT = 5432  # names the socket file; nothing listens on TCP
ROLE = DATABASE = "allhours"
_SUPERUSER = "postgres"
_INITDB_OPTIONS = (
    f"--username={_SUPERUSER}",
    "--auth=trust",  # whoever can enter the socket's folder, which is closed to other accounts
    "--encoding=UTF8",
    "--locale=C",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",  # the same order on every machine
    "--text-search-config=english",
    "--no-instructions",
)


def prepare(data: Path) -> Account:
    """Makes the cluster in `data` unless it is there, and returns the account that runs it."""
    version_file = data / "PG_VERSION"
    if not data.exists():
        _initialise(data)
    written_by = version_file.read_text().strip()
    if find_program("postgres").parent.parent.name not in {f"pginstall{written_by}", "pginstall"}:
        raise EmbeddedDatabaseError(
            f"The data in {data} were written by PostgreSQL {written_by}, which is not the "
            "installed one. Move the folder away to start afresh, or set DATABASE_URL."
        )
    return find_account(data)


def _initialise(data: Path) -> None:
    fresh = data.with_name("initialising")
    shutil.rmtree(fresh, ignore_errors=True)  # left by a start that was killed
    fresh.mkdir(mode=0o700, parents=True)
    account = find_account(fresh)
    if os.geteuid() == 0:
        os.chown(fresh, account.uid, account.gid)
    attempt = account.run(
        "initdb", [*_INITDB_OPTIONS, f"--pgdata={fresh}"], folder=fresh, timeout=120
    )
    if attempt.returncode != 0:
        last_line = (attempt.stdout.strip().splitlines() or ["no output"])[-1]
        raise EmbeddedDatabaseError(
            f"PostgreSQL could not make its data folder {data}: {last_line}. Make room or set "
            "DATA_DIR to another folder, or set DATABASE_URL to a server of your own."
        )
    fresh.rename(data)


def answers(socket_folder: Path) -> bool:
    """Whether a server answers there, with the application's database, made if it is new."""
    try:
        _connect(socket_folder, ROLE, DATABASE).close()
    except psycopg.OperationalError:
        return _provision(socket_folder)
    return True


def _provision(socket_folder: Path) -> bool:
    """Makes the role, the extension and the database, the last of them last; repeatable.

    The extension goes into template1 too, for the role may create databases (those of the
    tests) but, being no superuser, not this extension. False if no server answers.
    """
    role, database = sql.Identifier(ROLE), sql.Identifier(DATABASE)
    try:
        with _connect(socket_folder, _SUPERUSER, "template1") as template:
            template.execute("CREATE EXTENSION IF NOT EXISTS vector")
    except psycopg.OperationalError:
        return False
    with _connect(socket_folder, _SUPERUSER, "postgres") as admin:
        if not admin.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [ROLE]).fetchone():
            admin.execute(sql.SQL("CREATE ROLE {} LOGIN CREATEDB").format(role))
        if not admin.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone():
            admin.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(database, role))
    return True


def _connect(socket_folder: Path, user: str, database: str) -> psycopg.Connection:
    return psycopg.connect(
        host=str(socket_folder),
        port=PORT,
        user=user,
        dbname=database,
        connect_timeout=5,
        autocommit=True,
    )
