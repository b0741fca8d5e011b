"""What a test of the server serves: the gateway before an application that takes anything."""

from collections.abc import Iterable
from typing import Any

from config.gateway import Gateway


def _take(_environ: dict[str, Any], start: Any) -> Iterable[bytes]:
    start("200 OK", [])
    return []


application = Gateway(_take, threads=1, max_bytes=1000)
