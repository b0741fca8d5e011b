"""Builds the ONNX file of the encoder from the published weights.

The network is BERT with 6 layers, 12 heads and 384 dimensions (arXiv 1810.04805), followed by the
mean over the tokens that are not padding and by L2 normalisation. Inputs: `input_ids` and
`attention_mask`, both int64 [batch, tokens]. Outputs: `embedding`, float32 [batch, 384], and what
it is the mean of, `tokens`, float32 [batch, tokens, 384].

Most weights are rounded to whole numbers, which takes a third less memory of the process and less
than half of the time; the cosine to the published model's vectors is 0.997 on average. A rounded
layer rounds its inputs too, by one scale for all of the batch, so that a text's vector depends a
little on its company: run one at a time where that matters.

Needs the package onnx, which is slow to import: import this module only to build.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
import numpy.typing as npt
from onnx import GraphProto, ModelProto, TensorProto, helper, numpy_helper

LAYERS = 6
HEADS = 12
HIDDEN = 384
LAYER_NORM_EPSILON = 1e-12

# The oldest operator set with both LayerNormalization and Gelu. Both numbers are fixed, so that
# the file does not depend on the installed release of onnx.
OPSET = 20
IR_VERSION = 9

# The largest whole numbers: 8 bits for words, 7 for layers, since processors without VNNI add two
# products of bytes in 16 bits, which overflow with the eighth and would give other vectors there.
WORD_LIMIT = 127
LAYER_LIMIT = 63
# The second layer of the feed-forward network stays as published: half of all that rounding costs
# in accuracy is there, and a sixth of what it saves.
EXACT_LAYERS = frozenset(f"encoder.layer.{index}.output.dense" for index in range(LAYERS))

Tensor = npt.NDArray[np.float32]
Tensors = Mapping[str, Tensor]


def write_graph(weights: bytes, path: Path) -> None:
    """Build the graph from the content of model.safetensors and put it at `path`, whole or not.

    Safe when several processes do it at once: each writes its own file, the last to finish wins,
    and all wrote the same. Raises OSError when the folder cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.{uuid4().hex}")
    try:
        with unfinished.open("xb") as file:
            file.write(build_graph(parse_safetensors(weights)).SerializeToString())
            # Without it, a power cut after the rename can leave an empty file under the final name.
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


def build_graph(tensors: Tensors, *, rounded: bool = True) -> ModelProto:
    """The ONNX model for the tensors of a BERT encoder, named as transformers does."""
    shape = ["batch", "tokens"]
    inputs = [
        helper.make_tensor_value_info(name, TensorProto.INT64, shape)
        for name in ("input_ids", "attention_mask")
    ]
    outputs = [
        helper.make_tensor_value_info("embedding", TensorProto.FLOAT, ["batch", HIDDEN]),
        helper.make_tensor_value_info("tokens", TensorProto.FLOAT, [*shape, HIDDEN]),
    ]
    model = helper.make_model(
        helper.make_graph([], "all-MiniLM-L6-v2", inputs, outputs),
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=IR_VERSION,
    )
    # Filled in place: make_graph and make_model would each copy 90 MB of weights.
    graph = _Graph(model.graph, tensors, rounded=rounded)

    mask = graph.add("Cast", "attention_mask", to=TensorProto.FLOAT)
    hidden = _embed_tokens(graph, "input_ids")
    blocked = _block_padding(graph, mask)
    for index in range(LAYERS):
        hidden = _encode_layer(graph, f"encoder.layer.{index}", hidden, blocked)
    mean = _mean_over_tokens(graph, hidden, mask)
    graph.add("LpNormalization", mean, output="embedding", axis=-1, p=2)
    graph.add("Identity", hidden, output="tokens")
    return model


