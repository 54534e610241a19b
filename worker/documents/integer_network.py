"""Rewrite a neural network so that its convolutions, and the operations between them, calculate with 8-bit integers.

Weights have seven bits: with eight, a processor without VNNI overflows its 16-bit sums, and recognizes different text
than one with VNNI. Nothing is measured here, so equal files give equal networks on every machine. The ranges of values
must be known; bench/ranges.py measures them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from . import onnx_file

if TYPE_CHECKING:
    from numpy.typing import NDArray

_MAX_VALUE: Final = 255
_MAX_WEIGHT: Final = 64  # see above
_MAX_BIAS: Final = 2**30
_MIN_SCALE: Final = 1e-12
_SIGMOID_STEEPNESS: Final = 1.702
DOMAIN: Final = "com.microsoft"  # the domain of ONNX Runtime's own operators

type Ranges = Mapping[str, Sequence[float]]  # the lowest and highest value of each tensor that convolutions use


@dataclass(frozen=True)
class _Integers:
    """The names of a tensor's integers, of their scale, and of the integer that means zero."""

    values: str
    scale: str
    zero: str

    def __iter__(self) -> Any:  # noqa: ANN401 in the order in which operators read them
        return iter((self.values, self.scale, self.zero))


class Network:
    """A network's nodes, the readers of each tensor, and its constants."""

    def __init__(self, graph: Any) -> None:  # noqa: ANN401 see onnx_file.py
        self.graph: Final = graph
        self.nodes: list[Any] = list(graph.node)
        self.constants: Final = {tensor.name: tensor for tensor in graph.initializer}
        self._simplify()

    @cached_property
    def users(self) -> Mapping[str, Sequence[Any]]:
        """The nodes that read each tensor."""
        users: dict[str, list[Any]] = {}
        for node in self.nodes:
            for name in node.input:
                users.setdefault(name, []).append(node)
        return users

    def only_user(self, tensor: str, *kinds: str) -> Any:  # noqa: ANN401 as above
        """Return the only node that reads a tensor, if it is of one of these kinds."""
        users = self.users.get(tensor, ())
        return users[0] if len(users) == 1 and users[0].op_type in kinds else None

    def end_of(self, convolution: Any) -> str:  # noqa: ANN401 as above
        """Return the tensor that a convolution's integers stand for: behind the Relu that alone reads its output."""
        relu = self.only_user(convolution.output[0], "Relu")
        return str((relu or convolution).output[0])

    def convolutions(self) -> list[Any]:
        """Return the convolutions that have a bias: the others are few and small."""
        return [node for node in self.nodes if node.op_type == "Conv" and len(node.input) > 2]  # noqa: PLR2004

    def put(self, name: str, values: "NDArray[Any]") -> str:
        """Add a constant; return its name."""
        return onnx_file.put_array(self.graph, name, values)

    def replace_nodes(self, nodes: Sequence[Any]) -> None:
        """Use these nodes only."""
        copies = [type(node).FromString(node.SerializeToString()) for node in nodes]
        del self.graph.node[:]
        self.graph.node.extend(copies)
        self.nodes = list(self.graph.node)
        self.__dict__.pop("users", None)

    def _simplify(self) -> None:
        """Remove nodes that only rename, and move constants that are added to a convolution into it."""
        self._rewire({node.output[0]: node.input[0] for node in self.nodes if node.op_type == "Identity"})
        sums = {}
        for convolution in self.nodes:
            if convolution.op_type != "Conv" or len(convolution.input) > 2:  # noqa: PLR2004 it has a bias
                continue
            added = self.only_user(convolution.output[0], "Add")
            if added is not None and added.input[1] in self.constants:
                bias = onnx_file.to_array(self.constants[added.input[1]]).reshape(-1)
                convolution.input.append(self.put(f"{convolution.input[1]}.bias", bias))
                sums[added.output[0]] = convolution.output[0]
        self._rewire(sums)
        self.constants.update({tensor.name: tensor for tensor in self.graph.initializer})

    def _rewire(self, sources: Mapping[str, str]) -> None:
        """Remove the nodes with these outputs; their readers read the sources instead."""
        kept = [node for node in self.nodes if node.output[0] not in sources]
        for node in kept:
            node.input[:] = [_follow(name, sources) for name in node.input]
        self.replace_nodes(kept)


def _follow(name: str, sources: Mapping[str, str]) -> str:
    while name in sources:
        name = sources[name]
    return name


def quantize(network: Network, ranges: Ranges) -> None:
    """Let the convolutions with measured ranges calculate with integers, and the sums and steps between them."""
    _Quantization(network, ranges).run()


