"""Follows the children's log files and picks out what a person should see."""

import json
import re
import time
from collections.abc import Iterator
from pathlib import Path

_PLAIN = re.compile(r"^\[(WARNING|ERROR|CRITICAL)\] (?P<text>.*)|^(?P<start>Traceback) ")
_SHOWN_LEVELS = {"warning", "error", "critical"}
_ADDRESS = re.compile(r" at 0x[0-9a-f]+")
_KEPT_BYTES = 5_000_000
_REPEAT = 30.0  # seconds


class LogFollower:
    """Reads a log from its present end; a log grown over 5 MB is set aside first."""

    def __init__(self, name: str, path: Path) -> None:
        self.name = name
        self.path = path
        if path.exists() and path.stat().st_size > _KEPT_BYTES:
            path.rename(path.with_suffix(".log.1"))
        path.touch(mode=0o600)
        self._position = path.stat().st_size
        self._shown: dict[str, float] = {}

    def read_important(self) -> Iterator[str]:
        """Warnings and errors since the last call, a line each; the same one once in 30 s."""
        with self.path.open("rb") as log:
            log.seek(self._position)
            new = log.read(1_000_000)
        complete = new.rfind(b"\n") + 1
        self._position += complete
        for line in new[:complete].decode(errors="replace").splitlines():
            text = _pick(line)
            if text and time.monotonic() - self._shown.get(text, -_REPEAT) >= _REPEAT:
                self._shown[text] = time.monotonic()
                yield f"{self.name}: {text}"


def _pick(line: str) -> str | None:
    try:
        record = json.loads(line)
        level, event = record.pop("level"), record.pop("event")
    except (ValueError, AttributeError, KeyError, TypeError):
        match = _PLAIN.match(line)
        return (match["text"] or "a traceback, see the log") if match else None
    # A missing page is a warning to Django, and nothing to someone who tries the demo.
    missing_page = level == "warning" and record.get("logger") == "django.request"
    if level not in _SHOWN_LEVELS or missing_page:
        return None
    for name in ("timestamp", "logger", "exception", "correlation_id"):
        record.pop(name, None)
    said = _ADDRESS.sub("", str(event).partition("\n")[0])
    return " ".join([f"{level}:", said, *(f"{key}={value}" for key, value in record.items())])
