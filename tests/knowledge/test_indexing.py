"""Passages and vectors follow the article, whoever writes it meanwhile."""

import threading
from collections.abc import Callable
from importlib import import_module
from types import SimpleNamespace
from typing import Any

import pytest
from django.apps import apps
from django.db import connection

from knowledge.embeddings import get_embedder
from knowledge.indexing import (
    ArticleKeepsChangingError,
    index_all,
    index_article,
    request_indexing,
)
from knowledge.models import Article, EmbeddingIndex, Passage, PassageEmbedding
from knowledge.vectors import get_active_index, get_index
from tests.knowledge.conftest import HERE
from tests.knowledge.fake_embedder import BagOfWordsEmbedder, OtherEmbedder

Write = Callable[..., Article]


def passages_of(article: Article) -> list[str]:
    return [passage.text for passage in article.passages.order_by("position")]


def test_the_first_index_is_active_and_has_its_hnsw(write: Write) -> None:
    write("a", "Text.")
    index = EmbeddingIndex.objects.get()

    assert (index.model, index.dimensions, index.state) == ("fake:bag-of-words", 64, "active")
    assert "USING hnsw" in definition_of_hnsw(index)
    assert "halfvec(64)) halfvec_cosine_ops) WITH (ef_construction='128')" in definition_of_hnsw(
        index
    )
    assert f"WHERE (index_id = {index.pk})" in definition_of_hnsw(index)


def definition_of_hnsw(index: EmbeddingIndex) -> str:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT indexdef FROM pg_indexes WHERE indexname = %s", [f"knowledge_hnsw_{index.pk}"]
        )
        (definition,) = cursor.fetchone()
    return str(definition)


@pytest.mark.django_db(transaction=True)
def test_an_index_of_an_older_release_is_made_anew(write: Write) -> None:
    write("a", "Text.")
    index = EmbeddingIndex.objects.get()
    made = definition_of_hnsw(index)
    name = f"knowledge_hnsw_{index.pk}"
    with connection.cursor() as cursor:
        cursor.execute(f"DROP INDEX {name}")
        cursor.execute(
            f"CREATE INDEX {name} ON knowledge_passageembedding "
            f"USING hnsw ((vector::vector(64)) vector_cosine_ops) WHERE index_id = {index.pk}"
        )
    migration = import_module("knowledge.migrations.0006_vectors_in_half_precision")
    for _again in range(2):
        migration.make_anew(apps, SimpleNamespace(connection=connection))
        assert definition_of_hnsw(index) == made


def test_passages_carry_headings_anchor_and_tokens(write: Write) -> None:
    article = write("a", "Intro.\n\n## Set up\n\nDo it.\n\n### Later\n\nAgain.")

    assert [
        (p.position, p.heading_path, p.anchor, p.text, p.token_count)
        for p in article.passages.order_by("position")
    ] == [
        (0, "", "", "Intro.", 2),
        (1, "Set up", "set-up", "Do it.", 3),
        (2, "Set up › Later", "later", "Again.", 2),
    ]


def test_what_is_embedded_says_what_it_is_about(write: Write, embedder: BagOfWordsEmbedder) -> None:
    write("a", "## Set up\n\nPress **[Go](x.md)**.", title="Billing")

    assert embedder.embedded == ["Billing › Set up\nPress Go."]


def test_indexing_again_does_nothing(write: Write, embedder: BagOfWordsEmbedder) -> None:
    article = write("a", "One.\n\n## Two\n\nTwo.")
    embedder.embedded.clear()
    before = list(Passage.objects.order_by("pk").values_list("pk", "fingerprint"))

    assert index_article(article.pk) == 0
    assert embedder.embedded == []
    assert list(Passage.objects.order_by("pk").values_list("pk", "fingerprint")) == before


def test_equal_texts_are_passages_of_their_own(write: Write, embedder: BagOfWordsEmbedder) -> None:
    article = write("a", "## A\n\nSame.\n\n## B\n\nSame.")

    assert passages_of(article).count("Same.") == 2
    assert PassageEmbedding.objects.count() == Passage.objects.count()


def test_passages_move_without_being_embedded_again(
    write: Write, embedder: BagOfWordsEmbedder
) -> None:
    article = write("a", "## A\n\nOne.\n\n## B\n\nTwo.")
    keys = {p.text: p.pk for p in article.passages.all()}
    embedder.embedded.clear()
    article.body = "## B\n\nTwo.\n\n## A\n\nOne."
    article.save()
    index_article(article.pk)

    assert passages_of(article) == ["Two.", "One."]
    assert {p.text: p.pk for p in article.passages.all()} == keys
    assert embedder.embedded == []


def test_an_article_that_is_gone_is_no_error(db: None, embedder: BagOfWordsEmbedder) -> None:
    assert index_article(987_654) == 0


def test_an_article_that_empties_has_no_passages(write: Write) -> None:
    article = write("a", "Text.")
    article.body = "   "
    article.save()
    index_article(article.pk)

    assert passages_of(article) == []


