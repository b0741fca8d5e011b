"""Starts, shares and stops the embedded PostgreSQL of one folder.

Every process that uses the server holds a shared lock on the file `users` until it ends; whoever
starts or stops the server holds an exclusive lock on the file `lock`. A process that leaves and
finds no other user stops the server. The kernel drops the locks of a process that was killed, so
a server may stay behind without users, which does no harm: the next process finds and uses it.
"""

import atexit
import contextlib
import fcntl
import functools
import hashlib
import os
import re
import shlex
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psutil

from config.embedded import cluster
from config.embedded.errors import EmbeddedDatabaseError
from config.embedded.programs import Account

_PATIENCE = 60.0  # seconds for a start, recovery after a crash included
_TRUST = 0.5  # seconds
_SOCKET_PATH_LIMIT = 100  # bytes; the systems allow 104 or 108
_PLAIN_PATH = re.compile(r"^[\w./+-]+$", re.ASCII)
_OPTIONS = {
    "listen_addresses": "",
    "port": cluster.PORT,
    "max_connections": 100,
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


class Server:
    """The server of the folder `root`; one object a process, safe for threads and forks."""

    def __init__(self, root: Path, *, durable: bool = True) -> None:
        self.root = root
        self.data = root / "data"
        self.log = self.data / "server.log"
        self.durable = durable
        self._mutex = threading.RLock()
        self._users: int | None = None  # descriptor that holds this process's shared lock
        self._postmaster: int | None = None
        self._trusted_until = 0.0
        self.launches = 0  # how often this process has started it
        self._socket_folder = Path()
        os.register_at_fork(after_in_child=self._forget)

    def ensure_running(self) -> Path:
        """Starts the server unless it runs, becomes one of its users, returns its socket's folder.

        Cheap while the server lives, which is looked at twice a second. Raises
        EmbeddedDatabaseError if it cannot be had.
        """
        with self._mutex:
            if time.monotonic() > self._trusted_until:
                if self._postmaster is None or not _is_postmaster(self._postmaster, self.data):
                    self._join()
                self._trusted_until = time.monotonic() + _TRUST
            return self._socket_folder

    def doubt(self) -> None:
        """Makes the next `ensure_running` look closely: a connection has failed."""
        with self._mutex:
            self._postmaster = None
            self._trusted_until = 0.0

    def leave(self) -> None:
        """Ends this process's use; the last user stops the server. Also done at exit."""
        with self._mutex:
            if self._users is None:
                return
            # BlockingIOError: others still use it. Else whoever comes next finds it running.
            with contextlib.suppress(BlockingIOError, EmbeddedDatabaseError), self._locked():
                fcntl.flock(self._users, fcntl.LOCK_EX | fcntl.LOCK_NB)
                self._stop()
            self._forget()

    def stop_unused(self) -> bool:
        """Stops a server that was left behind; False if processes still use it."""
        if not self.data.exists():
            return True
        with self._mutex, self._locked(), self._open("users") as users:
            try:
                fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return False
            self._stop()
        return True

    def _join(self) -> None:
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            self._join_locked()
        except OSError as error:
            raise EmbeddedDatabaseError(
                f"PostgreSQL's folder {self.root} cannot be used: {error}. Run as its owner, or "
                "set DATA_DIR to a folder of your own."
            ) from error

    def _join_locked(self) -> None:
        with self._locked():
            if self._users is None:
                users = os.open(self.root / "users", os.O_RDWR | os.O_CREAT, 0o600)
                fcntl.flock(users, fcntl.LOCK_SH)
                self._users = users
                atexit.register(self.leave)
            self._postmaster, self._socket_folder = self._start()

    def _start(self) -> tuple[int, Path]:
        """The process id and the socket's folder of a server that answers."""
        launches, deadline = 0, time.monotonic() + _PATIENCE
        while time.monotonic() < deadline:
            status = self._read_status()
            if status and cluster.answers(status[1]):
                return status
            if status and _is_postmaster(status[0], self.data):
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

    def _stop(self) -> None:
        status = self._read_status()
        if status is None or not _is_postmaster(status[0], self.data):
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

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        deadline = time.monotonic() + 2 * _PATIENCE
        with self._open("lock") as lock:
            while True:
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    if time.monotonic() > deadline:
                        raise EmbeddedDatabaseError(
                            f"Another process has been starting or stopping PostgreSQL for too "
                            f"long. Find and end the one that holds {self.root / 'lock'}."
                        ) from None
                    time.sleep(0.02)
            yield

    @contextlib.contextmanager
    def _open(self, name: str) -> Iterator[int]:
        descriptor = os.open(self.root / name, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            yield descriptor
        finally:
            os.close(descriptor)

    def _forget(self) -> None:
        """No user any more; a forked child starts like this, its parent keeps the lock."""
        self._mutex = threading.RLock()
        if self._users is not None:
            os.close(self._users)
        self._users = self._postmaster = None
        self._trusted_until = 0.0

    def _last_log_line(self) -> str:
        try:
            lines = self.log.read_text(errors="replace").strip().splitlines()
        except OSError:
            lines = []
        return lines[-1] if lines else "it left no log."


@functools.cache
def get_server(root: Path, *, durable: bool = True) -> Server:
    """The one Server object of this process for a folder."""
    return Server(root.resolve(), durable=durable)


def _is_postmaster(pid: int, data: Path) -> bool:
    """Whether `pid` is a live PostgreSQL server of `data`, and no reused or defunct id."""
    try:
        process = psutil.Process(pid)
        return process.status() != psutil.STATUS_ZOMBIE and str(data) in process.cmdline()
    except psutil.Error:
        return False
