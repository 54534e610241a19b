"""A drawn scan with known text, the place of a quote in it, and how far a box is from that place."""

from dataclasses import dataclass
from math import cos, radians, sin
from typing import Final, Self

from PIL import Image, ImageDraw, ImageFont

from worker.documents.boxes import Box

FONT_PIXELS: Final = 34
QUOTE: Final = "Total 123.45"
ROWS: Final = (
    ("INVOICE 2026-417", ""),
    ("Calibration of one scale", "435.00"),
    (f"Sum and {QUOTE} in EUR", "82.65"),
)
TEXT: Final = "\n".join("  ".join(filter(None, row)) for row in ROWS)

type Point = tuple[float, float]


@dataclass(frozen=True)
class Scan:
    """A picture, and the corners of the quote in it."""

    image: Image.Image
    corners: list[Point]

    @classmethod
    def draw(cls) -> Self:
        """Draw the rows in two columns."""
        image = Image.new("L", (900, 360), 255)
        draw, font = ImageDraw.Draw(image), ImageFont.load_default(FONT_PIXELS)
        for number, row in enumerate(ROWS):
            for column, text in zip((70, 720), row, strict=True):
                draw.text((column, 70 + 80 * number), text, fill=20, font=font)
        before = draw.textlength("Sum and ", font=font)
        left, top, right, bottom = draw.textbbox((70 + before, 230), QUOTE, font=font)
        return cls(image, [(left, top), (right, top), (right, bottom), (left, bottom)])

    def turn(self, degrees: float) -> "Scan":
        """Return the scan turned to the left."""
        image = self.image.rotate(degrees, Image.Resampling.BICUBIC, expand=True, fillcolor=255)
        (x, y), (new_x, new_y) = ((side / 2 for side in one.size) for one in (self.image, image))
        c, s = cos(radians(degrees)), sin(radians(degrees))
        corners = [(new_x + (a - x) * c + (b - y) * s, new_y - (a - x) * s + (b - y) * c) for a, b in self.corners]
        return Scan(image, corners)

    def measure_error(self, found: Box | None) -> float:
        """Return the largest error of a side of the quote's box, in heights of the letters."""
        across, down = zip(*self.corners, strict=True)
        width, height = self.image.size
        truth = min(across) / width, min(down) / height, max(across) / width, max(down) / height
        return measure_error(found, truth, self.image.size, FONT_PIXELS)


def measure_error(found: Box | None, truth: Box, size: tuple[float, float], height: float) -> float:
    """Return the largest error of a side, in heights of the text."""
    assert found
    sides = enumerate(zip(found, truth, strict=True))
    return max(abs(one - true_side) * size[number % 2] for number, (one, true_side) in sides) / height
