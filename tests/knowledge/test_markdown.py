"""Rendered Markdown shows what its author wrote, and runs nothing."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.markdown import plain_text, relative_links, render


def test_headings_stand_under_the_page_title_with_anchors() -> None:
    html = render("# Plans\n\n#### Deep\n\n## Plans\n")

    assert '<h2 id="plans">Plans</h2>' in html
    assert '<h3 id="deep">Deep</h3>' in html
    assert '<h2 id="plans-1">Plans</h2>' in html


@pytest.mark.parametrize(
    "source",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "[x](javascript:alert(1))",
        "[x](data:text/html,<script>alert(1)</script>)",
        "[x](vbscript:x)",
        "![x](https://tracker.example/pixel.png)",
        "![x](//tracker.example/pixel.png)",
        '<a href="x" style="position:fixed">x</a>',
        "<iframe src=//evil.example></iframe>",
        "| a |\n| -: |\n| b |",
    ],
)
def test_nothing_active_or_foreign_is_rendered(source: str) -> None:
    html = render(source).lower()

    assert "<script" not in html
    assert "<iframe" not in html
    assert "<img" not in html
    assert not re.search(r"<[^>]*style=", html)
    assert 'href="javascript' not in html
    assert 'href="data' not in html
    assert 'href="vbscript' not in html


@given(st.text(max_size=500))
def test_any_text_renders(source: str) -> None:
    html = render(source)
    assert "<script" not in html.lower()
    plain_text(source)


def test_images_come_from_this_site_or_are_described() -> None:
    assert '<img src="/static/plan.png" alt="A plan">' in render("![A plan](/static/plan.png)")
    assert render("![A *plan*](plan.png)") == "<p>A plan</p>\n"


def test_code_can_be_scrolled_with_the_keyboard() -> None:
    html = render("```html\n<pre>\n```")

    assert html == '<pre tabindex="0"><code class="language-html">&lt;pre&gt;\n</code></pre>\n'


def test_links_keep_nothing_open() -> None:
    html = render("[x](https://example.com)")

    assert html == '<p><a href="https://example.com" rel="noopener">x</a></p>\n'


@pytest.mark.parametrize(
    ("href", "resolved"),
    [
        ("plans.md", "<billing/plans.md>"),
        ("../errors/bl-403.md#why", "<errors/bl-403.md>#why"),
        ("./plans", "<billing/plans>"),
        ("two%20words.md", "<billing/two words.md>"),
        ("#here", "#here"),
        ("/help/x", "/help/x"),
        ("https://example.com/a.md", "https://example.com/a.md"),
        ("mailto:a@example.com", "mailto:a@example.com"),
        ("price-list.pdf", "price-list.pdf"),
        ("http://[broken", ""),
    ],
)
def test_relative_links_lead_to_articles(href: str, resolved: str) -> None:
    resolve = relative_links("billing/change-plan.md", "<{}>".format)

    assert resolve(href) == resolved


def test_plain_text_is_what_a_reader_sees() -> None:
    source = (
        "# Head\n\nSome **bold** [link](x.md) and `code`\nhere.\n\n"
        "- one\n- ![pic](y)\n\n```\nrun\n```"
    )

    assert plain_text(source) == "Head\nSome bold link and code here.\none\npic\nrun"
