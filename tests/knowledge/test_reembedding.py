"""Another embedding model: its vectors beside the old ones, search up, nothing mixed, no work
lost when it is cut off."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from knowledge.embeddings import EmbeddingError, get_embedder
from knowledge.indexing import index_all, index_article
from knowledge.models import Article, EmbeddingIndex, PassageEmbedding
from knowledge.reembedding import Progress, ReembeddingRunsError, reembed
from knowledge.search import search_passages
from knowledge.vectors import drop_kept, get_active_index, open_embedder
from tests.knowledge.conftest import HERE
from tests.knowledge.fake_embedder import BagOfWordsEmbedder, OtherEmbedder

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def articles(embedder: BagOfWordsEmbedder) -> list[Article]:
    """Indexed by the model that is searched at first."""
    written = [
        Article.objects.create(
            slug=f"a{number}",
            title=f"Subject {number}",
            body="\n\n".join(f"## Part {part}\n\nAbout thing {number}." for part in range(10)),
        )
        for number in range(8)
    ]
    index_all()
    return written


@pytest.fixture
def other(articles: list[Article], settings: Any) -> Iterator[OtherEmbedder]:
    """The settings name another model from now on; the one before can still be opened."""
    settings.EMBEDDERS = {**settings.EMBEDDERS, "litellm": f"{HERE}.OtherEmbedder"}
    settings.EMBEDDING_MODEL = "other/model"
    fake = get_embedder()
    assert isinstance(fake, OtherEmbedder)
    fake.embedded.clear()
    yield fake
    fake.before_embedding = lambda: None


def has_hnsw(index: EmbeddingIndex) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass(%s)", [f"knowledge_hnsw_{index.pk}"])
        return bool(cursor.fetchone()[0])


def test_the_other_model_is_swapped_in_and_the_one_before_removed(other: OtherEmbedder) -> None:
    seen: list[Progress] = []
    before = EmbeddingIndex.objects.get()
    index = reembed(report=seen.append)

    assert (index.model, index.source, index.state) == ("fake:other", "other/model", "active")
    assert EmbeddingIndex.objects.get() == index
    assert set(PassageEmbedding.objects.values_list("index", flat=True)) == {index.pk}
    assert PassageEmbedding.objects.count() == 80
    assert (has_hnsw(before), has_hnsw(index)) == (False, True)
    assert [(seen[0].done, seen[-1].done), seen[-1].total] == [(0, 80), 80]
    assert [each.done for each in seen] == sorted(each.done for each in seen)


def test_until_the_swap_the_model_before_embeds_the_queries(
    other: OtherEmbedder, embedder: BagOfWordsEmbedder
) -> None:
    embedder.embedded.clear()
    found = search_passages("thing 7")

    assert embedder.embedded == ["thing 7"]
    assert other.embedded == []
    assert found[0].similarity is not None
    reembed()
    other.embedded.clear()
    search_passages("thing 7")
    assert other.embedded == ["thing 7"]


def test_what_is_written_before_the_swap_gets_both_models_vectors(
    other: OtherEmbedder, embedder: BagOfWordsEmbedder
) -> None:
    article = Article.objects.create(slug="new", title="New", body="Quite new.")
    index_article(article.pk)

    made_by = PassageEmbedding.objects.filter(passage__article=article)
    assert set(made_by.values_list("index__model", flat=True)) == {embedder.name, other.name}


def test_searches_go_on_and_never_mix(
    other: OtherEmbedder, embedder: BagOfWordsEmbedder, articles: list[Article]
) -> None:
    """Vectors of different lengths cannot be compared: a mix would be an error."""
    other.before_embedding = lambda: time.sleep(0.05)
    failures: list[BaseException] = []
    counts = {"searches": 0, "without vectors": 0, "wrong": 0}
    done = threading.Event()

    def search() -> None:
        try:
            while not done.is_set():
                number = counts["searches"] % 8
                found = search_passages(f"Subject {number} about thing {number}")
                counts["searches"] += 1
                counts["without vectors"] += any(one.similarity is None for one in found)
                counts["wrong"] += found[0].article_id != articles[number].pk
        except BaseException as error:  # noqa: BLE001  shown by the test
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=search) for _ in range(2)]
    for thread in threads:
        thread.start()
    try:
        reembed()
    finally:
        done.set()
        for thread in threads:
            thread.join()

    assert failures == []
    assert counts["searches"] > 5
    assert (counts["without vectors"], counts["wrong"]) == (0, 0)


def test_a_search_that_the_swap_overtakes_looks_again(
    other: OtherEmbedder, embedder: BagOfWordsEmbedder
) -> None:
    def swap() -> None:
        embedder.before_embedding = lambda: None
        reembed()

    embedder.before_embedding = swap
    found = search_passages("Subject 7 about thing 7")

    assert all(one.similarity is not None for one in found)
    assert other.embedded[-1] == "Subject 7 about thing 7"


def test_a_model_that_is_gone_leaves_the_words(
    articles: list[Article], embedder: BagOfWordsEmbedder, settings: Any
) -> None:
    EmbeddingIndex.objects.update(source=f"folder:{settings.DATA_DIR}/nowhere")
    index = get_active_index()
    assert index is not None
    assert open_embedder(index) is None
    assert {one.similarity for one in search_passages("thing 7")} == {None}


def test_a_model_that_fails_leaves_the_words(
    articles: list[Article], embedder: BagOfWordsEmbedder
) -> None:
    def fail() -> None:
        raise EmbeddingError("no answer")

    embedder.before_embedding = fail
    assert {one.similarity for one in search_passages("thing 7")} == {None}


def test_cut_off_it_goes_on_where_it_was(other: OtherEmbedder) -> None:
    batches = iter(range(100))

    def fail() -> None:
        if next(batches) == 1:
            raise EmbeddingError("the provider hung up")

    other.before_embedding = fail
    with pytest.raises(EmbeddingError, match="hung up"):
        reembed()
    assert PassageEmbedding.objects.filter(index__model=other.name).count() == 64
    assert search_passages("thing 7")[0].similarity is not None
    other.embedded.clear()
    reembed()

    assert len(other.embedded) == 80 - 64


def test_kept_vectors_make_the_way_back_short(
    other: OtherEmbedder, embedder: BagOfWordsEmbedder, settings: Any
) -> None:
    reembed(keep=True)
    kept = EmbeddingIndex.objects.get(state="kept")
    assert kept.model == embedder.name
    Article.objects.create(slug="new", title="New", body="Quite new.")
    index_all()
    embedder.embedded.clear()
    settings.EMBEDDING_MODEL = "local"
    back = reembed()

    assert back.pk == kept.pk
    assert embedder.embedded == ["New\nQuite new."]
    assert search_passages("Quite new")[0].similarity is not None


def test_kept_vectors_can_be_given_up(other: OtherEmbedder) -> None:
    before = EmbeddingIndex.objects.get()
    active = reembed(keep=True)
    assert (has_hnsw(before), has_hnsw(active)) == (True, True)

    assert drop_kept() == 1
    assert EmbeddingIndex.objects.get() == active
    assert (has_hnsw(before), has_hnsw(active)) == (False, True)


def test_only_one_process_is_at_it(other: OtherEmbedder) -> None:
    raised: list[BaseException] = []

    def second() -> None:
        try:
            reembed()
        except ReembeddingRunsError as error:
            raised.append(error)
        finally:
            connection.close()

    def start_second() -> None:
        other.before_embedding = lambda: None
        thread = threading.Thread(target=second)
        thread.start()
        thread.join()

    other.before_embedding = start_second
    reembed()

    assert len(raised) == 1


def test_the_command_says_what_it_does(other: OtherEmbedder) -> None:
    output = StringIO()
    call_command("reembed", "--keep", stdout=output)
    call_command("reembed", "--drop-kept", stdout=output)
    call_command("reembed", "--drop-kept", stdout=output)

    assert "80 of 80 passages" in output.getvalue()
    assert "Searched from now on: fake:other, 32 dimensions." in output.getvalue()
    assert output.getvalue().endswith("1 kept index(es) removed.\nNone was kept.\n")


def test_the_command_names_what_is_wrong(
    articles: list[Article], settings: Any, tmp_path: Path
) -> None:
    settings.EMBEDDING_MODEL_PATH = str(tmp_path)
    with pytest.raises(CommandError, match="EMBEDDING_MODEL_PATH"):
        call_command("reembed")


def test_killed_it_goes_on_where_it_was(
    articles: list[Article], tmp_path: Path, settings: Any
) -> None:
    """A process of its own, killed with -9 while it embeds; no lock and no work is left behind."""
    program = f"""
