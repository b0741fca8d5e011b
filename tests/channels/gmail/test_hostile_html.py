"""HTML that is made to take long: time grows with its length, and the next mail is read."""

import time

import pytest

from tests.channels.gmail.mails import html_mail, read

DEEP = "<div>" * 300  # past what the parsers take, so that the fallback reads it


@pytest.mark.parametrize(
    "html",
    [
        "<!--" * 200_000,
        "<!" * 200_000,
        "<" * 500_000,
        "<a " * 200_000,
        DEEP + "</" * 200_000,
        DEEP + "<script>" * 100_000,
        DEEP + "<a b='" * 100_000,
        "<style>" + "@" * 190_000 + "</style><p>x",
        "<style>" + "a{" * 90_000 + "</style><p>x",
        "<style>" + "/*" * 90_000 + "</style><p>x",
        "<p style='" + "overflow:hidden " * 20_000 + "'>x",
        ("<p style='" + "color:#333;" * 180 + "'>x") * 300,
        "<blockquote type=cite>a</blockquote>" * 5_000,
        "<blockquote type=cite>" * 50_000,
    ],
    ids=range(14),
)
def test_time_grows_with_length_only(html: str) -> None:
    started = time.perf_counter()
    read(html_mail(html))
    assert time.perf_counter() - started < 5
