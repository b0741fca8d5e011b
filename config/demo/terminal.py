import contextlib
import os
import sys
import threading
import time
from collections.abc import Iterator

_WIDTH = 30


class Terminal:
    """Writes to standard output, and goes on in silence when that has gone away."""

    def __init__(self) -> None:
        self._line_is_open = False

    def say(self, text: str = "") -> None:
        """A line of its own, also in the middle of a step."""
        self._write(f"\n{text}\n" if self._line_is_open else f"{text}\n")
        self._line_is_open = False

    @contextlib.contextmanager
    def step(self, title: str) -> Iterator[None]:
        """One line for what the block does: a dot a second, then how long it took."""
        started = time.monotonic()
        done = threading.Event()
        self._begin(title)

        def go_on() -> None:
            while not done.wait(1):
                self._write(".")

        dots = threading.Thread(target=go_on, daemon=True)
        dots.start()
        try:
            yield
        except BaseException:
            done.set()
            self.say()
            raise
        done.set()
        dots.join()
        seconds = time.monotonic() - started
        dots_shown = int(seconds)
        if not self._line_is_open:
            self._begin(title)
            dots_shown = 0
        self._line_is_open = False
        self.say(f"{' ' * max(1, _WIDTH - len(title) - dots_shown)}{seconds:6.1f} s")

    def _begin(self, title: str) -> None:
        self._write(f"  {title} ")
        self._line_is_open = True

    def _write(self, text: str) -> None:
        try:
            sys.stdout.write(text)
            sys.stdout.flush()
        except (OSError, ValueError):
            # The terminal was closed: nobody reads, but everything has still to be stopped.
            sys.stdout = open(os.devnull, "w")  # noqa: SIM115
