"""python -m bench.ranges: measure the ranges of values in RapidOCR's model of lines, and store them for the worker.

The lines are those of generated pages of each wear. Run it when the package brings another model.
"""

import json
from collections.abc import Iterator
from random import Random
from typing import Any

import cv2
import numpy as np
import onnxruntime  # type: ignore[import-untyped] # it has no types
from numpy.typing import NDArray
from rapidocr.utils.process_img import get_rotate_crop_image

from evaluation.own.wear import render_pages
from worker.documents import onnx_file, rapidocr
from worker.documents.integer_network import Network
from worker.documents.rapidocr_models import NARROWING, RANGES, drop_characters, is_latin, read_package_file

from . import printed_pages

_SEED = 1
_PAGES = ((0, "clean"), (5, "noisy"), (9, "faint"), (2, "squeezed"), (11, "form"), (7, "askew"))
_LINES = 14  # of a page
_HEIGHT = 48  # pixels that the model reads


def main() -> None:
    """Run the model in floats, and write the lowest and highest value of each convolution's input and output."""
    model = onnx_file.read(read_package_file())
    drop_characters(model, is_latin)
    network = Network(model.graph)
    names = {name for node in network.convolutions() for name in (node.input[0], network.end_of(node))} - {"x"}
    for name in sorted(names):
        model.graph.output.add(name=name)
    session = onnxruntime.InferenceSession(onnx_file.to_bytes(model), providers=["CPUExecutionProvider"])
    ranges = {"x": [-1.0, 1.0]}
    for number, line in enumerate(list(_lines())[::2]):
        values = session.run(sorted(names), {"x": _prepare(line, NARROWING if number % 2 else 1)})
        for name, value in zip(sorted(names), values, strict=True):
            if value[0, 0].size > 1:  # what is one number for the whole line costs no time
                low, high = ranges.get(name, (0.0, 0.0))
                ranges[name] = [min(low, round(float(value.min()), 4)), max(high, round(float(value.max()), 4))]
    RANGES.write_text("{\n" + ",\n".join(f"  {json.dumps(name)}: {ranges[name]}" for name in ranges) + "\n}\n")


def _lines() -> Iterator[NDArray[Any]]:
    pages, engine = printed_pages.make_pages(_SEED), rapidocr.make_engine()
    engine._load_det_model()  # noqa: SLF001 it is loaded with the first page otherwise
    for number, wear in _PAGES:
        [image] = render_pages(printed_pages.make_pdf(pages[number]))
        worn = printed_pages.WEARS[wear](image, Random(_SEED))
        pixels = cv2.cvtColor(np.asarray(rapidocr.fit_size(worn)), cv2.COLOR_GRAY2BGR)
        for box in list(engine.text_det(pixels).boxes)[:_LINES]:
            yield get_rotate_crop_image(pixels, np.asarray(box, dtype=np.float32))


def _prepare(line: NDArray[Any], narrowing: float) -> NDArray[Any]:
    height, width = line.shape[:2]
    narrow = cv2.resize(line, (max(8, int(_HEIGHT * width / height * narrowing)), _HEIGHT)).astype(np.float32)
    return (narrow.transpose(2, 0, 1) / 127.5 - 1)[None]


if __name__ == "__main__":
    main()