def test_what_was_embedded_of_an_old_version_is_not_written(
    write: Write, embedder: BagOfWordsEmbedder
) -> None:
    article = write("a", "Old.")

    def change() -> None:
        embedder.before_embedding = lambda: None
        Article.objects.filter(pk=article.pk).update(body="Newest.")

    Article.objects.filter(pk=article.pk).update(body="Newer.")
    embedder.before_embedding = change
    index_article(article.pk)

    assert passages_of(article) == ["Newest."]
    article.refresh_from_db()
    assert article.indexed_fingerprint == article.fingerprint()


def test_an_article_that_never_rests_is_left_for_later(
    write: Write, embedder: BagOfWordsEmbedder
) -> None:
    article = write("a", "Old.")
    count = iter(range(100))

    def change() -> None:
        Article.objects.filter(pk=article.pk).update(body=f"Version {next(count)}.")

    change()
    embedder.before_embedding = change
    with pytest.raises(ArticleKeepsChangingError):
        index_article(article.pk)
    assert passages_of(article) == ["Old."]


def test_an_article_deleted_meanwhile_leaves_nothing(
    write: Write, embedder: BagOfWordsEmbedder
) -> None:
    article = write("a", "Old.")
    Article.objects.filter(pk=article.pk).update(body="New.")
    embedder.before_embedding = lambda: Article.objects.filter(pk=article.pk).delete() and None

    assert index_article(article.pk) == 0
    assert Passage.objects.count() == 0


@pytest.mark.django_db(transaction=True)
def test_no_transaction_is_open_while_embedding(embedder: BagOfWordsEmbedder) -> None:
    article = Article.objects.create(slug="a", title="A", body="Text.")
    open_while_embedding: list[bool] = []
    embedder.before_embedding = lambda: open_while_embedding.append(connection.in_atomic_block)
    index_article(article.pk)

    assert open_while_embedding == [False]


@pytest.mark.django_db(transaction=True)
def test_concurrent_indexings_agree(embedder: BagOfWordsEmbedder) -> None:
    article = Article.objects.create(
        slug="a", title="A", body="\n\n".join(f"## H{n}\n\nText {n}." for n in range(20))
    )
    start = threading.Barrier(4, timeout=60)
    errors: list[BaseException] = []

    def work() -> None:
        try:
            start.wait()
            index_article(article.pk)
        except BaseException as error:  # noqa: BLE001  shown by the test
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert errors == []
    assert EmbeddingIndex.objects.count() == 1
    assert passages_of(article) == [f"Text {number}." for number in range(20)]
    assert PassageEmbedding.objects.count() == 20


@pytest.mark.django_db(transaction=True)
def test_another_model_builds_beside_and_swaps_in_when_complete(
    embedder: BagOfWordsEmbedder, settings: Any
) -> None:
    articles = [
        Article.objects.create(slug=slug, title=slug, body=f"Text of {slug}.") for slug in "ab"
    ]
    index_all()
    old = EmbeddingIndex.objects.get()
    settings.EMBEDDERS = {**settings.EMBEDDERS, "local": f"{HERE}.OtherEmbedder"}
    other = get_embedder()
    assert isinstance(other, OtherEmbedder)
    index_article(articles[0].pk)

    assert EmbeddingIndex.objects.get(state="active") == old

    index_all()
    active = EmbeddingIndex.objects.get()
    assert get_active_index() == active
    assert (active.model, active.state) == ("fake:other", "active")
    assert PassageEmbedding.objects.filter(index=active).count() == 2
    with connection.cursor() as cursor:
        cursor.execute("SELECT indexname FROM pg_indexes WHERE indexname ~ '^knowledge_hnsw_'")
        names = {name for (name,) in cursor.fetchall()}
    assert f"knowledge_hnsw_{active.pk}" in names
    assert f"knowledge_hnsw_{old.pk}" not in names


def test_a_requested_indexing_is_run_by_the_worker(
    db: None, embedder: BagOfWordsEmbedder, run_jobs: Callable[[], int]
) -> None:
    article = Article.objects.create(slug="a", title="A", body="Text.")
    request_indexing(article.pk)

    assert run_jobs() == 1
    assert passages_of(article) == ["Text."]


def test_looking_for_what_is_out_of_date_takes_the_same_queries_for_any_number(
    db: None, embedder: BagOfWordsEmbedder, django_assert_num_queries: Any
) -> None:
    for number in range(10):
        Article.objects.create(
            slug=f"a{number}", title="Größe", keywords="ä", body=f"Text {number}."
        )
    assert index_all() == 10
    with django_assert_num_queries(13):  # the indexes, the articles, what lacks, the words
        assert index_all() == 0
    Article.objects.filter(slug="a3").update(body="Other text.")
    PassageEmbedding.objects.filter(passage__article__slug="a7").delete()
    assert index_all() == 2


def test_the_length_of_a_vector_is_asked_before_anything_is_locked(db: None) -> None:
    depth = len(connection.savepoint_ids)

    class Remote(BagOfWordsEmbedder):
        name = "fake:remote"

        @property
        def dimensions(self) -> int:  # type: ignore[override]
            assert len(connection.savepoint_ids) == depth, "promise 8"
            return 3

    assert get_index(Remote(None)).dimensions == 3
