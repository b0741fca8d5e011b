"""Sources by the API: who may, what is kept, how a reading is followed."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from crm.models import User
from knowledge.models import Article, KnowledgeSource
from tests.knowledge.fake_embedder import BagOfWordsEmbedder

pytestmark = pytest.mark.django_db

ROOT = "/api/v1/knowledge"
TOKEN = {"Authorization": "Bearer api-token"}


@pytest.fixture(autouse=True)
def _setting(settings: Any, embedder: BagOfWordsEmbedder) -> None:
    settings.API_TOKEN = "api-token"
    settings.METRICS_TOKEN = "metrics-token"


def upload(client: Client, **options: Any) -> Any:
    files = [SimpleUploadedFile("a.md", b"Text."), SimpleUploadedFile("bad.md", b"\xff")]
    return client.post(f"{ROOT}/files", {"files": files, "collection": "docs"}, **options)


def test_files_are_imported_and_the_reading_can_be_followed(
    client: Client, run_jobs: Callable[[], int]
) -> None:
    answer = upload(client, headers=TOKEN)
    assert answer.status_code == 202
    assert (answer.json()["state"], answer.json()["total"]) == ("reading", 2)
    run_jobs()

    body = client.get(f"{ROOT}/sources/docs", headers=TOKEN).json()
    assert (body["state"], body["done"], body["skipped"]) == ("read", 2, 1)
    assert body["remarks"] == [
        {
            "path": "bad.md",
            "state": "skipped",
            "problem": "It is not UTF-8: see line 1. Save it as UTF-8.",
        }
    ]
    assert Article.objects.get().slug == "a"
    assert [entry["name"] for entry in client.get(f"{ROOT}/sources", headers=TOKEN).json()] == [
        "docs"
    ]


def test_a_website_is_kept_and_read(client: Client) -> None:
    values = {"kind": "sitemap", "addresses": ["https://example.com/sitemap.xml"]}
    answer = client.put(
        f"{ROOT}/sources/help", values, content_type="application/json", headers=TOKEN
    )
    assert (answer.status_code, answer.json()["state"]) == (202, "waiting")
    assert client.post(f"{ROOT}/sources/help/readings", headers=TOKEN).status_code == 409

    values["addresses"] = ["http://169.254.169.254/latest"]
    refused = client.put(
        f"{ROOT}/sources/help", values, content_type="application/json", headers=TOKEN
    )
    assert refused.status_code == 422
    assert "private network" in refused.json()["error"]["message"]
    assert "example.com" in KnowledgeSource.objects.get().addresses


def test_who_may_write(bob: User, carol: User) -> None:
    client = Client(enforce_csrf_checks=True)
    assert upload(client).status_code == 401
    assert upload(client, headers={"Authorization": "Bearer metrics-token"}).status_code == 401

    client.force_login(carol)
    assert upload(client).status_code == 401  # from a page that is not ours
    client.get("/admin/login/")
    own = Client()
    own.force_login(bob)
    assert upload(own).status_code == 403
    assert own.get(f"{ROOT}/sources").status_code == 200
    own.force_login(carol)
    assert upload(own).status_code == 202
    assert KnowledgeSource.objects.get().asked_by == carol


def test_no_token_is_not_a_token(client: Client, settings: Any) -> None:
    settings.API_TOKEN = ""

    assert upload(client, headers={"Authorization": "Bearer "}).status_code == 401
