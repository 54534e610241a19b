"""Pages as pictures that Textract takes, drawn in child processes only; each is a file in a folder of the caller's."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from worker.documents.ocr import Scan, sheets

if TYPE_CHECKING:
    from PIL.Image import Image

_SIDE: Final = 10_000  # pixels; it takes no longer ones


@dataclass(frozen=True, kw_only=True)
class Drawing:
    """What is to be drawn, and where to."""

    scan: Scan
    folder: str


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """A page: how large it is, the little text that it carries, and its picture if there is one."""

    number: int
    size: tuple[int, int]
    carried: str
    file: str | None = None


def draw(drawing: Drawing) -> list[Sheet]:
    """Draw the pages."""
    folder = Path(drawing.folder)
    with sheets(drawing.scan) as opened:
        return [_drawn(number, opened.image(number), opened.text(number), folder) for number in drawing.scan.pages]


def _drawn(number: int, image: "Image", carried: str, folder: Path) -> Sheet:
    darkest, lightest = image.getextrema()
    if darkest == lightest:
        return Sheet(number=number, size=image.size, carried=carried)
    image.thumbnail((_SIDE, _SIDE))
    file = folder / f"{number}.png"
    # Without a loss, and still within its 10 MB: what we draw has nine million pixels in gray at most.
    image.save(file, "PNG")
    return Sheet(number=number, size=image.size, carried=carried, file=str(file))
