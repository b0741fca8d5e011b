"""Limits by client, counted in PostgreSQL so that every process sees the same count."""

from datetime import datetime, timedelta

from django.db import connection

from channels.models import RateCounter


def allow(key: str, limit: tuple[int, int] | None, *, now: datetime) -> int:
    """0 if the request is within `limit` (count, seconds), else the seconds to wait.

    One statement counts and reads, so concurrent requests cannot both take the last place.
    """
    if limit is None:
        return 0
    count, seconds = limit
    window = int(now.timestamp()) // seconds
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            INSERT INTO {RateCounter._meta.db_table} (key, "window", count) VALUES (%s, %s, 1)
            ON CONFLICT (key, "window") DO UPDATE
                SET count = {RateCounter._meta.db_table}.count + 1
            RETURNING count
            """,  # noqa: S608  the table's own name
            [f"{key}/{seconds}"[:100], window],
        )
        (taken,) = cursor.fetchone()
    return 0 if taken <= count else (window + 1) * seconds - int(now.timestamp())


def widen(limit: tuple[int, int] | None) -> tuple[int, int] | None:
    """The limit on requests of any kind where `limit` counts the valid ones: what is refused
    costs work too, before it is read."""
    return limit and (limit[0] * 5, limit[1])


def forget_old_counters(*, now: datetime) -> None:
    """Removes counters of windows that ended more than a day ago, whatever their length."""
    for seconds in (1, 60, 300, 3600, 86400):
        oldest = int((now - timedelta(days=1)).timestamp()) // seconds
        RateCounter.objects.filter(key__endswith=f"/{seconds}", window__lt=oldest).delete()