def parse_safetensors(content: bytes) -> dict[str, Tensor]:
    """The float32 tensors of a safetensors file, by name, as views into `content`.

    The format: 8 bytes with the length of the header, little-endian; the header as JSON, with type,
    shape and offsets for each name; the data (github.com/huggingface/safetensors, README).
    """
    start = 8 + int.from_bytes(content[:8], "little")
    tensors = {}
    for name, entry in json.loads(content[8:start]).items():
        # Position ids are stored too, as integers; they only count, so the graph has no need.
        if entry.get("dtype") == "F32":
            begin, end = entry["data_offsets"]
            flat = np.frombuffer(content, np.float32, (end - begin) // 4, start + begin)
            tensors[name] = flat.reshape(entry["shape"])
    return tensors


def _embed_tokens(graph: _Graph, ids: str) -> str:
    """Word plus position, normalised: [batch, tokens, 384]."""
    words = _look_up(graph, "embeddings.word_embeddings.weight", ids)
    # Every token is of the first type (there is never a second sentence): added once, here.
    positions = graph.constant(
        graph.tensors["embeddings.position_embeddings.weight"]
        + graph.tensors["embeddings.token_type_embeddings.weight"][0],
        "positions",
    )
    tokens = graph.add("Shape", ids, start=1, end=2)
    used = graph.add("Slice", positions, graph.integers(0), tokens, graph.integers(0))
    return _normalise(graph, "embeddings.LayerNorm", graph.add("Add", words, used))


def _look_up(graph: _Graph, name: str, ids: str) -> str:
    """The rows of a table: [batch, tokens, 384]."""
    if not graph.rounded:
        return graph.add("Gather", graph.weight(name), ids)
    numbers, scales = _round(graph.tensors[name], WORD_LIMIT)
    rows = graph.add("Gather", graph.constant(numbers, f"{name}.rounded"), ids)
    scale = graph.add("Gather", graph.constant(scales, f"{name}.scale"), ids)
    return graph.add("Mul", graph.add("Cast", rows, to=TensorProto.FLOAT), scale)


def _block_padding(graph: _Graph, mask: str) -> str:
    """What is added to attention scores: 0 for a token, the lowest float for padding."""
    lowest = graph.constant(np.array(np.finfo(np.float32).min), "lowest")
    padding = graph.add("Sub", graph.constant(np.array(1.0, np.float32), "one"), mask)
    return graph.add("Unsqueeze", graph.add("Mul", padding, lowest), graph.integers(1, 2))


def _encode_layer(graph: _Graph, layer: str, hidden: str, blocked: str) -> str:
    """Self-attention, then the feed-forward network, each added to its input and normalised."""
    context = _attend(graph, f"{layer}.attention.self", hidden, blocked)
    attended = _project(graph, f"{layer}.attention.output.dense", context)
    hidden = graph.add("Add", attended, hidden)
    hidden = _normalise(graph, f"{layer}.attention.output.LayerNorm", hidden)
    wide = graph.add("Gelu", _project(graph, f"{layer}.intermediate.dense", hidden))
    narrow = _project(graph, f"{layer}.output.dense", wide)
    return _normalise(graph, f"{layer}.output.LayerNorm", graph.add("Add", narrow, hidden))


def _attend(graph: _Graph, name: str, hidden: str, blocked: str) -> str:
    """Scaled dot-product attention with 12 heads: [batch, tokens, 384] to the same shape."""
    width = HIDDEN // HEADS
    # Scaling the query's weights once is the same as scaling every score.
    scale = np.float32(1 / math.sqrt(width))
    query, key, value = (
        (graph.tensors[f"{name}.{part}.weight"], graph.tensors[f"{name}.{part}.bias"])
        for part in ("query", "key", "value")
    )
    # One wide multiplication is faster than three narrow ones.
    together = _linear(
        graph,
        f"{name}.query_key_value",
        np.concatenate([query[0] * scale, key[0], value[0]]),
        np.concatenate([query[1] * scale, key[1], value[1]]),
        hidden,
    )
    heads = graph.add("Reshape", together, graph.integers(0, 0, 3, HEADS, width))
    queries, keys, values = (
        graph.add("Gather", heads, graph.scalar(index), axis=2) for index in range(3)
    )
    scores = graph.add(
        "MatMul",
        graph.add("Transpose", queries, perm=[0, 2, 1, 3]),
        graph.add("Transpose", keys, perm=[0, 2, 3, 1]),
    )
    shares = graph.add("Softmax", graph.add("Add", scores, blocked), axis=-1)
    context = graph.add("MatMul", shares, graph.add("Transpose", values, perm=[0, 2, 1, 3]))
    tokens_first = graph.add("Transpose", context, perm=[0, 2, 1, 3])
    return graph.add("Reshape", tokens_first, graph.integers(0, 0, HIDDEN))


def _project(graph: _Graph, name: str, hidden: str) -> str:
    weight, bias = graph.tensors[f"{name}.weight"], graph.tensors[f"{name}.bias"]
    return _linear(graph, name, weight, bias, hidden)


def _linear(graph: _Graph, name: str, weight: Tensor, bias: Tensor, hidden: str) -> str:
    """`hidden` times the transposed weight, plus bias: torch stores a layer as [out, in]."""
    if graph.rounded and name not in EXACT_LAYERS:
        product = _multiply_rounded(graph, name, weight, hidden)
    else:
        product = graph.add("MatMul", hidden, graph.constant(weight.T, f"{name}.weight"))
    return graph.add("Add", product, graph.constant(bias, f"{name}.bias"))


def _multiply_rounded(graph: _Graph, name: str, weight: Tensor, hidden: str) -> str:
    """Operators and order are the pattern that onnxruntime replaces by one fast kernel."""
    weights, scales = _round(weight, LAYER_LIMIT)
    numbers, scale, zero = graph.add_all("DynamicQuantizeLinear", hidden, outputs=3)
    whole = graph.add(
        "MatMulInteger", numbers, graph.constant(weights.T, f"{name}.weight.rounded"), zero
    )
    scale = graph.add("Mul", scale, graph.constant(scales[:, 0], f"{name}.weight.scale"))
    return graph.add("Mul", graph.add("Cast", whole, to=TensorProto.FLOAT), scale)


def _round(weight: Tensor, limit: int) -> tuple[npt.NDArray[np.int8], Tensor]:
    """Whole numbers up to `limit`, and what each row of them is to be multiplied by."""
    largest = np.abs(weight).max(axis=1, keepdims=True)
    scales = np.maximum(largest, np.finfo(np.float32).tiny) / np.float32(limit)
    return np.rint(weight / scales).astype(np.int8), scales


def _normalise(graph: _Graph, name: str, hidden: str) -> str:
    return graph.add(
        "LayerNormalization",
        hidden,
        graph.weight(f"{name}.weight"),
        graph.weight(f"{name}.bias"),
        axis=-1,
        epsilon=LAYER_NORM_EPSILON,
    )


def _mean_over_tokens(graph: _Graph, hidden: str, mask: str) -> str:
    """[batch, tokens, 384] to [batch, 384], padding left out."""
    column = graph.add("Unsqueeze", mask, graph.integers(-1))
    kept = graph.add("Mul", hidden, column)
    total, count = (
        graph.add("ReduceSum", each, graph.integers(1), keepdims=0) for each in (kept, column)
    )
    # No division by zero: the two markers that every text carries are never padding.
    return graph.add("Div", total, count)


class _Graph:
    """Adds nodes and constants to a graph, and names the edges between them."""

    def __init__(self, proto: GraphProto, tensors: Tensors, *, rounded: bool) -> None:
        self.tensors = tensors
        self.rounded = rounded
        self._proto = proto
        self._constants: set[str] = set()

    def add(self, operator: str, *inputs: str, output: str = "", **attributes: object) -> str:
        """Append a node and return the name of its output."""
        output = output or f"{operator}_{len(self._proto.node)}"
        node = helper.make_node(operator, inputs, [output])
        node.attribute.extend(helper.make_attribute(*each) for each in attributes.items())
        self._proto.node.append(node)
        return output

    def add_all(self, operator: str, *inputs: str, outputs: int) -> list[str]:
        """Append a node and return the names of its outputs."""
        names = [f"{operator}_{len(self._proto.node)}_{number}" for number in range(outputs)]
        self._proto.node.append(helper.make_node(operator, inputs, names))
        return names

    def weight(self, name: str) -> str:
        """Store one of the model's tensors as it is."""
        return self.constant(self.tensors[name], name)

    def constant(self, value: npt.NDArray[Any], name: str) -> str:
        """Store a tensor under `name`, once, and return the name."""
        if name not in self._constants:
            self._constants.add(name)
            tensor = numpy_helper.from_array(np.asarray(value, order="C"), name)
            self._proto.initializer.append(tensor)
        return name

    def integers(self, *values: int) -> str:
        return self.constant(np.array(values, np.int64), f"integers_{values}")

    def scalar(self, value: int) -> str:
        return self.constant(np.array(value, np.int64), f"scalar_{value}")