import os, sys, time
import django
from django.conf import settings
django.setup()
settings.EMBEDDERS = {{**settings.EMBEDDERS, "litellm": "{HERE}.OtherEmbedder"}}
settings.EMBEDDING_MODEL = "other/model"
settings.DATABASES["default"]["NAME"] = {connection.settings_dict["NAME"]!r}
from knowledge.embeddings import get_embedder
from knowledge.reembedding import reembed
batches = iter(range(100))
def pause():
    if next(batches) == 1:
        print("second batch", flush=True)
        time.sleep(60)
get_embedder().before_embedding = pause
reembed()
"""
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings"}
    with subprocess.Popen(
        [sys.executable, "-c", program],
        cwd=Path(__file__).parents[2],
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "second batch\n"
        process.send_signal(signal.SIGKILL)
    settings.EMBEDDERS = {**settings.EMBEDDERS, "litellm": f"{HERE}.OtherEmbedder"}
    settings.EMBEDDING_MODEL = "other/model"
    other = get_embedder()
    assert isinstance(other, OtherEmbedder)
    other.embedded.clear()
    deadline = time.monotonic() + 60
    while True:
        try:
            index = reembed()
            break
        except ReembeddingRunsError:  # the server has not noticed yet that it died
            assert time.monotonic() < deadline
            time.sleep(0.1)

    assert len(other.embedded) == 80 - 64
    assert index.model == other.name
    assert PassageEmbedding.objects.filter(index=index).count() == 80
