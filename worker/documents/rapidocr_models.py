"""RapidOCR's model of lines as it is used here: with fewer letters, and in integers, in about half the time.

It is made of the package's file, in memory, each time that it is loaded. That takes a fifth of a second, once for each
process that children are forked from, so there is nothing to keep, to ship or to compare. The measured ranges in
rapidocr_ranges.json belong to one file of the package; others are refused.
"""

import hashlib
import json
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

from contract.engines import Alphabet

from . import onnx_file
from .integer_network import DOMAIN, Network, quantize
from .line_reader import LineModel, LineReader

RANGES: Final = Path(__file__).with_name("rapidocr_ranges.json")  # measured by bench/ranges.py
NARROWING: Final = 0.85  # the factor of a line's width: time goes with it
_FILE: Final = "models/PP-OCRv6_rec_small.onnx"
_SHA256: Final = "6f327246b50388f3c176ae304bd95767ea6dc0c9ae92153ef8cbe210b3c14884"
_CHARACTERS: Final = "character"  # property of the model: its characters, one a line
_BLOCKS: Final = ((0x20, 0x24F), (0x370, 0x3FF), (0x2000, 0x206F), (0x20A0, 0x20CF), (0x2190, 0x2193), (0x2260, 0x2265))
_SIGNS: Final = frozenset("№℗™℃℉\u2212●■○✓✔★☆")


def open_reader(alphabet: Alphabet) -> LineReader:
    """Load the models for an alphabet: for all characters it is the package's own."""
    content = read_package_model()
    if alphabet is Alphabet.ALL:
        return LineReader([LineModel.open(content, narrowing=1)])
    cheap = LineModel.open(make_latin(content, in_integers=True), NARROWING)
    return LineReader([cheap, LineModel.open(make_latin(content, in_integers=False), narrowing=1)])


def read_package_model() -> bytes:
    """Return the model of the package, which must be the one that was measured."""
    content = read_package_file()
    check_model(content)
    return content


def read_package_file() -> bytes:
    """Return the model of the package."""
    return (files("rapidocr") / _FILE).read_bytes()


def check_model(content: bytes) -> None:
    """Raise ValueError if it is another model than was measured."""
    if hashlib.sha256(content).hexdigest() != _SHA256:
        raise ValueError(
            f"{_FILE} of the package rapidocr has changed: run python -m bench.ranges, and compare its accuracy again"
        )


def make_latin(content: bytes, *, in_integers: bool) -> bytes:
    """Return the model for Latin letters."""
    model = onnx_file.read(content)
    drop_characters(model, is_latin)
    if in_integers:
        quantize(Network(model.graph), json.loads(RANGES.read_text()))
        model.opset_import.add(domain=DOMAIN, version=1)
    return onnx_file.to_bytes(model)


def is_latin(character: str) -> bool:
    """Whether texts in Latin or Greek letters have the character: letters, digits, signs, currencies."""
    return character in _SIGNS or any(first <= ord(character[0]) <= last for first, last in _BLOCKS)


def drop_characters(model: Any, is_kept: Callable[[str], bool]) -> None:  # noqa: ANN401 see onnx_file.py
    """Keep the columns of the last layer for these characters; the first stands for none, the last for a space."""
    (listed,) = (one for one in model.metadata_props if one.key == _CHARACTERS)
    characters = listed.value.splitlines()
    numbers = [number for number, character in enumerate(characters) if is_kept(character)]
    columns = [0, *(number + 1 for number in numbers), len(characters) + 1]
    for tensor in model.graph.initializer:
        if tensor.dims and tensor.dims[-1] == len(characters) + 2:
            onnx_file.put_array(model.graph, tensor.name, onnx_file.to_array(tensor)[..., columns])
    listed.value = "\n".join(characters[number] for number in numbers)
    for output in model.graph.output:
        name = output.name
        output.Clear()  # it declares how many characters there were
        output.name = name
