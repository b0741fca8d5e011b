"""What was found in texts that come again and again, without the texts."""

import hashlib
from collections.abc import Callable
from typing import Generic, TypeVar

Findings = TypeVar("Findings")


class KeptFindings(Generic[Findings]):
    """Findings by the digest of what they were found in, so that no customer's words stay in
    memory; of at most `most` texts. Threads share it; two may look at the same text at once."""

    def __init__(self, *, most: int) -> None:
        self._most = most
        self._known: dict[bytes, Findings] = {}

    def get(self, text: str, look: Callable[[], Findings]) -> Findings:
        """What `look` found in the text the first time; the text is all that it depends on."""
        key = hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
        found = self._known.get(key)
        if found is None:
            found = look()
            if len(self._known) >= self._most:
                self._known.clear()
            self._known[key] = found
        return found
