"""Child processes that are kept alive and stopped together.

Every child leads a session of its own: a Ctrl-C reaches only the supervising process, which then
stops the children in order, and whatever a killed child leaves behind can be ended as a group.
"""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

_STEADY_SECONDS = 10.0  # after which a child counts as healthy again
_LONGEST_PAUSE = 5.0


_ENDS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def interrupt_on_signals() -> None:
    """From here on SIGTERM and SIGHUP raise KeyboardInterrupt, as SIGINT does."""
    for number in _ENDS:
        signal.signal(number, signal.default_int_handler)


def ignore_signals() -> None:
    """From here on nothing interrupts: what is being stopped gets stopped."""
    for number in _ENDS:
        signal.signal(number, signal.SIG_IGN)


@dataclass
class Child:
    """One supervised command in `folder`; its output goes to `log`, or to the supervisor's."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    folder: Path | None = None
    log: Path | None = None
    process: subprocess.Popen[bytes] | None = field(default=None, init=False)
    started_at: float = field(default=0.0, init=False)
    failures: int = field(default=0, init=False)

    def start(self) -> None:
        with contextlib.ExitStack() as stack:
            output = stack.enter_context(self.log.open("ab")) if self.log else None
            self.process = subprocess.Popen(  # noqa: S603
                self.command,
                cwd=self.folder,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT if output else None,
                start_new_session=True,
            )
        self.started_at = time.monotonic()

    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def signal_leader(self, number: signal.Signals) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(number)

    def kill_group(self) -> None:
        """Ends at once whatever of the child's session is left, and reaps the child."""
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


class Supervisor:
    """Starts children, brings back those that end, and stops them all.

    A child that ended is started again after 0.5 s, then 1, 2, 4 and 5 s; ten seconds without an
    end set the pause back. `announce` is told in a sentence.
    """

    def __init__(self, children: Sequence[Child], *, announce: Callable[[str], None]) -> None:
        self.children = children
        self._announce = announce
        self._due: dict[str, float] = {}

    def start(self) -> None:
        for child in self.children:
            child.start()

    def tend(self) -> None:
        """Looks at every child once; to be called a few times a second."""
        now = time.monotonic()
        for child in self.children:
            if child.is_running():
                if now - child.started_at > _STEADY_SECONDS:
                    child.failures = 0
            elif child.name not in self._due:
                pause = min(0.5 * 2**child.failures, _LONGEST_PAUSE)
                self._announce(
                    f"{child.name} ended ({_describe(child)}); starting it again in {pause:g} s."
                )
                child.kill_group()
                child.failures += 1
                self._due[child.name] = now + pause
            elif now >= self._due[child.name]:
                del self._due[child.name]
                child.start()

    def stop(self, *, grace: float) -> None:
        """SIGTERM to every child, then after `grace` seconds the end of what is left."""
        for child in self.children:
            child.signal_leader(signal.SIGTERM)
        deadline = time.monotonic() + grace
        while time.monotonic() < deadline and any(child.is_running() for child in self.children):
            time.sleep(0.05)
        for child in self.children:
            child.kill_group()


def _describe(child: Child) -> str:
    code = child.process.returncode if child.process else 0
    if code >= 0:
        return f"exit code {code}"
    with contextlib.suppress(ValueError):
        return signal.Signals(-code).name
    return f"signal {-code}"
