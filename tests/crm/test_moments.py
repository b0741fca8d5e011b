"""Moments and days are written in one way, on every page and in every language."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.conf import settings
from django.template import Context, Template
from django.utils.translation import override

from crm.moments import show_day, show_moment

MOMENT = datetime(2026, 11, 3, 6, 5, tzinfo=UTC)
FORMATS = {"DATE_FORMAT", "DATETIME_FORMAT", "SHORT_DATETIME_FORMAT", "c"}


@pytest.mark.parametrize(
    ("language", "moment", "day"),
    [
        ("en", "3 Nov 2026, 06:05", "3 Nov 2026"),
        ("de", "3. Nov. 2026, 06:05", "3. Nov. 2026"),
    ],
)
def test_in_the_readers_language(language: str, moment: str, day: str) -> None:
    with override(language):
        assert (show_moment(MOMENT), show_day(MOMENT)) == (moment, day)
        assert Template("{{ at }}").render(Context({"at": MOMENT})) == moment


def test_no_page_of_the_desk_has_a_format_of_its_own() -> None:
    found = {
        (path.name, written)
        for path in Path(settings.BASE_DIR, "templates").rglob("*.html")
        if path.parent.name != "playground"  # shows times as the apps that it plays do
        for written in re.findall(r"""\|date:["']([^"']+)""", path.read_text())
    }
    assert {each for each in found if each[1] not in FORMATS} == set()
