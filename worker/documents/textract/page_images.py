"""Render pages as images that Textract accepts, in child processes only, into a folder of the caller."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from worker.documents.ocr import OcrRequest, open_pages

if TYPE_CHECKING:
    from PIL.Image import Image

_MAX_SIDE: Final = 10_000  # pixels; Textract's limit


@dataclass(frozen=True, kw_only=True)
class RenderRequest:
    """The pages to render, and the folder for their images."""

    pages: OcrRequest
    folder: str


@dataclass(frozen=True, kw_only=True)
class PageImage:
    """A page: its size, the short text that it may carry, and its image unless the page is empty."""

    number: int
    size: tuple[int, int]
    layer_text: str
    file: str | None = None


def render_pages(request: RenderRequest) -> list[PageImage]:
    """Render the pages into files."""
    folder = Path(request.folder)
    with open_pages(request.pages) as pages:
        return [_render(number, pages.image(number), pages.text(number), folder) for number in request.pages.pages]


def _render(number: int, image: "Image", layer_text: str, folder: Path) -> PageImage:
    darkest, lightest = image.getextrema()
    if darkest == lightest:
        return PageImage(number=number, size=image.size, layer_text=layer_text)
    image.thumbnail((_MAX_SIDE, _MAX_SIDE))
    file = folder / f"{number}.png"
    # PNG is lossless, and still within Textract's 10 MB: our images have nine million gray pixels at most.
    image.save(file, "PNG")
    return PageImage(number=number, size=image.size, layer_text=layer_text, file=str(file))
