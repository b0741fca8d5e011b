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


def test_numbered_and_bulleted_lines_become_lists() -> None:
    assert prose("Do this:\n1. Open it.\n2. Press <b>.\n\nOr:\n- a\n- b\n\nDone.") == (
        'Do this:<ol><li value="1">Open it.</li><li value="2">Press &lt;b&gt;.</li></ol>'
        "Or:<ul><li>a</li><li>b</li></ul>Done."
    )


def test_a_list_keeps_its_numbers_and_its_links() -> None:
    assert prose("3. See https://a.example\n4. Save") == (
        '<ol><li value="3">See <a href="https://a.example" rel="nofollow noopener noreferrer">'
        'https://a.example</a></li><li value="4">Save</li></ol>'
    )


@pytest.mark.parametrize(
    "text",
    ["- Alice", "2026. A year.\n2027. Another.", "12.50 euros\n13.50 euros", "-x\n-y", "1.\n2."],
)
def test_what_only_looks_like_a_list_stays_as_it_is(text: str) -> None:
    assert prose(text) == escape(text)


_TAGS = re.compile(
    r'<a href="https?://[^"<>]*" rel="nofollow noopener noreferrer">|</a>'
    r'|</?[uo]l>|<li(?: value="\d{1,2}")?>|</li>'
)


@given(st.text(alphabet=st.one_of(st.sampled_from("\n\n-*•1.2) <>&\"'"), st.characters())))
def test_without_its_tags_nothing_is_left_that_is_not_escaped(text: str) -> None:
    bare = _TAGS.sub("", prose(text))
    assert "<" not in bare
    assert ">" not in bare

    if not re.search(r"<[uo]l>", prose(text)):
        assert bare == escape(text)


def test_a_hostile_text_takes_no_time() -> None:
    started = time.monotonic()
    for text in ("http://" * 2000, "https://a" + ")." * 5000, "h" * 10_000, "1. x\n" * 5000):
        prose(text)
    assert time.monotonic() - started < 1
