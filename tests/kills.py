"""Ends a process in the middle of its work, as far as what it leaves behind is concerned."""

from typing import Any

import pytest


class Killed(BaseException):
    """The process ends here: nothing catches it, nothing is recorded after it."""


def die_in(monkeypatch: pytest.MonkeyPatch, owner: Any, name: str, *, after: bool) -> None:
    """The next call of the function ends its process, before or after it did its work."""
    real = getattr(owner, name)

    def die(*args: Any, **kwargs: Any) -> Any:
        monkeypatch.setattr(owner, name, real)
        if after:
            real(*args, **kwargs)
        raise Killed

    monkeypatch.setattr(owner, name, die)
