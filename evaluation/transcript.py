"""Lines that were read already, with their places on the page: `x1,y1,x2,y2,x3,y3,x4,y4,text`, clockwise in pixels.

Sets of scanned documents come with such files, written by people. They test the analysis without OCR.
"""

from collections.abc import Iterable
from typing import Annotated, Final

from pydantic import StringConstraints

from contract.reading import PageText, TextSource
from worker.documents.reading_order import OcrLine, in_reading_order

_SIDES: Final = 8

type PlacedLine = Annotated[str, StringConstraints(pattern=r"^(?:\d{1,6},){8}")]


def page_of(lines: Iterable[str]) -> PageText:
    """Return the lines as a page, in the order in which pages from OCR are read."""
    text = in_reading_order([_parse(line) for line in lines]).text
    return PageText(number=1, text=text, source=TextSource.TEXT_LAYER)


def _parse(line: str) -> OcrLine:
    *sides, text = line.split(",", _SIDES)
    x = [float(side) for side in sides]
    return OcrLine(((x[0], x[1]), (x[2], x[3]), (x[4], x[5]), (x[6], x[7])), text, 1.0)
