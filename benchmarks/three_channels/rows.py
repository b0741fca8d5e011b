"""The desk's tables, asked in SQL."""

from typing import Any

from django.db import connection


def ask(query: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query)
        return list(cursor.fetchall())


def count(query: str) -> int:
    return int(ask(query)[0][0])
