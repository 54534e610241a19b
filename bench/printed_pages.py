"""Generated pages with known text, wears of their scans, and the accuracy of a reading.

The pages are random, from a seed, with fonts of the packages. Names and figures are invented.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from random import Random
from typing import Final

import numpy as np
import reportlab  # type: ignore[import-untyped] # it has no types
from PIL import Image, ImageDraw, ImageFilter
from reportlab.lib.pagesizes import A4  # type: ignore[import-untyped] # as above
from reportlab.pdfbase import pdfmetrics  # type: ignore[import-untyped] # as above
from reportlab.pdfbase.ttfonts import TTFont  # type: ignore[import-untyped] # as above
from reportlab.pdfgen.canvas import Canvas  # type: ignore[import-untyped] # as above

from evaluation.distance import error_rate, word_recall
from evaluation.own import wear
from evaluation.own.wear import Wear

FONTS: Final = ("Helvetica", "Times-Roman", "Courier", "Vera")
_MARGIN_POINTS: Final = 56
_PROSE: Final = (
    "the of and to in that for with as by on or from this which shall be not party agreement services provider client "
    "term notice payment obligations confidential information liability damages termination written consent reasonable "
    "performance schedule delivery warranty indemnify governing law effective date business days amount invoice due "
    "interest rate quarterly revenue increased margin operating segment customers growth market expected forecast "
    "capacity region annual production energy emissions target baseline reduction compared previous year average"
)
_WORDS: Final = tuple(_PROSE.split())
_FIRMS: Final = ("Halden Instruments GmbH", "Brightwater Logistics Ltd", "Quillon & Sons LLC", "Kestrel Freight S.A.")
_GOODS: Final = (
    "Stainless bearing 6204-ZZ",
    "Hydraulic hose 3/8 in",
    "Thermal paper rolls 80mm",
    "Pallet storage, per week",
    "Optical sensor M12",
    "Freight surcharge",
    "Replacement filter HX-90",
)


@dataclass(frozen=True)
class Run:
    """Words at a position, in points from the page's lower left corner."""

    x: float
    y: float
    text: str


@dataclass(frozen=True, kw_only=True)
class PrintedPage:
    """A page and its text."""

    name: str
    font: str
    size: float
    runs: tuple[Run, ...]

    @property
    def truth(self) -> str:
        """The text, line by line."""
        rows: dict[float, list[Run]] = {}
        for run in self.runs:
            rows.setdefault(run.y, []).append(run)
        return "\n".join(
            " ".join(run.text for run in sorted(rows[y], key=lambda run: run.x)) for y in sorted(rows, reverse=True)
        )


def make_pages(seed: int = 1) -> list[PrintedPage]:
    """Return an invoice, a contract and a report in each font."""
    pdfmetrics.registerFont(TTFont("Vera", Path(reportlab.__file__).parent / "fonts" / "Vera.ttf"))
    makers = (_invoice, _contract, _report)  # their names are part of the seeds
    return [make(Random(f"{seed}{font}{make.__name__}"), font) for make in makers for font in FONTS]


def _invoice(random: Random, font: str) -> PrintedPage:
    right = A4[0] - _MARGIN_POINTS
    rows = [("Invoice number:", f"INV-{random.randint(2021, 2026)}-{random.randint(1, 99_999):05d}")]
    rows += [("Invoice date:", f"{random.randint(1, 28):02d}/{random.randint(1, 12):02d}/2026"), ("Bill to", "")]
    rows += [(random.choice(_FIRMS), ""), (f"{random.randint(1, 99)} Mill Lane", ""), ("Description", "Amount")]
    total = 0
    for name in random.sample(_GOODS, 6):
        count, cents = random.randint(1, 40), random.randint(150, 99_999)
        total += count * cents
        rows.append((f"{name}, {count} x {cents / 100:,.2f}", f"{count * cents / 100:,.2f}"))
    rows += [("Subtotal", f"{total / 100:,.2f}"), ("VAT 19%", f"{total * 19 // 100 / 100:,.2f}")]
    rows += [("Total EUR", f"{(total + total * 19 // 100) / 100:,.2f}"), ("Payment terms: 30 days net.", "")]
    iban = " ".join(str(random.randint(1_000, 9_999)) for _ in range(5))
    rows += [(f"IBAN DE{random.randint(10, 99)} {iban}  BIC EXMPDEFFXXX", "")]
    runs = [
        Run(_MARGIN_POINTS, 780, "Brightwater Logistics Ltd"),
        Run(right - _measure_width("INVOICE", font, 10), 780, "INVOICE"),
    ]
    for row, (left, amount) in enumerate(rows):
        y = 740 - 18 * row
        runs.append(Run(_MARGIN_POINTS, y, left))
        if amount:
            runs.append(Run(right - _measure_width(amount, font, 10), y, amount))
    return PrintedPage(name=f"invoice {font}", font=font, size=10, runs=tuple(runs))


