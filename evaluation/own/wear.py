"""Degrade pages as printers and scanners do; the same random seed gives the same result."""

from collections.abc import Callable
from io import BytesIO
from random import Random
from typing import Final

import numpy as np
import pypdfium2  # type: ignore[import-untyped] # it has no types
from PIL import Image, ImageFilter

type Wear = Callable[[Image.Image, Random], Image.Image]

DPI: Final = 200  # of an office scanner, as it is set
_POINTS: Final = 72  # an inch
_QUALITY: Final = 90  # of the JPEGs in a scanner's PDF; it does not improve a compressed page


def add_noise(image: Image.Image, random: Random) -> Image.Image:
    """Return the image as from an office scanner: slightly blurred, with specks."""
    soft = np.asarray(image.filter(ImageFilter.GaussianBlur(0.7)), dtype=np.float32)
    grain = np.random.default_rng(random.getrandbits(32)).normal(0, 14, soft.shape)
    return Image.fromarray(np.clip(soft * 0.86 + 24 + grain, 0, 255).astype(np.uint8))


def skew(image: Image.Image, random: Random) -> Image.Image:
    """Return a noisy image that is also skewed."""
    return add_noise(image.rotate(random.choice((-1.6, 2.0)), Image.Resampling.BICUBIC, fillcolor=255), random)


def compress(image: Image.Image, _random: Random) -> Image.Image:
    """Return the image after strong JPEG compression."""
    out = BytesIO()
    image.save(out, "JPEG", quality=35)
    return Image.open(out).convert("L")


def render_pages(pdf: bytes) -> list[Image.Image]:
    """Return the pages of a PDF as pictures in gray."""
    document = pypdfium2.PdfDocument(pdf)
    pages = [page.render(scale=DPI / _POINTS, grayscale=True).to_pil().convert("L") for page in document]
    document.close()
    return pages


def scan_pdf(pdf: bytes, wear: Wear, random: Random) -> bytes:
    """Return a PDF whose pages are pictures of these."""
    first, *others = [wear(page, random) for page in render_pages(pdf)]
    out = BytesIO()
    first.save(out, "PDF", save_all=True, append_images=others, resolution=DPI, quality=_QUALITY)
    return out.getvalue()
