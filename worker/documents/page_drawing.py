"""Draw a page as people see it, in child processes only: in color, and as large as a screen shows it."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from contract.reading import MediaType
from durable import limit_cpu

from . import pdf, picture

if TYPE_CHECKING:
    from PIL.Image import Image

_MAX_PIXELS: Final = 2_000_000  # A4 at 140 dpi: small letters can be read, and an image has some 100 KB
_QUALITY: Final = 75
_CPU_SECONDS: Final = 20  # a page with many images takes three; a hostile one may be drawn for years


@dataclass(frozen=True, kw_only=True)
class DrawRequest:
    """A page of a file, counted from 1, and the file for its image."""

    path: str
    image_path: str
    media_type: MediaType
    number: int
    password: str | None = field(default=None, repr=False)


def draw_page(request: DrawRequest) -> bool:
    """Write the page as WebP; return whether there is such a page. A Word document has no pages."""
    limit_cpu(_CPU_SECONDS)
    image = _draw(request)
    if image is None:
        return False
    image.save(request.image_path, "WEBP", quality=_QUALITY)
    return True


def _draw(request: DrawRequest) -> "Image | None":
    match request.media_type:
        case MediaType.DOCX:
            return None
        case MediaType.PDF:
            with pdf.open_pdf(request.path, request.password) as document:
                return document.draw(request.number, _MAX_PIXELS) if request.number <= len(document) else None
        case _:
            with picture.open_picture(request.path) as frames:
                if request.number > picture.count_frames(frames):
                    return None
                return picture.draw_frame(frames, request.number, _MAX_PIXELS)
