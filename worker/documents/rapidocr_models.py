"""RapidOCR's models as they are used here: in integers, for gray pages, with fewer letters, in a third of the time.

They are made of the package's files, in memory, each time that they are loaded. That takes a fifth of a second, once
for each process that children are forked from, so there is nothing to keep, to ship or to compare. The measured ranges
in rapidocr_ranges.json belong to these files of the package; others are refused.
"""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

from contract.engines import Alphabet

from . import onnx_file
from .integer_network import quantize
from .line_finder import LineFinder
from .line_reader import LineModel, LineReader
from .neural_network import Network, enlarge_last, read_gray, weigh_channels_once

RANGES: Final = Path(__file__).with_name("rapidocr_ranges.json")  # measured by bench/ranges.py
NARROWING: Final = 0.85  # the factor of a line's width: time goes with it
_CHARACTERS: Final = "character"  # property of the model: its characters, one a line
_BLOCKS: Final = ((0x20, 0x24F), (0x370, 0x3FF), (0x2000, 0x206F), (0x20A0, 0x20CF), (0x2190, 0x2193), (0x2260, 0x2265))
_SIGNS: Final = frozenset("№℗™℃℉\u2212●■○✓✔★☆")


@dataclass(frozen=True)
class PackageFile:
    """A model in the package, and the hash of the one that was measured."""

    name: str
    sha256: str

    def read(self) -> Any:  # noqa: ANN401 see onnx_file.py
        """Return the model."""
        return onnx_file.read((files("rapidocr") / "models" / self.name).read_bytes())

    def read_measured(self) -> Any:  # noqa: ANN401 as above
        """Return the model, or raise ValueError if it is another one than was measured."""
        content = (files("rapidocr") / "models" / self.name).read_bytes()
        if hashlib.sha256(content).hexdigest() != self.sha256:
            raise ValueError(
                f"{self.name} of the package rapidocr has changed: run python -m bench.ranges, and compare its accuracy"
            )
        return onnx_file.read(content)


FINDER: Final = PackageFile(
    "PP-OCRv6_det_small.onnx", "090f04abcd9d9a7498bc4ebf677e4cb9bdce1fe4197ddb7e529f1ef44e1ff94f"
)
READER: Final = PackageFile(
    "PP-OCRv6_rec_small.onnx", "6f327246b50388f3c176ae304bd95767ea6dc0c9ae92153ef8cbe210b3c14884"
)


def open_finder() -> LineFinder:
    """Load the model that finds the lines of a page."""
    return LineFinder.open(make_finder())


def open_reader(alphabet: Alphabet) -> LineReader:
    """Load the models that read lines: for all characters it is the package's own."""
    if alphabet is Alphabet.ALL:
        model = READER.read_measured()
        read_gray(Network(model.graph))
        return LineReader([LineModel.open(onnx_file.to_bytes(model), narrowing=1)])
    narrow = LineModel.open(make_latin(), NARROWING)
    return LineReader([narrow, LineModel(narrow.session, narrow.characters, narrowing=1)])


def make_finder() -> bytes:
    """Return the model that finds lines, in integers."""
    model = FINDER.read_measured()
    quantize(model, simplify_finder(model), json.loads(RANGES.read_text())[FINDER.name])
    return onnx_file.to_bytes(model)


def make_latin() -> bytes:
    """Return the model for Latin letters, in integers."""
    model = READER.read_measured()
    quantize(model, simplify_latin(model), json.loads(RANGES.read_text())[READER.name])
    return onnx_file.to_bytes(model)


def simplify_finder(model: Any) -> Network:  # noqa: ANN401 as above
    """Prepare the model that finds lines for integers."""
    network = Network(model.graph)
    read_gray(network)
    weigh_channels_once(network)
    enlarge_last(network)
    return network


def simplify_latin(model: Any) -> Network:  # noqa: ANN401 as above
    """Drop what is not Latin from the model that reads lines, and prepare it for integers."""
    drop_characters(model, is_latin)
    network = Network(model.graph)
    read_gray(network)
    weigh_channels_once(network)
    return network


def is_latin(character: str) -> bool:
    """Whether texts in Latin or Greek letters have the character: letters, digits, signs, currencies."""
    return character in _SIGNS or any(first <= ord(character[0]) <= last for first, last in _BLOCKS)


def drop_characters(model: Any, is_kept: Callable[[str], bool]) -> None:  # noqa: ANN401 as above
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
