"""A primary and its standby, made with PostgreSQL's own programs."""

import contextlib
import os
import signal
import subprocess
import time
from pathlib import Path

import psycopg

from benchmarks.scratch import free_port
from config.embedded.programs import find_account, find_program

_NAME = "standby"
_OPTIONS = "-c fsync=on -c listen_addresses=127.0.0.1 -c max_wal_senders=4 -c wal_level=replica"


class Pair:
    """Lives below `folder`; `role` owns the database of the same name on the primary."""

    def __init__(self, folder: Path, role: str) -> None:
        self.primary, self.standby = folder / "primary", folder / "standby"
        self.ports = {self.primary: free_port(), self.standby: free_port()}
        self._role = role
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o755)
        for each in (self.primary, self.standby):
            each.mkdir(mode=0o700)
        self._account = find_account(self.primary)
        if os.geteuid() == 0:
            for each in (self.primary, self.standby):
                os.chown(each, self._account.uid, self._account.gid)

    def start(self) -> None:
        """The primary answers a commit only once the standby has it on its disk."""
        self._run("initdb", f"--pgdata={self.primary}", "--username=postgres", "--auth=trust",
                  "--encoding=UTF8", "--locale=C", "--no-instructions")  # fmt: skip
        self._launch(self.primary)
        with self.connect(self.primary, "postgres", "template1") as admin:
            admin.execute("CREATE EXTENSION vector")
            admin.execute(f"CREATE ROLE {self._role} LOGIN CREATEDB".encode())
        with self.connect(self.primary, "postgres", "postgres") as admin:
            admin.execute(f"CREATE DATABASE {self._role} OWNER {self._role}".encode())
            self._run("pg_basebackup", f"--pgdata={self.standby}", "--host=127.0.0.1",
                      f"--port={self.ports[self.primary]}", "--username=postgres",
                      "--write-recovery-conf", "--checkpoint=fast", "--wal-method=stream",
                      f"--dbname=application_name={_NAME}")  # fmt: skip
            self._launch(self.standby)
            admin.execute(f"ALTER SYSTEM SET synchronous_standby_names = '{_NAME}'".encode())
            admin.execute("SELECT pg_reload_conf()")
            self._await_synchronous(admin)

    def kill_primary(self) -> None:
        """kill -9 of the postmaster and all its children at the same time."""
        pid = int((self.primary / "postmaster.pid").read_text().splitlines()[0])
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        for each in (pid, *map(int, children)):
            with contextlib.suppress(ProcessLookupError):
                os.kill(each, signal.SIGKILL)

    def promote(self) -> None:
        """The standby takes writes, and waits for no standby of its own."""
        with self.connect(self.standby, "postgres", "postgres") as admin:
            admin.execute("ALTER SYSTEM SET synchronous_standby_names = ''")
            admin.execute("SELECT pg_promote(true, 60)")
            admin.execute("SELECT pg_reload_conf()")

    def url(self, which: Path) -> str:
        return f"postgresql://{self._role}@127.0.0.1:{self.ports[which]}/{self._role}"

    def connect(self, which: Path, user: str, database: str) -> psycopg.Connection:
        return psycopg.connect(
            host="127.0.0.1", port=self.ports[which], user=user, dbname=database, autocommit=True,
            connect_timeout=5,
        )  # fmt: skip

    def stop(self) -> None:
        for each in (self.primary, self.standby):
            if (each / "postmaster.pid").exists():
                self._account.run(
                    "pg_ctl", ["stop", f"--pgdata={each}", "--mode=immediate"],
                    folder=each, timeout=60,
                )  # fmt: skip

    def _launch(self, data: Path) -> None:
        options = f"{_OPTIONS} -c port={self.ports[data]} -c unix_socket_directories=''"
        self._run("pg_ctl", "start", f"--pgdata={data}", "--wait", f"--log={data}/server.log",
                  f"--options={options}")  # fmt: skip

    def _run(self, program: str, *arguments: str) -> None:
        # To files: a server that a program leaves behind would hold a pipe open for ever.
        subprocess.run(
            [*self._account.prefix, str(find_program(program)), *arguments],
            cwd=self.primary.parent, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=None, check=True, timeout=120,
            env={**os.environ, "LC_ALL": "C"},
        )  # fmt: skip

    def _await_synchronous(self, admin: psycopg.Connection) -> None:
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            found = admin.execute("SELECT sync_state FROM pg_stat_replication").fetchone()
            if found == ("sync",):
                return
            time.sleep(0.1)
        raise RuntimeError("The standby does not follow the primary.")
