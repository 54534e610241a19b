"""python -m bench.ranges: measure the ranges of values in RapidOCR's models, and store them for the worker.

The pages are generated ones of each wear. Run it when the package brings other models.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from random import Random
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from evaluation.own.wear import render_pages
from worker.documents import onnx_file, rapidocr
from worker.documents.integer_network import Ranges, quantize
from worker.documents.line_finder import LineFinder, cut_line, prepare_page
from worker.documents.neural_network import Network
from worker.documents.onnx_session import open_session
from worker.documents.rapidocr_models import FINDER, NARROWING, RANGES, READER, simplify_finder, simplify_latin

from . import printed_pages

type Pixels = NDArray[Any]

_SEED = 1
_PAGES = ((0, "clean"), (5, "noisy"), (9, "faint"), (2, "squeezed"), (11, "form"), (7, "askew"))
_LINES = 14  # of a page
_HEIGHT = 48  # pixels that the model reads
_SAMPLE = 30_000  # values of each tensor and image
_OUTLIERS = 1e-5  # share of the values in lines that the integers do not reach: all others are finer for it


class UsedRanges(dict[str, Sequence[float]]):
    """Ranges that record which of them are used."""

    def __init__(self, ranges: Ranges) -> None:
        super().__init__(ranges)
        self.used: set[str] = set()

    def __getitem__(self, name: str) -> Sequence[float]:
        self.used.add(name)
        return super().__getitem__(name)


def main() -> None:
    """Run the models in floats, and write the lowest and highest value of each tensor that becomes integers."""
    pages = list(_draw_pages())
    finder_model = FINDER.read()
    simplify_finder(finder_model)
    finder = LineFinder.open(onnx_file.to_bytes(finder_model))
    lines = [cut_line(page, box) for page in pages for box in finder.find(page)[:_LINES]][::2]
    images = [_prepare(line, NARROWING if number % 2 else 1) for number, line in enumerate(lines)]
    reader_model = READER.read()
    simplify_latin(reader_model)
    ranges = {
        FINDER.name: _measure(finder_model, map(prepare_page, pages), outliers=0),
        READER.name: _measure(reader_model, images, outliers=_OUTLIERS),
    }
    RANGES.write_text("{\n" + ",\n".join(f'"{name}": {_format(found)}' for name, found in ranges.items()) + "\n}\n")


def _measure(model: Any, images: Iterable[Pixels], outliers: float) -> Ranges:  # noqa: ANN401 see onnx_file.py
    content = onnx_file.to_bytes(model)
    watched = onnx_file.read(content)
    names = sorted({str(node.output[0]) for node in watched.graph.node} - {one.name for one in watched.graph.output})
    for name in names:
        watched.graph.output.add(name=name)
    session = open_session(onnx_file.to_bytes(watched))
    random = np.random.default_rng(_SEED)
    samples: dict[str, list[Pixels]] = {}
    for image in images:
        for name, value in zip(names, session.run(names, {"x": image}), strict=True):
            if value.ndim == len(image.shape) and value.dtype == np.float32:
                sample = random.choice(value.ravel(), _SAMPLE) if outliers and value.size > _SAMPLE else value
                samples.setdefault(name, []).append(np.array((sample.min(), sample.max())) if not outliers else sample)
    found = {name: _range_of(np.concatenate([one.ravel() for one in some]), outliers) for name, some in samples.items()}
    return _keep_used(onnx_file.read(content), {"x": (-1.0, 1.0), **found})


def _range_of(values: Pixels, outliers: float) -> tuple[float, float]:
    share = outliers if len(values) > _SAMPLE else 0
    low, high = np.quantile(values, (share, 1 - share))
    return round(float(low), 4), round(float(high), 4)


def _keep_used(model: Any, ranges: Ranges) -> Ranges:  # noqa: ANN401 as above
    """Return the ranges that become integers: of whole images, and of what they are multiplied by."""
    network = Network(model.graph)
    small = {name for node in network.nodes if node.op_type == "GlobalAveragePool" for name in _reach(network, node)}
    normed = {node.input[0] for node in network.nodes if node.op_type == "BatchNormalization"}
    some = UsedRanges({name: one for name, one in ranges.items() if name not in small | normed})
    quantize(model, network, some)
    return {name: one for name, one in some.items() if name in some.used}


def _reach(network: Network, mean: Any) -> Iterator[str]:  # noqa: ANN401 as above
    """Yield the tensors between the means of channels and the weights that are calculated of them."""
    name = mean.output[0]
    while (user := network.only_user(name, "Conv", "Relu")) is not None:
        name = user.output[0]
        yield name


def _format(ranges: Ranges) -> str:
    return "{\n" + ",\n".join(f"  {json.dumps(name)}: {list(one)}" for name, one in ranges.items()) + "\n}"


def _draw_pages() -> Iterator[Pixels]:
    pages = printed_pages.make_pages(_SEED)
    for number, wear in _PAGES:
        [image] = render_pages(printed_pages.make_pdf(pages[number]))
        yield np.asarray(rapidocr.fit_size(printed_pages.WEARS[wear](image, Random(_SEED))))


def _prepare(line: Pixels, narrowing: float) -> Pixels:
    height, width = line.shape
    narrow = cv2.resize(line, (max(8, int(_HEIGHT * width / height * narrowing)), _HEIGHT)).astype(np.float32)
    return (narrow / 127.5 - 1)[np.newaxis, np.newaxis]


if __name__ == "__main__":
    main()
