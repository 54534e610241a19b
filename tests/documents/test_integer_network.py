"""Networks that calculate with integers return what they return in floats, and overflow on no processor."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from worker.documents import onnx_file
from worker.documents.integer_network import quantize
from worker.documents.neural_network import Network, weigh_channels_once
from worker.documents.onnx_session import open_session

_VERSION = b"\x08\x08"  # the one field of the format that every file has
_FLOATS = 1
_CHANNELS = 8
PICTURE = np.random.default_rng(7).uniform(-1, 1, (1, _CHANNELS, 12, 16)).astype(np.float32)


def make_model(*nodes: Any, **constants: np.ndarray) -> Any:  # noqa: ANN401 see onnx_file.py
    """Return a model with these nodes between two convolutions, from x to first to between to y."""
    model = onnx_file.read(_VERSION)
    model.opset_import.add(version=11)
    random = np.random.default_rng(4)
    for name in ("start", "end"):
        weights = random.normal(size=(_CHANNELS, _CHANNELS, 1, 1)).astype(np.float32)
        constants |= {name: weights, f"{name}_bias": random.normal(size=_CHANNELS).astype(np.float32)}
    every = (
        onnx_file.new_node("Conv", ("x", "start", "start_bias"), "first"),
        *nodes,
        onnx_file.new_node("Conv", ("between", "end", "end_bias"), "y"),
    )
    for node in every:
        model.graph.node.add().CopyFrom(node)
    for name, values in constants.items():
        onnx_file.put_array(model.graph, name, np.asarray(values))
    kind = model.graph.input.add(name="x").type.tensor_type
    kind.elem_type = _FLOATS
    for side in PICTURE.shape:
        kind.shape.dim.add(dim_value=side)
    model.graph.output.add(name="y")
    return model


def run(model: Any, *names: str) -> list[np.ndarray]:  # noqa: ANN401 as above
    """Return these tensors."""
    for name in set(names) - {output.name for output in model.graph.output}:
        model.graph.output.add(name=name)
    return list(open_session(onnx_file.to_bytes(model)).run(list(names), {"x": PICTURE}))


def to_integers(model: Any) -> tuple[Any, list[str]]:  # noqa: ANN401 as above
    """Return the model in integers, and the kinds of its nodes."""
    copy = onnx_file.read(onnx_file.to_bytes(model))
    names = [str(node.output[0]) for node in Network(copy.graph).nodes]
    values = run(onnx_file.read(onnx_file.to_bytes(model)), *names)
    ranges = {name: (float(one.min()), float(one.max())) for name, one in zip(names, values, strict=True)}
    integers = onnx_file.read(onnx_file.to_bytes(model))
    quantize(integers, Network(integers.graph), ranges | {"x": (-1.0, 1.0)})
    return integers, [node.op_type for node in integers.graph.node]


def assert_equal_results(model: Any, integers: Any) -> None:  # noqa: ANN401 as above
    """Fail if the results differ by more than the integers' steps."""
    (exact,), (found,) = run(model, "y"), run(integers, "y")
    assert np.abs(found - exact).mean() < 0.02 * exact.std()


GELU = (
    ("Div", ("first", "root"), "a"),
    ("Erf", ("a",), "b"),
    ("Add", ("b", "one"), "c"),
    ("Mul", ("first", "c"), "d"),
    ("Mul", ("d", "half"), "between"),
)
CHANNEL_WEIGHTS = (
    ("GlobalAveragePool", ("first",), "means"),
    ("Sigmoid", ("means",), "weights"),
    ("Mul", ("first", "weights"), "between"),
)
CHANNEL_KINDS = ["QLinearGlobalAveragePool", "DequantizeLinear", "Sigmoid", "QuantizeLinear", "QLinearMul"]


