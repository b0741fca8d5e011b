"""Moments and days as every page of the console writes them, in the reader's language."""

from datetime import datetime

from django.utils import timezone
from django.utils.formats import date_format


def show_moment(moment: datetime) -> str:
    """Such as "21 Nov 2026, 14:05", by the clock of the company."""
    return date_format(timezone.localtime(moment), "DATETIME_FORMAT")


def show_day(moment: datetime) -> str:
    """Such as "21 Nov 2026"."""
    return date_format(timezone.localtime(moment), "DATE_FORMAT")
