"""Articles in the console."""

import io
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from crm.models import User
from knowledge.models import Article, KnowledgeSource
from tests.knowledge.fake_embedder import BagOfWordsEmbedder

Write = Callable[..., Article]
RunJobs = Callable[[], int]
LIST = "/admin/knowledge/article/"


@pytest.fixture(autouse=True)
def _fake(embedder: BagOfWordsEmbedder) -> None:
    """Every job here embeds with the fake."""


@pytest.fixture
def console(client: Client, db: None) -> Client:
    """Of somebody who may do everything; `crm` tests which role may what."""
    client.force_login(User.objects.create_superuser("erin", "erin@example.com", "x"))
    return client


def fields(article: Article | None = None, **changes: Any) -> dict[str, Any]:
    values: dict[str, Any] = {
        "title": "Export a board",
        "slug": "export",
        "summary": "",
        "body": "Choose export.",
        "state": "published",
        "audience": "public",
        "language": "en",
        "topic": "Boards",
        "keywords": "",
        "owner": "",
        "checked_on": "",
        "product": "",
        "valid_until": "",
        "passages-TOTAL_FORMS": 0,
        "passages-INITIAL_FORMS": 0,
    }
    return {**values, **changes}


def texts(slug: str) -> list[str]:
    return list(
        Article.objects.get(slug=slug).passages.order_by("position").values_list("text", flat=True)
    )


def test_the_list_shows_articles_in_few_queries(
    console: Client, write: Write, django_assert_max_num_queries: Callable[..., Any]
) -> None:
    for number in range(12):
        write(f"article-{number}", "Text.", topic=f"Topic {number}")
    with django_assert_max_num_queries(12):
        response = console.get(LIST, {"q": "article"})

    assert response.status_code == 200
    assert "article-7" in response.content.decode()


def test_a_saved_article_is_indexed_by_the_worker_and_keeps_its_history(
    console: Client, run_jobs: RunJobs
) -> None:
    assert console.post(f"{LIST}add/", fields()).status_code == 302
    assert run_jobs() == 1
    assert texts("export") == ["Choose export."]

    article = Article.objects.get(slug="export")
    console.post(f"{LIST}{article.pk}/change/", fields(body="Press export."))
    run_jobs()

    assert texts("export") == ["Press export."]
    assert article.history.count() == 2
    assert article.history.first().history_user.username == "erin"
    assert console.get(f"{LIST}{article.pk}/history/").status_code == 200


def test_an_article_page_shows_its_passages(console: Client, write: Write) -> None:
    article = write("a", "## Part\n\nThe passage.")
    html = console.get(f"{LIST}{article.pk}/change/").content.decode()

    assert "The passage." in html
    assert f"{LIST}{article.pk}/show-preview/" in html


def test_the_preview_shows_what_customers_do_not_see(
    console: Client, client: Client, write: Write
) -> None:
    article = write("a", "**Soon.**", state="draft")
    html = console.get(f"{LIST}{article.pk}/preview/").content.decode()

    assert "<strong>Soon.</strong>" in html
    assert "Customers cannot see this article" in html


def test_articles_are_published_and_archived_with_history(console: Client, write: Write) -> None:
    article = write("a", "Text.", state="draft")
    for action, state in (("publish", "published"), ("archive", "archived")):
        console.post(LIST, {"action": action, "_selected_action": [article.pk]})
        article.refresh_from_db()
        assert article.state == state
    assert article.history.count() == 3


def test_articles_are_indexed_again_on_request(
    console: Client, write: Write, run_jobs: RunJobs
) -> None:
    article = write("a", "Text.")
    article.passages.all().delete()
    console.post(LIST, {"action": "reindex", "_selected_action": [article.pk]})

    assert run_jobs() == 1
    assert texts("a") == ["Text."]


def upload(name: str, content: bytes) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


def packed(**files: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name.replace("__", "/") + ".md", content)
    return buffer.getvalue()


def send(console: Client, *documents: SimpleUploadedFile, **changes: str) -> Any:
    values = {
        "collection": "handbook",
        "audience": "public",
        "language": "en",
        "new_articles": "published",
        **changes,
    }
    return console.post(f"{LIST}upload/", {**values, "documents": documents}, follow=True)


def test_uploaded_files_become_articles(
    console: Client, run_jobs: RunJobs, embedder: BagOfWordsEmbedder
) -> None:
    response = send(
        console,
        upload("start.md", b"# Start\n\nBegin."),
        upload("bad.md", b"\xff"),
        upload("more.zip", packed(billing__plans=b"Plans.", billing__bad=b"")),
    )
    assert "0 of 4 documents" in response.content.decode()
    assert "every 2s" in response.content.decode()
    assert embedder.embedded == []
    assert run_jobs() == 3
    html = console.get(response.request["PATH_INFO"]).content.decode()

    assert "2 added" in html
    assert "2 skipped" in html
    assert "bad.md" in html
    assert "It is not UTF-8: see line 1. Save it as UTF-8." in html
    assert "every 2s" not in html
    assert texts("billing/plans") == ["Plans."]
    assert Article.objects.get(slug="start").history.first().history_user.username == "erin"


