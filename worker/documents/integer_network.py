"""Rewrite a neural network so that its convolutions, and the operations between them, calculate with 8-bit integers.

Processors without VNNI add the products of two neighbors in 16 bits. Weights are so small that no such sum overflows:
with full bytes those processors would recognize other text than those with VNNI. Nothing is measured here, so equal
files give equal networks on every machine. The ranges of values must be known; bench/ranges.py measures them.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from . import onnx_file
from .neural_network import Network

if TYPE_CHECKING:
    from numpy.typing import NDArray

_MAX_VALUE: Final = 255
_MAX_SUM: Final = 127  # of the weights of two neighbors, before they are rounded: 128 * 255 fits into 16 bits
_MAX_BIAS: Final = 2**30
_MIN_SCALE: Final = 1e-12
_SIGMOID_STEEPNESS: Final = 1.65  # x * sigmoid(1.65 * x) is close to the step where most values are
_DOMAIN: Final = "com.microsoft"  # the domain of ONNX Runtime's own operators
_OPERATORS: Final = 12  # version of the standard: the first one whose operators that are used all know integers

type Ranges = Mapping[str, Sequence[float]]  # the lowest and highest value of each tensor that convolutions use


@dataclass(frozen=True)
class _Integers:
    """The names of a tensor's integers, of their scale, and of the integer that means zero; and that scale."""

    values: str
    scale: str
    zero: str
    step: float


def quantize(model: Any, network: Network, ranges: Ranges) -> None:  # noqa: ANN401 see onnx_file.py
    """Let the convolutions with measured ranges calculate with integers, and what is between them."""
    _Quantization(network, ranges).run()
    model.opset_import[0].version = _OPERATORS
    model.opset_import.add(domain=_DOMAIN, version=1)


