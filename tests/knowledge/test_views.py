"""The help centre as visitors get it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from knowledge.models import Article

Write = Callable[..., Article]


@pytest.fixture
def invoices(write: Write) -> Article:
    return write(
        "billing/invoices",
        "See [plans](plans.md#team) and [errors](../errors/bl-403.md).\n\n## Download\n\nPress it.",
        title="Where are my invoices?",
        summary="Find and download them.",
        topic="Plans & billing",
        imported_from="handbook/billing/invoices.md",
    )


def test_the_start_lists_topics_and_articles(
    client: Client, write: Write, invoices: Article, django_assert_num_queries: Callable[..., Any]
) -> None:
    write("a", "Text.", title="First steps", topic="Getting started")
    write("b", "Text.", title="Second steps", topic="Getting started")
    write("staff/secret", "Text.", title="For staff", audience="internal")
    write("plans", "Text.", title="Unfinished", state="draft")
    with django_assert_num_queries(1):
        response = client.get("/help/")
    html = response.content.decode()

    assert response.status_code == 200
    assert html.count("Getting started") == 1
    assert "Plans &amp; billing" in html
    assert "Find and download them." in html
    assert 'href="/help/billing/invoices"' in html
    assert "For staff" not in html
    assert "Unfinished" not in html


def test_an_article_is_shown_through_its_last_day(client: Client, write: Write) -> None:
    today = timezone.localdate()
    write("last-day", "Text.", title="Ends today", valid_until=today)
    write("over", "Text.", title="Ended", valid_until=today - timedelta(days=1))

    listed = client.get("/help/").content.decode()

    assert "Ends today" in listed
    assert "Ended" not in listed
    assert client.get("/help/last-day").status_code == 200
    assert client.get("/help/over").status_code == 404


def test_an_empty_help_centre_says_so(client: Client, db: None) -> None:
    assert "no articles yet" in client.get("/help/").content.decode()


def test_search_works_as_a_page_and_as_a_fragment(client: Client, invoices: Article) -> None:
    page = client.get("/help/", {"q": "download invoices"})
    fragment = client.get("/help/", {"q": "download invoices"}, headers={"HX-Request": "true"})

    for response in (page, fragment):
        assert "/help/billing/invoices#download" in response.content.decode()
        assert "HX-Request" in response.headers["Vary"]
    assert "<html" in page.content.decode()
    assert "<html" not in fragment.content.decode()


@pytest.mark.parametrize("query", ["zebra", "<script>alert(1)</script>", "\0", "x" * 5000])
def test_a_search_without_results_offers_the_form(
    client: Client, invoices: Article, query: str
) -> None:
    html = client.get("/help/", {"q": query}).content.decode()

    assert "/support/" in html
    assert "<script>alert" not in html


def test_an_article_is_rendered_with_anchors_and_resolved_links(
    client: Client, invoices: Article, django_assert_num_queries: Callable[..., Any]
) -> None:
    with django_assert_num_queries(1):
        response = client.get("/help/billing/invoices")
    html = response.content.decode()

    assert "<h1>Where are my invoices?</h1>" in html
    assert '<h2 id="download">Download</h2>' in html
    assert 'href="/help/billing/plans#team"' in html
    assert 'href="/help/errors/bl-403"' in html
    assert "/support/" in html


def test_a_link_out_of_the_collection_leads_to_the_start(client: Client, write: Write) -> None:
    write("a", "[up](../../../etc/passwd.md)")

    assert '<a href="/help/" rel="noopener">up</a>' in client.get("/help/a").content.decode()


@pytest.mark.parametrize(
    "changes", [{"audience": "internal"}, {"state": "draft"}, {"state": "archived"}]
)
def test_what_is_not_public_is_unknown(
    client: Client, write: Write, changes: dict[str, str]
) -> None:
    write("secret", "Text.", **changes)

    assert client.get("/help/secret").status_code == 404


@pytest.mark.parametrize("path", ["/help/unknown", "/help/a%00b", "/help/" + "x/" * 300 + "y"])
def test_an_unknown_article_is_not_found(client: Client, db: None, path: str) -> None:
    assert client.get(path).status_code == 404


def test_a_slash_too_many_is_forgiven(client: Client, invoices: Article) -> None:
    response = client.get("/help/billing/invoices/")

    assert (response.status_code, response["Location"]) == (301, "/help/billing/invoices")


def test_pages_cannot_be_posted_to(client: Client, db: None) -> None:
    assert client.post("/help/").status_code == 405


def test_nothing_is_inline(client: Client, invoices: Article) -> None:
    for path in ("/help/", "/help/?q=invoices", "/help/billing/invoices"):
        response = client.get(path)
        html = response.content.decode()
        assert "<style" not in html
        assert " style=" not in html
        assert "<script>" not in html
        assert " onclick=" not in html
        assert "'unsafe" not in response.headers["Content-Security-Policy"]
