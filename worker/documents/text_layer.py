"""Find the words of a PDF page's text layer, and their boxes on the page as a viewer shows it.

It asks pdfium for each character, which takes ten times as long as the text alone: use it for few pages.
"""

import ctypes
from collections.abc import Iterator
from itertools import groupby
from typing import Any, Final

from .boxes import Box, Word, bounding_box

_DEVICE_PIXELS: Final = 65_535  # the pixels of a side: pdfium returns whole pixels
HYPHENS: Final = ("\x02", "\ufffe")  # pdfium's two characters for a hyphen at the end of a line


def read_text(layer: Any) -> str:  # noqa: ANN401 the library has no types
    """Return the text of the visible page.

    pdfium adds spaces between cells, and places some of them outside the page. Its text within the page lacks those:
    `Unfallversicherung7,98`. So its whole text is used, unless other text lies outside.
    """
    visible: str = layer.get_text_bounded()
    whole: str = layer.get_text_range()
    return whole if "".join(visible.split()) == "".join(whole.split()) else visible


def find_words(page: Any, layer: Any) -> list[Word]:  # noqa: ANN401 the library has no types
    """Return the words that lie on the visible page."""
    return [word for word in _read_words(page, layer) if _is_visible(word.box)]


def _read_words(page: Any, layer: Any) -> Iterator[Word]:  # noqa: ANN401 as above
    """Yield the runs of characters between blanks."""
    import pypdfium2.raw  # type: ignore[import-untyped] # noqa: PLC0415 only children load it

    characters = [chr(pypdfium2.raw.FPDFText_GetUnicode(layer.raw, at)) for at in range(layer.count_chars())]
    for is_blank, run in groupby(
        range(len(characters)), lambda at: characters[at].isspace() or characters[at] == "\x00"
    ):
        if not is_blank:
            indexes = list(run)
            text = "".join("-" if characters[at] in HYPHENS else characters[at] for at in indexes)
            yield Word(text, _to_viewer(page, bounding_box([layer.get_charbox(at) for at in indexes])))


def _to_viewer(page: Any, box: Box) -> Box:  # noqa: ANN401 as above
    """Convert PDF coordinates to shares of the page as a viewer shows it: rotated and cropped."""
    import pypdfium2.raw  # noqa: PLC0415 as above

    across, down = [], []
    for x, y in (box[:2], box[2:]):
        pixel, row = ctypes.c_int(), ctypes.c_int()
        pypdfium2.raw.FPDF_PageToDevice(page.raw, 0, 0, _DEVICE_PIXELS, _DEVICE_PIXELS, 0, x, y, pixel, row)
        across.append(pixel.value / _DEVICE_PIXELS)
        down.append(row.value / _DEVICE_PIXELS)
    return min(across), min(down), max(across), max(down)


def _is_visible(box: Box) -> bool:
    return 0 <= box[0] + box[2] <= 2 and 0 <= box[1] + box[3] <= 2  # noqa: PLR2004 twice the middle of the box
