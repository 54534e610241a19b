"""The words of a page's text layer, and where they stand on the page as a viewer shows it. It opens no document.

It asks pdfium for each sign, which takes ten times as long as the text alone: it is for the few pages that matter.
"""

import ctypes
from collections.abc import Iterator
from itertools import groupby
from typing import Any, Final

from .boxes import Box, Word, around

_DEVICE: Final = 65_535  # pixels of a side: pdfium says in whole ones where something is on a page as it is shown
HYPHENS: Final = ("\x02", "\ufffe")  # at the end of a line, as pdfium calls it in two of its ways


def words_on(page: Any, layer: Any) -> list[Word]:  # noqa: ANN401 the library has no types
    """Return what is to be seen of it."""
    return [word for word in _words(page, layer) if _is_shown(word.box)]


def _words(page: Any, layer: Any) -> Iterator[Word]:  # noqa: ANN401 as above
    """Give what stands between two blanks."""
    import pypdfium2.raw  # type: ignore[import-untyped] # noqa: PLC0415 only children carry it

    signs = [chr(pypdfium2.raw.FPDFText_GetUnicode(layer.raw, at)) for at in range(layer.count_chars())]
    for is_blank, places in groupby(range(len(signs)), lambda at: signs[at].isspace() or signs[at] == "\x00"):
        if not is_blank:
            word = list(places)
            text = "".join("-" if signs[at] in HYPHENS else signs[at] for at in word)
            yield Word(text, _shown(page, around([layer.get_charbox(at) for at in word])))


def _shown(page: Any, box: Box) -> Box:  # noqa: ANN401 as above
    """Return where it is on the page as a viewer shows it: turned as it says, and cut to what is to be seen."""
    import pypdfium2.raw  # noqa: PLC0415 as above

    across, down = [], []
    for x, y in (box[:2], box[2:]):
        pixel, row = ctypes.c_int(), ctypes.c_int()
        pypdfium2.raw.FPDF_PageToDevice(page.raw, 0, 0, _DEVICE, _DEVICE, 0, x, y, pixel, row)
        across.append(pixel.value / _DEVICE)
        down.append(row.value / _DEVICE)
    return min(across), min(down), max(across), max(down)


def _is_shown(box: Box) -> bool:
    return 0 <= box[0] + box[2] <= 2 and 0 <= box[1] + box[3] <= 2  # noqa: PLR2004 twice its middle