class _Quantization:
    def __init__(self, network: Network, ranges: Ranges) -> None:
        self._network: Final = network
        self._ranges: Final = ranges
        self._convolutions: Final = {
            node.name for node in network.convolutions() if node.input[0] in ranges and network.end_of(node) in ranges
        }
        self._nodes: Final[list[Any]] = []
        self._done: Final[set[str]] = set()  # names of nodes that others replace
        self._integers: Final[dict[str, _Integers]] = {}  # by tensor
        self._calculated: Final[set[str]] = set()  # tensors that exist as integers only, so far

    def run(self) -> None:
        for node in self._network.nodes:
            if node.name in self._done:
                continue
            if node.name in self._convolutions:
                self._quantize_convolution(node)
            elif not (self._quantize_sum(node) or self._quantize_step(node)):
                for tensor in node.input:
                    self._to_floats(tensor)
                self._nodes.append(node)
        for output in self._network.graph.output:
            self._to_floats(output.name)
        self._network.replace_nodes(self._nodes)

    def _quantize_convolution(self, node: Any) -> None:  # noqa: ANN401 see onnx_file.py
        import numpy as np  # noqa: PLC0415 see rapidocr.py

        tensor, weights_name, bias_name = node.input
        end = self._network.end_of(node)
        self._done.update(user.name for user in self._network.users[node.output[0]] if user.output[0] == end)
        source, target = self._to_integers(tensor), self._declare(end)
        weights, bias = (onnx_file.to_array(self._network.constants[name]) for name in (weights_name, bias_name))
        largest = np.abs(weights).reshape(len(weights), -1).max(axis=1)
        source_scale = np.float64(self._scale_of(tensor))
        # A channel that is almost off would need a bias beyond 32 bits.
        scales = np.maximum(largest / _MAX_WEIGHT, np.abs(bias) / (source_scale * _MAX_BIAS) + _MIN_SCALE)
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
        for name in (weights_name, bias_name):
            self._network.graph.initializer.remove(self._network.constants[name])
        node.op_type = "QLinearConv"
        node.input[:] = [*source, integers, steps, zeros, target.scale, target.zero, whole]
        node.output[:] = [target.values]
        self._nodes.append(node)
        self._calculated.add(end)

    def _quantize_sum(self, node: Any) -> bool:  # noqa: ANN401 as above
        if node.op_type != "Add" or not self._is_read_as_integers(node.output[0]):
            return False
        if not all(name in self._integers for name in node.input):
            return False
        one, other = (self._integers[name] for name in node.input)
        target = self._declare(node.output[0])
        self._add("QLinearAdd", (*one, *other, target.scale, target.zero), target.values, domain=DOMAIN)
        self._calculated.add(node.output[0])
        return True

    def _quantize_step(self, node: Any) -> bool:  # noqa: ANN401 as above
        """Replace x / sqrt(2), its error function, + 1, * x, * 0.5 behind a convolution."""
        import numpy as np  # noqa: PLC0415 as above

        if node.op_type != "Div" or node.input[0] not in self._integers:
            return False
        chain = [node]
        for kind in ("Erf", "Add", "Mul", "Mul"):
            if (after := self._network.only_user(chain[-1].output[0], kind)) is None:
                return False
            chain.append(after)
        end = chain[-1].output[0]
        if not self._is_read_as_integers(end):
            return False
        tensor = node.input[0]
        source, target = self._integers[tensor], self._declare(end)
        steeper = self._put_scalar(f"{tensor}.steeper", np.float32(_SIGMOID_STEEPNESS * self._scale_of(tensor)))
        share = _Integers(
            f"{end}.share",
            self._put_scalar(f"{end}.share.scale", np.float32(1 / (_MAX_VALUE + 1))),
            self._put_scalar(f"{end}.share.zero", np.uint8(0)),
        )
        sigmoid = (source.values, steeper, source.zero, share.scale, share.zero)
        self._add("QLinearSigmoid", sigmoid, share.values, domain=DOMAIN)
        self._add("QLinearMul", (*source, *share, target.scale, target.zero), target.values, domain=DOMAIN)
        self._done.update(one.name for one in chain)
        return True

    def _is_read_as_integers(self, tensor: str) -> bool:
        users = self._network.users.get(tensor, ())
        return bool(users) and all(user.name in self._convolutions for user in users)

    def _to_integers(self, tensor: str) -> _Integers:
        if tensor not in self._integers:
            integers = self._declare(tensor)
            self._add("QuantizeLinear", (tensor, integers.scale, integers.zero), integers.values)
        return self._integers[tensor]

    def _to_floats(self, tensor: str) -> None:
        if tensor in self._calculated:
            self._calculated.remove(tensor)
            self._add("DequantizeLinear", self._integers[tensor], tensor)

    def _declare(self, tensor: str) -> _Integers:
        import numpy as np  # noqa: PLC0415 as above

        low, _ = self._ranges[tensor]
        self._integers[tensor] = _Integers(
            f"{tensor}.integers",
            self._put_scalar(f"{tensor}.scale", np.float32(self._scale_of(tensor))),
            self._put_scalar(f"{tensor}.zero", np.uint8(round(-min(low, 0.0) / self._scale_of(tensor)))),
        )
        return self._integers[tensor]

    def _scale_of(self, tensor: str) -> float:
        low, high = self._ranges[tensor]
        return (max(high, 0.0) - min(low, 0.0)) / _MAX_VALUE  # zero has an integer of its own

    def _put_scalar(self, name: str, value: Any) -> str:  # noqa: ANN401 a number of the library
        return self._network.put(name, value.reshape(()))

    def _add(self, kind: str, inputs: Any, output: str, *, domain: str = "") -> None:  # noqa: ANN401 as above
        node = onnx_file.new_node(op_type=kind, name=f"{output}.{kind}", domain=domain)
        node.input[:] = list(inputs)
        node.output[:] = [output]
        self._nodes.append(node)
