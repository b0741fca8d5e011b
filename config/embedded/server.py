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
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from config.embedded.errors import EmbeddedDatabaseError
from config.embedded.postmaster import Postmaster

_PATIENCE = 120.0  # seconds for another process to finish a start or a stop
_TRUST = 0.5  # seconds for which a look at the server is good


class Server:
    """The server of the folder `root`; one object a process, safe for threads and forks."""

    def __init__(self, root: Path, *, durable: bool = True) -> None:
        self.root = root
        self.postmaster = Postmaster(root / "data", durable=durable)
        self._mutex = threading.RLock()
        self._users: int | None = None  # descriptor that holds this process's shared lock
        self._process: int | None = None
        self._socket_folder = Path()
        self._trusted_until = 0.0
        os.register_at_fork(after_in_child=self._start_afresh)

    def ensure_running(self) -> Path:
        """Starts the server unless it runs, becomes one of its users, returns its socket's folder.

        Cheap while the server lives, which is looked at twice a second. Raises
        EmbeddedDatabaseError if it cannot be had.
        """
        with self._mutex:
            if time.monotonic() > self._trusted_until:
                if self._process is None or not self.postmaster.is_alive(self._process):
                    self._join()
                self._trusted_until = time.monotonic() + _TRUST
            return self._socket_folder

    def doubt(self) -> None:
        """Makes the next `ensure_running` look closely: a connection has failed."""
        with self._mutex:
            self._process = None
            self._trusted_until = 0.0

    def leave(self) -> None:
        """Ends this process's use; the last user stops the server. Also done at exit."""
        with self._mutex:
            if self._users is None:
                return
            # A lock that is not to be had: others still use it, or the folder is gone.
            with contextlib.suppress(OSError, EmbeddedDatabaseError), self._locked():
                fcntl.flock(self._users, fcntl.LOCK_EX | fcntl.LOCK_NB)
                self.postmaster.stop()
            self._forget()

    def stop_unused(self) -> bool:
        """Stops a server that was left behind; False if processes still use it."""
        if not self.root.exists():
            return True
        with self._mutex, self._locked(), self._open("users") as users:
            try:
                fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return False
            self.postmaster.stop()
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
            self._process, self._socket_folder = self.postmaster.start()

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        deadline = time.monotonic() + _PATIENCE
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

    def _start_afresh(self) -> None:
        """In a forked child, which is no user yet; the parent keeps its lock."""
        self._mutex = threading.RLock()
        self._forget()

    def _forget(self) -> None:
        if self._users is not None:
            os.close(self._users)
        self._users = self._process = None
        self._trusted_until = 0.0


@functools.cache
def get_server(root: Path, *, durable: bool = True) -> Server:
    """The one Server object of this process for a folder."""
    return Server(root.resolve(), durable=durable)