@pytest.mark.parametrize(
    ("nodes", "constants", "kinds"),
    [
        pytest.param([("Add", ("first", "first"), "between")], {}, ["QLinearAdd"], id="sum"),
        pytest.param(CHANNEL_WEIGHTS, {}, CHANNEL_KINDS, id="weighed channels"),
        pytest.param(
            [("Resize", ("first", "none", "scales"), "between")],
            {"none": np.zeros(0, np.float32), "scales": np.array([1, 1, 2, 2], np.float32)},
            ["Resize"],
            id="enlarged",
        ),
        pytest.param(
            GELU,
            {"root": np.float32(np.sqrt(2)), "one": np.float32(1), "half": np.float32(0.5)},
            ["QLinearSigmoid", "QLinearMul"],
            id="step",
        ),
    ],
)
def test_what_is_between_convolutions_calculates_with_integers(
    nodes: Sequence[tuple[str, Sequence[str], str]], constants: dict[str, np.ndarray], kinds: list[str]
) -> None:
    model = make_model(*(onnx_file.new_node(*node) for node in nodes), **constants)
    integers, found = to_integers(model)
    assert found == ["QuantizeLinear", "QLinearConv", *kinds, "QLinearConv", "DequantizeLinear"]
    assert_equal_results(model, integers)


def test_joined_channels_are_integers() -> None:
    half = np.eye(_CHANNELS, dtype=np.float32)[: _CHANNELS // 2, :, np.newaxis, np.newaxis]
    model = make_model(
        onnx_file.new_node("Conv", ("first", "half"), "one"),
        onnx_file.new_node("Conv", ("first", "half"), "other"),
        onnx_file.new_node("Concat", ("one", "other"), "between", axis=1),
        half=half,
    )
    model.graph.node[2].input[1] = "other_half"
    onnx_file.put_array(model.graph, "other_half", -half)
    integers, found = to_integers(model)
    assert found.count("QLinearConcat") == 1
    assert found.count("DequantizeLinear") == 1
    assert_equal_results(model, integers)


def test_a_tensor_without_a_measured_range_stays_in_floats() -> None:
    model = make_model(onnx_file.new_node("Add", ("first", "first"), "between"))
    quantize(model, Network(model.graph), {"x": (-1.0, 1.0), "first": (-9.0, 9.0)})
    kinds = [node.op_type for node in model.graph.node]
    assert kinds == ["QuantizeLinear", "QLinearConv", "DequantizeLinear", "Add", "Conv"]


def test_no_sum_of_two_products_needs_more_than_16_bits() -> None:
    """A processor without VNNI adds two products of a byte and a weight before it uses more bits."""
    model = make_model(onnx_file.new_node("Add", ("first", "first"), "between"))
    integers, _ = to_integers(model)
    (weights,) = [
        onnx_file.to_array(tensor) for tensor in integers.graph.initializer if tensor.name == "start.integers"
    ]
    pairs = weights.reshape(-1, 2).astype(int)
    assert pairs.clip(min=0).sum(axis=1).max() * 255 <= 2**15 - 1
    assert pairs.clip(max=0).sum(axis=1).min() * 255 >= -(2**15)
    assert np.abs(pairs).max() > 64  # of neighbors with different signs, each may be larger


def test_channels_that_are_weighed_and_added_are_multiplied_once() -> None:
    nodes = [
        onnx_file.new_node("Sigmoid", ("weights",), "share"),
        onnx_file.new_node("Mul", ("first", "share"), "weighed"),
        onnx_file.new_node("Add", ("first", "weighed"), "between"),
    ]
    weights = np.random.default_rng(1).normal(size=(1, _CHANNELS, 1, 1)).astype(np.float32)
    model = make_model(*nodes, weights=weights)
    shorter = make_model(*nodes, weights=weights)
    weigh_channels_once(Network(shorter.graph))
    assert [node.op_type for node in shorter.graph.node] == ["Conv", "Sigmoid", "Add", "Mul", "Conv"]
    (exact,), (found,) = run(model, "y"), run(shorter, "y")
    assert found == pytest.approx(exact, abs=1e-4)
