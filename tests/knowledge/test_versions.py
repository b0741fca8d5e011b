"""Versions of an article: compared, and brought back."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from config.knowledge_watch import check_knowledge
from crm.models import StaffAlert, User
from knowledge.models import Article
from knowledge.versions import compare

LIST = "/admin/knowledge/article/"
Write = Callable[..., Article]


@pytest.fixture
def article(write: Write) -> Article:
    """Three versions: written, corrected, archived."""
    article = write("refunds", "Line one.\n\nA refund takes 14 days.\n\nLine <three>.")
    article.body = article.body.replace("14", "30")
    article.save()
    article.move_to(Article.State.ARCHIVED)
    return article


def test_a_comparison_shows_the_words_that_changed(article: Article) -> None:
    corrected, written = article.history.order_by("-history_id")[1:3]
    (change,) = compare(written, corrected)

    assert change.name == "text"
    assert [(piece.kind, piece.text) for piece in change.lines[2].pieces] == [
        ("same", "A refund takes "),
        ("removed", "14"),
        ("added", "30"),
        ("same", " days."),
    ]


def test_far_away_lines_are_left_out(write: Write) -> None:
    lines = [f"Line {number}." for number in range(50)]
    article = write("a", "\n".join(lines))
    lines[40] = "Line forty."
    article.body = "\n".join(lines)
    article.save()
    newest, first = article.history.order_by("-history_id")
    (change,) = compare(first, newest)

    assert change.lines[0].skipped == 37
    assert len(change.lines) == 7


def test_versions_are_listed_compared_and_restored(
    client: Client, carol: User, article: Article, run_jobs: Callable[[], int]
) -> None:
    client.force_login(carol)
    first = article.history.order_by("history_id")[0]
    page = client.get(f"{LIST}{article.pk}/versions/", {"version": first.pk, "with": "now"})
    html = page.content.decode()
    assert "<del>14</del><ins>30</ins>" in html
    assert "Line &lt;three&gt;." in html

    client.post(f"{LIST}{article.pk}/versions/{first.pk}/restore/")
    run_jobs()
    article.refresh_from_db()
    newest = article.history.first()

    assert "14 days" in article.body
    assert article.state == "archived"
    assert newest.history_user == carol
    assert newest.history_change_reason.startswith("back to the version of")
    assert "14 days" in " ".join(article.passages.values_list("text", flat=True))
    assert article.history.count() == 4


def test_who_may_only_read_compares_and_does_not_restore(
    client: Client, bob: User, article: Article
) -> None:
    client.force_login(bob)
    first = article.history.order_by("history_id")[0]
    page = client.get(f"{LIST}{article.pk}/versions/", {"version": first.pk})

    assert page.status_code == 200
    assert "restore/" not in page.content.decode()
    restoring = client.post(f"{LIST}{article.pk}/versions/{first.pk}/restore/")
    assert restoring.status_code == 403
    article.refresh_from_db()
    assert "30 days" in article.body


def test_a_version_of_another_article_is_not_restored(
    client: Client, carol: User, article: Article, write: Write
) -> None:
    other = write("other", "Other text.").history.first()
    client.force_login(carol)
    client.post(f"{LIST}{article.pk}/versions/{other.pk}/restore/")
    article.refresh_from_db()

    assert "30 days" in article.body
    assert client.get(f"{LIST}{article.pk}/versions/?version={other.pk}").status_code == 404


def test_an_article_past_its_last_day_is_an_alert_until_it_is_cared_for(
    client: Client, carol: User, write: Write
) -> None:
    today = timezone.localdate()
    over = write("over", "Text.", owner=carol, valid_until=today - timedelta(days=1))
    write("soon", "Text.", valid_until=today + timedelta(days=3))
    write("far", "Text.", valid_until=today + timedelta(days=300))
    check_knowledge(timezone.now())
    alert = StaffAlert.objects.get(key="knowledge-expired")
    assert (alert.title, alert.cleared_at) == ("1 article is past its last day", None)
    assert f"Over ({carol})" in alert.detail

    client.force_login(carol)
    for chosen, slugs in (("expired", ["over"]), ("soon", ["soon"]), ("", ["far", "over", "soon"])):
        shown = client.get(LIST, {"validity": chosen} if chosen else {}).context["cl"].queryset
        assert sorted(article.slug for article in shown) == slugs

    over.valid_until = today
    over.save()
    check_knowledge(timezone.now())
    alert.refresh_from_db()
    assert alert.cleared_at is not None