def _contract(random: Random, font: str) -> PrintedPage:
    one, other = random.sample(_FIRMS, 2)
    lines = ["SERVICES AGREEMENT", f"between {one} and {other}", ""]
    for number in range(1, 9):
        lines += _wrap(f"{number}. " + _make_prose(random, 4), font, 10)
        lines.append("")
    return _place_lines(f"contract {font}", font, 10, lines[:48])


def _report(random: Random, font: str) -> PrintedPage:
    lines = [f"Quarterly Operations Report Q{random.randint(1, 4)} 2026", ""]
    for number in range(1, 5):
        lines += [f"{number} Overview", "", *_wrap(_make_prose(random, 9), font, 9), ""]
    return _place_lines(f"report {font}", font, 9, lines[:54])


def _place_lines(name: str, font: str, size: float, lines: Sequence[str]) -> PrintedPage:
    runs = (Run(_MARGIN_POINTS, 790 - 1.4 * size * row, line) for row, line in enumerate(lines) if line)
    return PrintedPage(name=name, font=font, size=size, runs=tuple(runs))


def _make_prose(random: Random, sentences: int) -> str:
    text = []
    for _ in range(sentences):
        words = [random.choice(_WORDS) for _ in range(random.randint(7, 18))]
        words[random.randrange(len(words))] += random.choice(
            ("", ",", f" {random.randint(1, 99)}.{random.randint(0, 9)}%")
        )
        text.append(" ".join(words).capitalize() + ".")
    return " ".join(text)


def _wrap(text: str, font: str, size: float) -> list[str]:
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if _measure_width(longer, font, size) <= A4[0] - 2 * _MARGIN_POINTS:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def _measure_width(text: str, font: str, size: float) -> float:
    return float(pdfmetrics.stringWidth(text, font, size))


def make_pdf(*some: PrintedPage) -> bytes:
    """Return a digital PDF of the pages."""
    out = BytesIO()
    canvas = Canvas(out, pagesize=A4, invariant=True)
    for page in some:
        draw(canvas, page)
    canvas.save()
    return out.getvalue()


def draw(canvas: Canvas, page: PrintedPage) -> None:
    """Draw a page."""
    canvas.setFont(page.font, page.size)
    for run in page.runs:
        canvas.drawString(run.x, run.y, run.text)
    canvas.showPage()


def faint(image: Image.Image, random: Random) -> Image.Image:
    """Return the image like a photo in bad light: blurred, gray, darker on one side."""
    gray = np.asarray(image.filter(ImageFilter.GaussianBlur(1.1)), dtype=np.float32) * 0.45 + 105
    shade = np.linspace(1.0, 0.62, gray.shape[1])[None, :]
    grain = np.random.default_rng(random.getrandbits(32)).normal(0, 9, gray.shape)
    return Image.fromarray(np.clip(gray * shade + grain, 0, 255).astype(np.uint8))


def form(image: Image.Image, random: Random) -> Image.Image:
    """Return a scanned form: the image with a letterhead, a frame, rules and a stamp."""
    sheet = image.copy()
    draw, (width, height) = ImageDraw.Draw(sheet), image.size
    for n in range(12):
        draw.arc((width - 420 + 12 * n, 30, width - 250 + 12 * n, 110), 0, 360, fill=80, width=3)
    draw.rectangle((110, height - 280, width - 110, height - 120), outline=60, width=2)
    for y in range(height - 240, height - 120, 40):
        draw.line((110, y, width - 110, y), fill=60, width=2)
    x, y = width - random.randint(380, 520), height - 560
    draw.ellipse((x, y, x + 220, y + 220), outline=120, width=6)
    return wear.add_noise(sheet, random)


def clean(image: Image.Image, _random: Random) -> Image.Image:
    """Return the image unchanged."""
    return image


WEARS: Final[dict[str, Wear]] = {
    "clean": clean,
    "noisy": wear.add_noise,
    "askew": wear.skew,
    "squeezed": wear.compress,
    "faint": faint,
    "form": form,
}


def letter_error_rate(truth: str, read: str) -> float:
    """Return the share of wrong letters; spaces do not count."""
    return error_rate(read, truth)


def share_of_words_found(truth: str, read: str) -> float:
    """Return the share of words that were read exactly, anywhere on the page."""
    return word_recall(read, truth)
