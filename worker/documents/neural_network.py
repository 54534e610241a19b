"""A neural network's nodes and constants, and changes of them that leave its results as they are.

They remove work (nodes that only rename, colors of a gray page), or say the same with operators that can calculate with
integers. Equal files give equal networks on every machine.
"""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from . import onnx_file

if TYPE_CHECKING:
    from numpy.typing import NDArray

_STRIDE: Final = 2  # of both transposed convolutions at the end of a model that finds lines


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

    def values_of(self, name: str) -> "NDArray[Any]":
        """Return a constant's values."""
        return onnx_file.to_array(self.constants[name])

    def put(self, name: str, values: "NDArray[Any]") -> str:
        """Add a constant, or replace it; return its name."""
        onnx_file.put_array(self.graph, name, values)
        self.constants[name] = next(tensor for tensor in self.graph.initializer if tensor.name == name)
        return name

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
                bias = self.values_of(added.input[1]).reshape(-1)
                convolution.input.append(self.put(f"{convolution.input[1]}.bias", bias))
                sums[added.output[0]] = convolution.output[0]
        self._rewire(sums)

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


def read_gray(network: Network) -> None:
    """Let the network read one channel where it read three equal ones."""
    for tensor in network.graph.input:
        tensor.type.tensor_type.shape.dim[1].dim_value = 1
        for node in network.users[tensor.name]:
            network.put(node.input[1], network.values_of(node.input[1]).sum(axis=1, keepdims=True))


def weigh_channels_once(network: Network) -> None:
    """Calculate the mean of each channel by the operator for it, and x * (1 + weight) in place of x + x * weight."""
    import numpy as np  # noqa: PLC0415 see rapidocr.py

    nodes: list[Any] = []
    removed = set()
    for node in network.nodes:
        if node.op_type == "ReduceMean" and network.only_user(node.output[0], "Conv"):
            node.op_type = "GlobalAveragePool"
            del node.attribute[:]
        added = network.only_user(node.output[0], "Add") if node.op_type == "Mul" else None
        if added is not None and list(added.input) == [node.input[0], node.output[0]]:
            weight = f"{node.input[1]}.more"
            one = network.put("one", np.array(1, np.float32))
            nodes.append(onnx_file.new_node("Add", (node.input[1], one), weight))
            node.input[1], node.output[0] = weight, added.output[0]
            removed.add(added.name)
        if node.name not in removed:
            nodes.append(node)
    network.replace_nodes(nodes)


def enlarge_last(network: Network) -> None:
    """Replace two transposed convolutions, each of which doubles both sides, by convolutions of single pixels.

    They return the 16 pixels that each pixel becomes, as channels; DepthToSpace puts them at their places.
    """
    import numpy as np  # noqa: PLC0415 as above

    first = next(node for node in network.nodes if node.op_type == "ConvTranspose")
    chain = [first]
    for kind in ("Add", "Relu", "ConvTranspose", "Add", "Sigmoid"):
        chain.append(network.only_user(chain[-1].output[0], kind))
    weights, more = (network.values_of(node.input[1]) for node in (first, chain[3]))
    bias, last_bias = (network.values_of(node.input[1]).reshape(-1) for node in (chain[1], chain[4]))
    steps = [(y, x) for y in range(_STRIDE) for x in range(_STRIDE)]
    single = np.concatenate([weights[:, :, y, x].T for y, x in steps])
    last = np.zeros((_STRIDE**4, len(single)), np.float32)
    for number, (y, x) in enumerate(steps):
        for small_y, small_x in steps:
            row = (y * _STRIDE + small_y) * _STRIDE**2 + x * _STRIDE + small_x
            last[row, number * len(bias) : (number + 1) * len(bias)] = more[:, 0, small_y, small_x]
    names = [
        network.put("enlarge.weights", single[..., np.newaxis, np.newaxis]),
        network.put("enlarge.bias", np.tile(bias, len(steps))),
        network.put("enlarge.last_weights", last[..., np.newaxis, np.newaxis]),
        network.put("enlarge.last_bias", np.repeat(last_bias, len(last))),
    ]
    nodes = [
        onnx_file.new_node("Conv", (first.input[0], *names[:2]), "enlarge.first"),
        onnx_file.new_node("Relu", ("enlarge.first",), "enlarge.relu"),
        onnx_file.new_node("Conv", ("enlarge.relu", *names[2:]), "enlarge.last"),
        onnx_file.new_node("Sigmoid", ("enlarge.last",), "enlarge.sigmoid"),
        onnx_file.new_node("DepthToSpace", ("enlarge.sigmoid",), chain[-1].output[0], blocksize=_STRIDE**2),
    ]
    start = network.nodes.index(first)
    removed = {node.name for node in chain}
    kept = [node for node in network.nodes if node.name not in removed]
    network.replace_nodes([*kept[:start], *nodes, *kept[start:]])
