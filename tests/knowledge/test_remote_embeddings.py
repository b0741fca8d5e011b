"""A provider of embeddings over HTTP that answers nonsense: the words are searched alone, staff
hear of it, and no vector of its makes its way into the database."""

import hashlib
import json
import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.core.management import call_command
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from crm.models import StaffAlert
from knowledge.embeddings import EmbeddingError
from knowledge.indexing import index_article
from knowledge.models import Article, EmbeddingIndex, PassageEmbedding
from knowledge.reembedding import reembed
from knowledge.search import search_passages

pytestmark = pytest.mark.django_db(transaction=True)

LENGTH = 8
Vectors = list[list[Any]]


class Provider:
    """Gives every text a vector of eight numbers, unless told to spoil the answer."""

    def __init__(self, server: HTTPServer) -> None:
        self.calls = 0
        self.spoil: Callable[[Vectors], Vectors | Response] = lambda vectors: vectors
        server.expect_request("/v1/embeddings").respond_with_handler(self._answer)

    def _answer(self, request: Request) -> Response:
        self.calls += 1
        texts = json.loads(request.get_data())["input"]
        answer = self.spoil([_vector(text) for text in texts])
        if isinstance(answer, Response):
            return answer
        rows = [
            {"object": "embedding", "index": number, "embedding": vector}
            for number, vector in enumerate(answer)
        ]
        body = {"object": "list", "model": "m", "data": rows, "usage": {"prompt_tokens": 1}}
        return Response(json.dumps(body), content_type="application/json")


def _vector(text: str) -> list[Any]:
    return [1.0 + byte / 255 for byte in hashlib.sha256(text.encode()).digest()[:LENGTH]]


def _fail(vectors: Vectors) -> Response:
    return Response("broken", status=500)


NONSENSE: dict[str, Callable[[Vectors], Vectors | Response]] = {
    "too few": lambda vectors: vectors[1:],
    "shorter": lambda vectors: [vector[:-1] for vector in vectors],
    "of several lengths": lambda vectors: [[1.0] * (1 + n) for n, _ in enumerate(vectors)],
    "no numbers": lambda vectors: [[float("nan"), *vector[1:]] for vector in vectors],
    "words": lambda vectors: [["much", *vector[1:]] for vector in vectors],
    "empty": lambda vectors: [[] for _ in vectors],
    "an error": _fail,
}


@pytest.fixture
def provider(httpserver: HTTPServer, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Provider:
    monkeypatch.setenv("OPENAI_API_BASE", httpserver.url_for("/v1"))
    monkeypatch.setenv("OPENAI_API_KEY", "test-key")
    settings.EMBEDDING_MODEL = f"openai/embeddings-{httpserver.port}"
    return Provider(httpserver)


@pytest.fixture
def articles(provider: Provider) -> None:
    for number in range(3):
        article = Article.objects.create(
            slug=f"a{number}", title=f"Invoice {number}", body=f"How to download invoice {number}."
        )
        index_article(article.pk)


def test_its_vectors_are_stored_and_searched(articles: None) -> None:
    index = EmbeddingIndex.objects.get()
    assert (index.dimensions, index.state) == (LENGTH, "active")
    assert PassageEmbedding.objects.count() == 3
    assert all(found.similarity is not None for found in search_passages("invoice 1"))


@pytest.mark.parametrize("name", NONSENSE)
def test_nonsense_leaves_the_words_and_an_alert(
    provider: Provider, articles: None, name: str
) -> None:
    provider.spoil = NONSENSE[name]
    if name == "of several lengths":  # of one text there is one length, and a wrong one
        provider.spoil = lambda vectors: [[1.0, 1.0] for _ in vectors]
    for _attempt in range(3):
        found = search_passages("download invoice 1")
        assert found[0].title == "Invoice 1"
        assert all(one.similarity is None for one in found)
    alert = StaffAlert.objects.get()
    assert "words alone" in alert.detail

    calls = provider.calls
    assert search_passages("download invoice 2")[0].title == "Invoice 2"
    assert provider.calls == calls  # left alone: nobody waits for it


def test_one_that_hangs_leaves_the_words(
    provider: Provider,
    articles: None,
    hanging: threading.Event,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def hang(vectors: Vectors) -> Vectors:
        hanging.wait(60)
        return vectors

    provider.spoil = hang
    monkeypatch.setattr("agent.llm.EMBEDDING_TIMEOUT_SECONDS", 0.5)
    assert search_passages("download invoice 1")[0].title == "Invoice 1"


@pytest.mark.parametrize("name", NONSENSE)
def test_nothing_of_it_is_stored(provider: Provider, articles: None, name: str) -> None:
    provider.spoil = NONSENSE[name]
    article = Article.objects.create(
        slug="new", title="New", body="## One\n\nQuite new.\n\n## Two\n\nEntirely new."
    )
    with pytest.raises(EmbeddingError):
        index_article(article.pk)
    assert PassageEmbedding.objects.count() == 3
    provider.spoil = lambda vectors: vectors
    index_article(article.pk)
    assert PassageEmbedding.objects.count() == 5


def test_reembed_goes_on_where_a_failure_ended_it(
    provider: Provider, articles: None, settings: Any
) -> None:
    settings.EMBEDDING_MODEL += "-new"
    provider.spoil = NONSENSE["an error"]
    with pytest.raises(EmbeddingError):
        reembed()
    assert EmbeddingIndex.objects.get().model.endswith(settings.EMBEDDING_MODEL[:-4])
    provider.spoil = lambda vectors: vectors
    call_command("reembed")
    assert EmbeddingIndex.objects.get().model.endswith("-new")
    assert all(found.similarity is not None for found in search_passages("invoice 1"))
