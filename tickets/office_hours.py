"""When people answer, in the company's own time zone."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import holidays
from django.conf import settings
from django.utils.formats import date_format

_DAYS_AHEAD = 30


def next_opening(now: datetime) -> datetime | None:
    """None while the office is open, else when it opens next, in the company's time zone."""
    local = now.astimezone(ZoneInfo(settings.TIME_ZONE))
    opens, closes = settings.OFFICE_HOURS
    if _is_workday(local) and opens <= local.time() < closes:
        return None
    for ahead in range(_DAYS_AHEAD):
        day = local + timedelta(days=ahead)
        opening = datetime.combine(day.date(), opens, tzinfo=local.tzinfo)
        if _is_workday(opening) and opening > local:
            return opening
    raise ValueError("No working day within a month: look at OFFICE_DAYS and OFFICE_COUNTRY.")


def add_office_minutes(start: datetime, minutes: int) -> datetime:
    """When so many minutes of office hours have passed, counted from `start`."""
    left = timedelta(minutes=minutes)
    at = start
    while True:
        at = next_opening(at) or at.astimezone(ZoneInfo(settings.TIME_ZONE))
        closing = datetime.combine(at.date(), settings.OFFICE_HOURS[1], tzinfo=at.tzinfo)
        if at + left <= closing:
            return at + left
        left -= closing - at
        at = closing


def describe(opening: datetime) -> dict[str, str]:
    """The day and the time of an opening in the reader's language, for a sentence."""
    return {
        "day": date_format(opening, "l, j F"),
        "time": f"{date_format(opening, 'TIME_FORMAT')} ({opening.tzname()})",
    }


def _is_workday(day: datetime) -> bool:
    if day.isoweekday() not in settings.OFFICE_DAYS:
        return False
    country = settings.OFFICE_COUNTRY
    return not (country and day.date() in holidays.country_holidays(country, years=day.year))
