"""The desk's tables, asked in SQL."""

import time
from typing import Any

from django.db import OperationalError, connection

_PATIENCE = 60.0


def ask(query: str) -> list[tuple[Any, ...]]:
    """The rows. Comes again while the database is away, for up to a minute."""
    deadline = time.monotonic() + _PATIENCE
    while True:
        try:
            with connection.cursor() as cursor:
                cursor.execute(query)
                return list(cursor.fetchall())
        except OperationalError:
            connection.close()
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)


def count(query: str) -> int:
    return int(ask(query)[0][0])
