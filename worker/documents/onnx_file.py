"""Read and write files of neural networks in the ONNX format, as far as their nodes and weights are changed here.

The format is a protobuf message. Only the fields that are used are declared, with their numbers in onnx.proto; protobuf
keeps all others as they are. So the package `onnx` is not needed.
"""

from collections.abc import Iterable
from functools import cache
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from numpy.typing import NDArray

_PACKAGE: Final = "worker.onnx"
_OPTIONAL, _REPEATED = 1, 3
_FLOAT, _INT64, _INT32, _STRING, _MESSAGE, _BYTES = 2, 3, 5, 9, 11, 12
# Field by field: number, name, label, type, and the message's name if it is one.
_MESSAGES: Final[dict[str, tuple[tuple[int, str, int, int, str], ...]]] = {
    "Tensor": (
        (1, "dims", _REPEATED, _INT64, ""),
        (2, "data_type", _OPTIONAL, _INT32, ""),
        (8, "name", _OPTIONAL, _STRING, ""),
        (9, "raw_data", _OPTIONAL, _BYTES, ""),
    ),
    "Attribute": (
        (1, "name", _OPTIONAL, _STRING, ""),
        (3, "i", _OPTIONAL, _INT64, ""),
        (20, "type", _OPTIONAL, _INT32, ""),
    ),
    "Node": (
        (1, "input", _REPEATED, _STRING, ""),
        (2, "output", _REPEATED, _STRING, ""),
        (3, "name", _OPTIONAL, _STRING, ""),
        (4, "op_type", _OPTIONAL, _STRING, ""),
        (5, "attribute", _REPEATED, _MESSAGE, "Attribute"),
        (7, "domain", _OPTIONAL, _STRING, ""),
    ),
    "Side": ((1, "dim_value", _OPTIONAL, _INT64, ""),),
    "Shape": ((1, "dim", _REPEATED, _MESSAGE, "Side"),),
    "Array": (
        (1, "elem_type", _OPTIONAL, _INT32, ""),
        (2, "shape", _OPTIONAL, _MESSAGE, "Shape"),
    ),
    "Type": ((1, "tensor_type", _OPTIONAL, _MESSAGE, "Array"),),
    "Value": ((1, "name", _OPTIONAL, _STRING, ""), (2, "type", _OPTIONAL, _MESSAGE, "Type")),
    "Graph": (
        (1, "node", _REPEATED, _MESSAGE, "Node"),
        (5, "initializer", _REPEATED, _MESSAGE, "Tensor"),
        (11, "input", _REPEATED, _MESSAGE, "Value"),
        (12, "output", _REPEATED, _MESSAGE, "Value"),
    ),
    "Property": ((1, "key", _OPTIONAL, _STRING, ""), (2, "value", _OPTIONAL, _STRING, "")),
    "Operators": ((1, "domain", _OPTIONAL, _STRING, ""), (2, "version", _OPTIONAL, _INT64, "")),
    "Model": (
        (7, "graph", _OPTIONAL, _MESSAGE, "Graph"),
        (8, "opset_import", _REPEATED, _MESSAGE, "Operators"),
        (14, "metadata_props", _REPEATED, _MESSAGE, "Property"),
    ),
}
_NUMBER: Final = 2  # type of an attribute
_DATA_TYPES: Final = {"float32": 1, "uint8": 2, "int8": 3, "int32": 6, "int64": 7}


@cache
def _class_of(name: str) -> Any:  # noqa: ANN401 the library makes it at run time
    from google.protobuf import message_factory  # type: ignore[import-untyped] # noqa: PLC0415 see rapidocr.py

    return message_factory.GetMessageClass(_pool().FindMessageTypeByName(f"{_PACKAGE}.{name}"))


@cache
def _pool() -> Any:  # noqa: ANN401 the library has no types
    from google.protobuf import descriptor_pb2, descriptor_pool  # noqa: PLC0415

    file = descriptor_pb2.FileDescriptorProto(name="worker_onnx.proto", package=_PACKAGE, syntax="proto2")
    for name, fields in _MESSAGES.items():
        message = file.message_type.add(name=name)
        for number, field, label, kind, of in fields:
            message.field.add(
                number=number, name=field, label=label, type=kind, type_name=f".{_PACKAGE}.{of}" if of else None
            )
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return pool


def read(content: bytes) -> Any:  # noqa: ANN401 as above
    """Return the model."""
    return _class_of("Model").FromString(content)


def new_node(kind: str, inputs: Iterable[str], output: str, *, domain: str = "", **numbers: int) -> Any:  # noqa: ANN401
    """Return a node that is in no graph yet; the numbers are its attributes."""
    node = _class_of("Node")(op_type=kind, name=f"{output}.{kind}", domain=domain, input=inputs, output=[output])
    for name, number in numbers.items():
        node.attribute.add(name=name, i=number, type=_NUMBER)
    return node


def to_bytes(model: Any) -> bytes:  # noqa: ANN401 as above
    """Return the model as a file's content; equal models give equal bytes."""
    content: bytes = model.SerializeToString(deterministic=True)
    return content


def to_array(tensor: Any) -> "NDArray[Any]":  # noqa: ANN401 as above
    """Return a tensor's values."""
    import numpy as np  # noqa: PLC0415 as above

    names = {number: name for name, number in _DATA_TYPES.items()}
    return np.frombuffer(tensor.raw_data, np.dtype(names[tensor.data_type]).newbyteorder("<")).reshape(tensor.dims)


def put_array(graph: Any, name: str, values: "NDArray[Any]") -> str:  # noqa: ANN401 as above
    """Add a tensor to the graph, or replace it; return its name."""
    tensor = next((one for one in graph.initializer if one.name == name), None) or graph.initializer.add(name=name)
    tensor.dims[:] = values.shape
    tensor.data_type = _DATA_TYPES[values.dtype.name]
    tensor.raw_data = values.astype(values.dtype.newbyteorder("<"), copy=False).tobytes()
    return name