def test_an_upload_says_what_its_files_are(console: Client, run_jobs: RunJobs) -> None:
    send(
        console,
        upload("a.md", b"Text."),
        upload("b.md", b"---\naudience: public\n---\nText of its own."),
        audience="internal",
        language="de",
        product="Desktop",
        new_articles="draft",
    )
    run_jobs()

    assert list(
        Article.objects.order_by("slug").values_list("audience", "language", "product", "state")
    ) == [("internal", "de", "Desktop", "draft"), ("public", "de", "Desktop", "draft")]


def test_only_a_whole_collection_archives_what_is_missing(
    console: Client, run_jobs: RunJobs
) -> None:
    for name, complete, left in (("a", "", 1), ("b", "", 2), ("c", "on", 1)):
        send(console, upload(f"{name}.md", b"Text."), complete=complete)
        run_jobs()
        assert Article.objects.filter(state="published").count() == left


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        ("notes.exe", b"Text.", "no document"),
        ("broken.zip", b"PK no zip", "not a zip archive"),
        ("empty.zip", packed(), "no document"),
    ],
)
def test_an_upload_without_documents_is_refused(
    console: Client, name: str, content: bytes, problem: str
) -> None:
    response = send(console, upload(name, content))

    assert problem in response.content.decode()
    assert not KnowledgeSource.objects.exists()


def test_a_zip_that_unpacks_to_too_much_is_skipped(console: Client, run_jobs: RunJobs) -> None:
    response = send(console, upload("bomb.zip", packed(big=b"x" * 50_000_000)))

    assert "larger than 1 MB" in response.content.decode()
    assert run_jobs() == 1
    assert not Article.objects.exists()


def test_a_zip_of_too_many_large_files_is_refused(console: Client) -> None:
    large = {f"file{number}": b"x" * 1_000_000 for number in range(250)}
    response = send(console, upload("bomb.zip", packed(**large)))

    assert "unpacks to more than 200 MB" in response.content.decode()


def test_paths_in_a_zip_stay_inside(console: Client) -> None:
    response = send(console, upload("x.zip", packed(**{"..__up": b"Text."})))

    assert not Article.objects.exists()
    assert response.status_code == 200


def test_a_table_is_exported_and_imported(console: Client, write: Write, run_jobs: RunJobs) -> None:
    write("a", "Text with, comma.", title="Title")
    exported = console.post(
        f"{LIST}export/",
        {
            "format": "0",
            "resource": "",
            **{
                f"articleresource_{name}": "on"
                for name in ("slug", "title", "body", "language", "audience", "state")
            },
        },
    )
    table = exported.content.decode()
    assert "Text with, comma." in table

    changed = table.replace("Text with, comma.", "Other text.")
    form = console.post(
        f"{LIST}import/",
        {"format": "0", "resource": "", "import_file": upload("a.csv", changed.encode())},
    )
    confirm = form.context["confirm_form"].initial
    console.post(f"{LIST}process_import/", confirm)
    run_jobs()

    assert texts("a") == ["Other text."]


def test_who_may_only_view_cannot_change_import_or_index(
    client: Client, django_user_model: type[User], write: Write
) -> None:
    from django.contrib.auth.models import Permission

    viewer = django_user_model.objects.create_user("vera", "vera@example.com", is_staff=True)
    viewer.user_permissions.add(Permission.objects.get(codename="view_article"))
    client.force_login(viewer)
    article = write("a", "Text.", state="draft")

    assert client.get(LIST).status_code == 200
    assert client.get(f"{LIST}{article.pk}/preview/").status_code == 200
    assert client.get(f"{LIST}upload/").status_code == 403
    assert client.get(f"{LIST}import/").status_code == 403
    client.post(LIST, {"action": "publish", "_selected_action": [article.pk]})
    article.refresh_from_db()
    assert article.state == "draft"


def test_strangers_see_nothing(client: Client, write: Write) -> None:
    article = write("a", "Text.")
    for path in ("", "upload/", f"{article.pk}/preview/", f"{article.pk}/change/"):
        assert client.get(LIST + path).status_code == 302


def test_what_is_uploaded_while_others_are_read_is_read_too(
    console: Client, run_jobs: RunJobs
) -> None:
    from django.utils import timezone

    from knowledge import rounds

    send(console, upload("a.md", b"Text."))
    # A reading that was at its end when the upload came.
    rounds.finish(KnowledgeSource.objects.get(), now=timezone.now())
    run_jobs()

    assert KnowledgeSource.objects.get().state == "read"
    assert Article.objects.get().slug == "a"
