import re
import time

import pytest
from django.utils.html import escape
from hypothesis import given
from hypothesis import strategies as st

from tickets.templatetags.prose import prose


def test_addresses_become_links() -> None:
    assert prose("See (https://example.com/a?b=1&c=2), please.") == (
        'See (<a href="https://example.com/a?b=1&amp;c=2" rel="nofollow noopener noreferrer">'
        "https://example.com/a?b=1&amp;c=2</a>), please."
    )


@pytest.mark.parametrize(
    "text", ["javascript:alert(1)", "data:text/html,x", "ftp://example.com", "www.example.com"]
)
def test_nothing_else_does(text: str) -> None:
    assert prose(text) == escape(text)


@given(st.text())
def test_without_its_links_it_is_the_escaped_text(text: str) -> None:
    links = re.compile(r'<a href="https?://[^"<>]*" rel="nofollow noopener noreferrer">|</a>')
    assert links.sub("", prose(text)) == escape(text)


def test_a_hostile_text_takes_no_time() -> None:
    started = time.monotonic()
    for text in ("http://" * 2000, "https://a" + ")." * 5000, "h" * 10_000):
        prose(text)
    assert time.monotonic() - started < 1