class _Quantization:
    def __init__(self, network: Network, ranges: Ranges) -> None:
        self._network: Final = network
        self._ranges: Final = ranges
        self._convolutions: Final = {node.name for node in network.nodes if self._is_measured(node)}
        self._nodes: Final[list[Any]] = []
        self._done: Final[set[str]] = set()  # names of nodes that others replace
        self._integers: Final[dict[str, _Integers]] = {}  # by tensor
        self._calculated: Final[set[str]] = set()  # tensors that exist as integers only, so far

    def run(self) -> None:
        for node in self._network.nodes:
            if node.name not in self._done and not self._quantize(node):
                for tensor in node.input:
                    self._to_floats(tensor)
                self._nodes.append(node)
        for output in self._network.graph.output:
            self._to_floats(output.name)
        self._network.replace_nodes(self._nodes)

    def _is_measured(self, node: Any) -> bool:  # noqa: ANN401 as above
        return node.op_type == "Conv" and node.input[0] in self._ranges and self._network.end_of(node) in self._ranges

    def _quantize(self, node: Any) -> bool:  # noqa: ANN401 as above
        """Calculate a node with integers, if its input is there as integers and the range of its output is known."""
        if node.name in self._convolutions:
            self._quantize_convolution(node)
            return True
        kinds: Mapping[str, Callable[[Any], bool]] = {
            "Add": self._quantize_sum,
            "Concat": self._join,
            "Div": self._quantize_step,
            "GlobalAveragePool": self._quantize_mean,
            "MaxPool": self._choose,
            "Mul": self._weigh,
            "Resize": self._choose,
        }
        quantize = kinds.get(node.op_type)
        return quantize is not None and node.input[0] in self._integers and quantize(node)

    def _quantize_convolution(self, node: Any) -> None:  # noqa: ANN401 as above
        import numpy as np  # noqa: PLC0415 see rapidocr.py

        tensor, weights_name, *bias_name = node.input
        end = self._network.end_of(node)
        self._done.update(user.name for user in self._network.users.get(node.output[0], ()) if user.output[0] == end)
        source, target = self._to_integers(tensor), self._declare(end)
        weights = self._network.values_of(weights_name)
        bias = self._network.values_of(*bias_name) if bias_name else np.zeros(len(weights), np.float32)
        largest = _measure_weights(weights)
        source_scale = np.float64(source.step)
        # A channel that is almost off would need a bias beyond 32 bits.
        scales = np.maximum(largest / _MAX_SUM, np.abs(bias) / (source_scale * _MAX_BIAS) + _MIN_SCALE)
        scales = scales.astype(np.float32)
        constants = {
            "integers": np.round(weights / scales.reshape(-1, *[1] * (weights.ndim - 1))).astype(np.int8),
            "scales": scales,
            "zeros": np.zeros(len(weights), np.int8),
            "whole_bias": np.round(bias / (source_scale * scales)).astype(np.int32),
        }
        integers, steps, zeros, whole = (
            self._network.put(f"{weights_name}.{key}", one) for key, one in constants.items()
        )
        for name in (weights_name, *bias_name):
            self._network.graph.initializer.remove(self._network.constants[name])
        node.op_type = "QLinearConv"
        node.input[:] = [source.values, source.scale, source.zero, integers, steps, zeros]
        node.input.extend([target.scale, target.zero, whole])
        node.output[:] = [target.values]
        self._nodes.append(node)
        self._calculated.add(end)

    def _quantize_sum(self, node: Any) -> bool:  # noqa: ANN401 as above
        one, other = node.input
        return other in self._integers and self._add("QLinearAdd", [one, other], node.output[0])

    def _weigh(self, node: Any) -> bool:  # noqa: ANN401 as above
        """Multiply by a few numbers, which are no integers yet."""
        tensor, weights = node.input
        if {tensor, weights, node.output[0]} - self._ranges.keys():
            return False
        self._to_integers(weights)
        return self._add("QLinearMul", [tensor, weights], node.output[0])

    def _quantize_mean(self, node: Any) -> bool:  # noqa: ANN401 as above
        return self._add("QLinearGlobalAveragePool", [node.input[0]], node.output[0])

    def _join(self, node: Any) -> bool:  # noqa: ANN401 as above
        end = node.output[0]
        if end not in self._ranges or not all(name in self._integers for name in node.input):
            return False
        target = self._declare(end)
        inputs = [name for tensor in node.input for name in _list(self._integers[tensor])]
        self._append("QLinearConcat", (target.scale, target.zero, *inputs), target.values, axis=node.attribute[0].i)
        self._calculated.add(end)
        return True

    def _choose(self, node: Any) -> bool:  # noqa: ANN401 as above
        """Let an operator that returns some of its input's values return some of its integers."""
        source, end = self._integers[node.input[0]], node.output[0]
        self._integers[end] = replace(source, values=f"{end}.integers")
        node.input[0], node.output[0] = source.values, f"{end}.integers"
        self._nodes.append(node)
        self._calculated.add(end)
        return True

    def _quantize_step(self, node: Any) -> bool:  # noqa: ANN401 as above
        """Replace x / sqrt(2), its error function, + 1, * x, * 0.5 behind a convolution."""
        import numpy as np  # noqa: PLC0415 as above

        chain = [node]
        for kind in ("Erf", "Add", "Mul", "Mul"):
            if (after := self._network.only_user(chain[-1].output[0], kind)) is None:
                return False
            chain.append(after)
        tensor, end = node.input[0], chain[-1].output[0]
        if end not in self._ranges:
            return False
        source = self._integers[tensor]
        steeper = self._put_scalar(f"{tensor}.steeper", np.float32(_SIGMOID_STEEPNESS * source.step))
        share = f"{end}.share"
        target = self._integers[share] = self._put_integers(share, 1 / (_MAX_VALUE + 1), 0)
        sigmoid = (source.values, steeper, source.zero, target.scale, target.zero)
        self._append("QLinearSigmoid", sigmoid, target.values)
        self._add("QLinearMul", [tensor, share], end)
        self._done.update(one.name for one in chain)
        return True

    def _to_integers(self, tensor: str) -> _Integers:
        if tensor not in self._integers:
            integers = self._declare(tensor)
            inputs = (tensor, integers.scale, integers.zero)
            self._nodes.append(onnx_file.new_node("QuantizeLinear", inputs, integers.values))
        return self._integers[tensor]

    def _to_floats(self, tensor: str) -> None:
        if tensor in self._calculated:
            self._calculated.remove(tensor)
            self._nodes.append(onnx_file.new_node("DequantizeLinear", _list(self._integers[tensor]), tensor))

    def _declare(self, tensor: str) -> _Integers:
        low, high = self._ranges[tensor]
        step = (max(high, 0.0) - min(low, 0.0)) / _MAX_VALUE  # zero has an integer of its own
        self._integers[tensor] = self._put_integers(tensor, step, round(-min(low, 0.0) / step))
        return self._integers[tensor]

    def _put_integers(self, tensor: str, step: float, zero: int) -> _Integers:
        import numpy as np  # noqa: PLC0415 as above

        scale = self._put_scalar(f"{tensor}.scale", np.float32(step))
        return _Integers(f"{tensor}.integers", scale, self._put_scalar(f"{tensor}.zero", np.uint8(zero)), step)

    def _put_scalar(self, name: str, value: Any) -> str:  # noqa: ANN401 a number of the library
        return self._network.put(name, value.reshape(()))

    def _add(self, kind: str, sources: Sequence[str], end: str) -> bool:
        """Add an operator that knows the range of its result, if that was measured."""
        if end not in self._ranges:
            return False
        target = self._declare(end)
        inputs = [name for tensor in sources for name in _list(self._integers[tensor])]
        self._append(kind, (*inputs, target.scale, target.zero), target.values)
        self._calculated.add(end)
        return True

    def _append(self, kind: str, inputs: Iterable[str], output: str, **numbers: int) -> None:
        self._nodes.append(onnx_file.new_node(kind, inputs, output, domain=_DOMAIN, **numbers))


def _measure_weights(weights: "NDArray[Any]") -> "NDArray[Any]":
    """Return for each channel the largest sum of two neighbors' weights."""
    import numpy as np  # noqa: PLC0415 as above

    count, inputs = weights.shape[:2]
    largest: NDArray[Any] = np.abs(weights).reshape(count, -1).max(axis=1)
    if weights.shape[2:] != (1, 1) or inputs % 2:  # which ones are neighbors depends on the order in memory
        return 2 * largest
    pairs = weights.reshape(count, -1, 2)
    sums = np.maximum(pairs.clip(min=0).sum(axis=2), -pairs.clip(max=0).sum(axis=2))
    result: NDArray[Any] = np.maximum(sums.max(axis=1), largest)
    return result


def _list(integers: _Integers) -> tuple[str, str, str]:
    """Return the names in the order in which operators read them."""
    return integers.values, integers.scale, integers.zero
