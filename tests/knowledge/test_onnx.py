"""A model of the operator's own: whatever the graph's inputs and outputs, a folder is enough."""

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.core.checks import run_checks
from onnx import TensorProto, helper, numpy_helper

from knowledge.embeddings import EmbeddingError, configured_model, get_embedder
from knowledge.onnx import FolderEmbedder

VOCABULARY = {"[UNK]": 0, "[CLS]": 1, "[SEP]": 2, "red": 3, "blue": 4, "apple": 5}
WIDTH = 5


def write_model(folder: Path, *, pooled: bool = False, truncated_at: int | None = None) -> Path:
    """A model whose token vectors are rows of a table; `pooled` says one vector for each text."""
    folder.mkdir(parents=True, exist_ok=True)
    table = np.random.default_rng(7).normal(size=(len(VOCABULARY), WIDTH)).astype(np.float32)
    inputs = [helper.make_tensor_value_info("input_ids", TensorProto.INT64, ["b", "t"])]
    nodes = [helper.make_node("Gather", ["table", "input_ids"], ["tokens"])]
    shape: list[Any] = ["b", "t", WIDTH]
    if pooled:
        nodes.append(helper.make_node("ReduceMax", ["tokens", "axis"], ["whole"], keepdims=0))
        shape = ["b", WIDTH]
    else:
        inputs.append(
            helper.make_tensor_value_info("token_type_ids", TensorProto.INT64, ["b", "t"])
        )
    output = helper.make_tensor_value_info(nodes[-1].output[0], TensorProto.FLOAT, shape)
    weights = [numpy_helper.from_array(table, "table")]
    weights.append(numpy_helper.from_array(np.array([1], np.int64), "axis"))
    graph = helper.make_graph(nodes, "colours", inputs, [output], weights)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=9)
    (folder / "model.onnx").write_bytes(model.SerializeToString())
    tokenizer: dict[str, Any] = {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [],
        "normalizer": None,
        "pre_tokenizer": {"type": "Whitespace"},
        "post_processor": {
            "type": "BertProcessing",
            "sep": ["[SEP]", 2],
            "cls": ["[CLS]", 1],
        },
        "decoder": None,
        "model": {"type": "WordLevel", "vocab": VOCABULARY, "unk_token": "[UNK]"},
    }
    if truncated_at:
        tokenizer["truncation"] = {
            "direction": "Right",
            "max_length": truncated_at,
            "strategy": "LongestFirst",
            "stride": 0,
        }
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer))
    return folder


def test_token_vectors_are_averaged_and_have_length_one(tmp_path: Path) -> None:
    embedder = FolderEmbedder(write_model(tmp_path / "colours"))
    table = np.random.default_rng(7).normal(size=(len(VOCABULARY), WIDTH)).astype(np.float32)
    expected = table[[1, 3, 5, 2]].mean(axis=0)

    (vector,) = embedder.embed(["red apple"])
    assert vector == pytest.approx(expected / np.linalg.norm(expected), abs=1e-6)
    assert embedder.dimensions == WIDTH
    assert embedder.count_tokens("red blue apple") == 3


def test_a_graph_that_pools_itself_is_taken_at_its_word(tmp_path: Path) -> None:
    (vector,) = FolderEmbedder(write_model(tmp_path, pooled=True)).embed(["blue"])

    assert len(vector) == WIDTH
    assert math.hypot(*vector) == pytest.approx(1.0)


def test_a_text_is_cut_where_the_tokenizer_says(tmp_path: Path) -> None:
    embedder = FolderEmbedder(write_model(tmp_path, truncated_at=4))

    assert embedder.count_tokens("red red red red") == 4
    one, same, other = embedder.embed(["red blue", "red blue apple apple", "red red"])
    assert same == one
    assert other != one


def test_other_contents_are_another_model(tmp_path: Path) -> None:
    name = FolderEmbedder(write_model(tmp_path / "colours")).name
    again = FolderEmbedder(write_model(tmp_path / "copy" / "colours")).name
    other = FolderEmbedder(write_model(tmp_path / "colours", truncated_at=4)).name

    assert name.startswith("onnx:colours:")
    assert again == name
    assert other != name


def test_a_folder_without_a_model_is_an_error_that_names_it(tmp_path: Path) -> None:
    broken = write_model(tmp_path / "broken")
    (broken / "model.onnx").write_bytes(b"no graph")
    for use in (
        lambda: FolderEmbedder(tmp_path / "nowhere").name,
        lambda: FolderEmbedder(tmp_path / "nowhere").embed(["red"]),
        lambda: FolderEmbedder(broken).embed(["red"]),
    ):
        with pytest.raises(EmbeddingError, match=r"EMBEDDING_MODEL_PATH: .*(nowhere|broken)"):
            use()


def test_the_settings_choose_the_folder(tmp_path: Path, settings: Any) -> None:
    settings.EMBEDDING_MODEL_PATH = str(write_model(tmp_path / "colours"))

    assert configured_model() == f"folder:{tmp_path / 'colours'}"
    assert get_embedder().name.startswith("onnx:colours:")
    assert get_embedder("local").name.startswith("local:")


@pytest.mark.parametrize(
    ("model", "path", "complaint"),
    [
        ("two words", "", "EMBEDDING_MODEL is 'two words'"),
        ("openai/", "", "EMBEDDING_MODEL is 'openai/'"),
        ("openai/text-embedding-3-small", "{folder}", "name two models"),
        ("local", "{folder}/nowhere", "no model.onnx and no tokenizer.json"),
        ("local", "{folder}/half", "has no tokenizer.json"),
    ],
)
def test_malformed_settings_are_named(
    model: str, path: str, complaint: str, tmp_path: Path, settings: Any
) -> None:
    write_model(tmp_path)
    (write_model(tmp_path / "half") / "tokenizer.json").unlink()
    settings.EMBEDDING_MODEL = model
    settings.EMBEDDING_MODEL_PATH = path.format(folder=tmp_path)
    (error,) = [each for each in run_checks() if each.id == "allhours.E003"]

    assert complaint in str(error.msg)


def test_good_settings_pass(tmp_path: Path, settings: Any) -> None:
    settings.EMBEDDING_MODEL_PATH = str(write_model(tmp_path))
    assert not [each for each in run_checks() if each.id == "allhours.E003"]
    settings.EMBEDDING_MODEL_PATH = ""
    for model in ("local", "openai/text-embedding-3-small", "ollama/nomic-embed-text:v1.5"):
        settings.EMBEDDING_MODEL = model
        assert not [each for each in run_checks() if each.id == "allhours.E003"]
