"""The server process of one data folder: started, found, stopped.

The methods that change something are called with the server's lock held.
"""

import contextlib
import hashlib
import os
import re
import shlex
import tempfile
import time
from pathlib import Path

import psutil

from config.embedded import cluster
from config.embedded.errors import EmbeddedDatabaseError
from config.embedded.programs import Account

_PATIENCE = 60.0  # seconds for a start, recovery after a crash included
_SOCKET_PATH_LIMIT = 100  # bytes; the systems allow 104 or 108
_PLAIN_PATH = re.compile(r"^[\w./+-]+$", re.ASCII)
_OPTIONS = {
    "listen_addresses": "",
    "port": cluster.PORT,
    "max_connections": 200,
    "shared_buffers": "128MB",
    "maintenance_work_mem": "128MB",
    "max_wal_size": "512MB",
    "wal_level": "minimal",
    "max_wal_senders": 0,
    "random_page_cost": 1.1,
    "jit": "off",
    # One small database; and containers give /dev/shm, where parallel workers meet, 64 MB.
    "max_parallel_workers_per_gather": 0,
    "max_parallel_maintenance_workers": 0,
    # The log names errors but never the statements and rows, which hold customers' words.
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_checkpoints": "off",
}
_NOT_DURABLE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class Postmaster:
    """PostgreSQL on the folder `data`; `durable=False` gives up safety against power loss."""

    def __init__(self, data: Path, *, durable: bool) -> None:
        self.data = data
        self.log = data / "server.log"
        self.durable = durable
        self.launches = 0  # how often this process has started it

    def is_alive(self, process_id: int) -> bool:
        """Whether it is a live server of this data folder, and no reused or defunct id."""
        try:
            process = psutil.Process(process_id)
            defunct = process.status() == psutil.STATUS_ZOMBIE
            return not defunct and str(self.data) in process.cmdline()
        except psutil.Error:
            return False

    def start(self) -> tuple[int, Path]:
        """The process id and the socket's folder of a server that answers, started if need be.

        Raises EmbeddedDatabaseError, with the last line of the log, if none can be had.
        """
        launches, deadline = 0, time.monotonic() + _PATIENCE
        while time.monotonic() < deadline:
            status = self._read_status()
            if status and cluster.answers(status[1]):
                return status
            if status and self.is_alive(status[0]):
                time.sleep(0.05)  # it recovers, or stops
            elif launches < 3:
                time.sleep(launches)  # processes of a killed server need a moment to end
                launches += 1
                self._remove_stale_files(status)
                self._launch()
            else:
                break
        raise EmbeddedDatabaseError(
            f"PostgreSQL did not start: {self._last_log_line()} The log is {self.log}; "
            "or set DATABASE_URL to a server of your own."
        )

    def _launch(self) -> None:
        self.launches += 1
        account = cluster.prepare(self.data)
        options = {**_OPTIONS, **({} if self.durable else _NOT_DURABLE)}
        options["unix_socket_directories"] = self._make_socket_folder(account)
        settings = " ".join(
            f"-c {shlex.quote(f'{name}={value}')}" for name, value in options.items()
        )
        wait = ["start", "-w", "-s", f"-t{_PATIENCE:.0f}"]
        account.run(
            "pg_ctl",
            [*wait, f"-D{self.data}", f"-l{self.log}", f"-o{settings}"],
            folder=self.data,
            timeout=_PATIENCE + 10,
        )

    def stop(self) -> None:
        """Fast, which ends open connections; at once if that takes over 20 s."""
        status = self._read_status()
        if status is None or not self.is_alive(status[0]):
            return
        account = cluster.prepare(self.data)
        for mode in ("fast", "immediate"):
            attempt = account.run(
                "pg_ctl",
                ["stop", "-w", "-t", "20", "-s", "-m", mode, "-D", str(self.data)],
                folder=self.data,
                timeout=30,
            )
            if attempt.returncode == 0:
                return

    def _read_status(self) -> tuple[int, Path] | None:
        """Process id and socket folder from the server's own file, which may be stale."""
        try:
            lines = (self.data / "postmaster.pid").read_text().splitlines()
            return abs(int(lines[0])), Path(lines[4]) if len(lines) > 4 else self.data
        except (FileNotFoundError, IndexError, ValueError):
            return None

    def _remove_stale_files(self, status: tuple[int, Path] | None) -> None:
        """PostgreSQL refuses a lock file whose process id now belongs to something else."""
        for folder, name in [(self.data, "postmaster.pid")] + (
            [(status[1], f".s.PGSQL.{cluster.PORT}.lock")] if status else []
        ):
            (folder / name).unlink(missing_ok=True)

    def _make_socket_folder(self, account: Account) -> Path:
        """The data folder, or a short one in the temporary folder where that is too long.

        Either is closed to other accounts, which is what protects the server.
        """
        path = str(self.data)
        length = len(os.fsencode(f"{path}/.s.PGSQL.{cluster.PORT}"))
        if length <= _SOCKET_PATH_LIMIT and _PLAIN_PATH.match(path):
            return self.data
        digest = hashlib.sha256(os.fsencode(path)).hexdigest()[:16]
        short = Path(tempfile.gettempdir()) / f"allhours-{digest}"
        if len(os.fsencode(str(short))) > _SOCKET_PATH_LIMIT - 20:
            short = Path("/tmp") / short.name  # noqa: S108  checked below
        with contextlib.suppress(FileExistsError):
            short.mkdir(mode=0o700)
            os.chown(short, account.uid, account.gid)
        found = short.lstat()
        if found.st_uid != account.uid or short.is_symlink() or found.st_mode & 0o077:
            raise EmbeddedDatabaseError(
                f"{short} belongs to someone else. Remove it, or move the checkout to a shorter "
                "path."
            )
        return short

    def _last_log_line(self) -> str:
        try:
            lines = self.log.read_text(errors="replace").strip().splitlines()
        except OSError:
            lines = []
        return lines[-1] if lines else "it left no log."
