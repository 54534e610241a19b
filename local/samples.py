"""Makes sample documents: a digital invoice, a scanned contract, a report, and a long dossier.

The dossier is a report of many pages with scanned letters between them. Every name and figure is invented.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from io import BytesIO
from itertools import batched
from random import Random
from typing import Final

from PIL import Image, ImageDraw, ImageFilter, ImageFont
from reportlab.lib.pagesizes import A4  # type: ignore[import-untyped] # it has no types
from reportlab.pdfgen.canvas import Canvas  # type: ignore[import-untyped] # as above

_MARGIN: Final = 56  # points
_DPI: Final = 200
_INK: Final = 40  # gray, as of a printer low on toner
_NOISE_SHARE: Final = 0.02  # the share of the pixels that are noise
_ROWS_PER_PAGE: Final = 34  # rows of a report

ITEMS: Final = (
    ("Hydraulic hose 3/8 in", 40, 1_850),
    ("Stainless bearing 6204-ZZ", 120, 740),
    ("On-site inspection, per day", 2, 68_000),
    ("Freight surcharge", 1, 12_450),
)
CONTRACT: Final = (
    "SERVICES AGREEMENT",
    "",
    "This agreement is made between Halden Instruments GmbH",
    "and Quillon & Sons LLC on 1 February 2026.",
    "",
    "1. The supplier calibrates the measuring devices of the",
    "customer once in every quarter, at the customer's site.",
    "2. The customer pays within thirty days of each invoice.",
    "3. Either party may end this agreement with a notice of",
    "ninety days in writing.",
    "4. This agreement expires on 31 January 2028.",
    "",
    "Signed in Westport",
)
_THEMES: Final = ("the northern plant", "the freight contracts", "the calibration laboratory", "the spare parts store")
_EVENTS: Final = (
    "The review of {} found no delay that would touch deliveries to customers.",
    "Work on {} went on as planned and cost less than the budget foresaw.",
    "Management expects that {} will need two more people before the summer.",
    "An audit of {} led to three small changes, all of which are in place.",
)


def make_invoice() -> bytes:
    """Return a digital PDF of one page."""

    def draw(canvas: Canvas) -> None:
        width, height = A4
        canvas.setFont("Helvetica-Bold", 16)
        canvas.drawString(_MARGIN, height - 62, "Brightwater Logistics Ltd")
        canvas.drawRightString(width - _MARGIN, height - 62, "INVOICE")
        canvas.setFont("Helvetica", 10)
        head = ("17 Harbour Street, Westport", "", "Bill to: Morrow Hydraulics AG", "Invoice number: INV-2026-00417")
        rows = [*((text, "") for text in (*head, "Invoice date: 14 March 2026", "")), ("Description", "Amount")]
        rows += [(f"{name}, {count} x {cents / 100:.2f}", _format_money(count * cents)) for name, count, cents in ITEMS]
        net = sum(count * cents for _, count, cents in ITEMS)
        rows += [("Subtotal", _format_money(net)), ("VAT 19%", _format_money(net * 19 // 100))]
        rows += [("Total EUR", _format_money(net + net * 19 // 100)), ("", ""), ("Payment terms: 30 days net.", "")]
        for row, (text, amount) in enumerate(rows):
            y = height - 110 - 18 * row
            canvas.drawString(_MARGIN, y, text)
            canvas.drawRightString(width - _MARGIN, y, amount)
        canvas.showPage()

    return _draw_pdf(draw)


def make_contract() -> bytes:
    """Return a PDF whose one page is a picture, tilted and noisy as from a scanner."""
    return images_to_pdf(draw_scan(CONTRACT))


def make_report(pages: int = 4) -> bytes:
    """Return a digital PDF of several pages."""
    random = Random(7)
    lines = ["Quarterly Report Q3 2026", "Kestrel Freight S.A.", ""]
    lines += ["Revenue rose to EUR 12.4 million, and the operating margin was 8.1%.", ""]
    while len(lines) < pages * _ROWS_PER_PAGE:
        lines += [random.choice(_EVENTS).format(random.choice(_THEMES)) for _ in range(5)] + [""]

    def draw(canvas: Canvas) -> None:
        for number, rows in enumerate(batched(lines[: pages * _ROWS_PER_PAGE], _ROWS_PER_PAGE, strict=False), start=1):
            canvas.setFont("Helvetica", 11)
            for row, text in enumerate(rows):
                canvas.drawString(_MARGIN, A4[1] - 70 - 20 * row, text)
            canvas.drawRightString(A4[0] - _MARGIN, 40, f"Page {number}")
            canvas.showPage()

    return _draw_pdf(draw)


def make_dossier(pages: int = 30, scanned: int = 8) -> bytes:
    """Return a PDF of many pages, with scanned ones spread among the others."""
    import pikepdf  # noqa: PLC0415 - it takes a tenth of a second, and no other sample needs it

    whole = pikepdf.open(BytesIO(make_report(pages - scanned)))
    letters = [
        draw_scan([f"Enclosure {number} of {scanned}", *CONTRACT[2:7]], width=900) for number in range(1, scanned + 1)
    ]
    pictures = pikepdf.open(BytesIO(images_to_pdf(*letters)))
    for number, page in enumerate(pictures.pages):
        whole.pages.insert(number * pages // scanned + 2, page)
    out = BytesIO()
    whole.save(out)
    return out.getvalue()


def draw_scan(lines: Sequence[str], *, skew: float = 0.7, width: int = 1_100) -> Image.Image:
    """Return a picture of a page with these lines; `skew` is in degrees."""
    page = Image.new("L", (width, 120 + 52 * len(lines)), 255)
    draw, font = ImageDraw.Draw(page), ImageFont.load_default(30)
    for row, text in enumerate(lines):
        draw.text((90, 60 + 52 * row), text, fill=_INK, font=font)
    page = page.rotate(skew, Image.Resampling.BICUBIC, expand=True, fillcolor=255).filter(ImageFilter.GaussianBlur(0.6))
    random = Random(11)
    for _ in range(int(page.width * page.height * _NOISE_SHARE)):
        page.putpixel((random.randrange(page.width), random.randrange(page.height)), random.randrange(120, 256))
    return page


def images_to_pdf(*pictures: Image.Image) -> bytes:
    """Return a PDF with a picture on each page."""
    out = BytesIO()
    pictures[0].save(out, "PDF", resolution=_DPI, save_all=True, append_images=pictures[1:])
    return out.getvalue()


def _format_money(cents: int) -> str:
    return f"{cents / 100:,.2f}"


def _draw_pdf(draw: Callable[[Canvas], None]) -> bytes:
    out = BytesIO()
    canvas = Canvas(out, pagesize=A4, invariant=True)
    draw(canvas)
    canvas.save()
    return out.getvalue()


class _Documents(Mapping[str, bytes]):
    """The documents by file name. Each is made when it is first read: all of them take half a CPU second."""

    def __init__(self, **makers: Callable[[], bytes]) -> None:
        self._makers: Final = {f"{name}.pdf": cache(make) for name, make in makers.items()}

    def __getitem__(self, name: str) -> bytes:
        return self._makers[name]()

    def __iter__(self) -> Iterator[str]:
        return iter(self._makers)

    def __len__(self) -> int:
        return len(self._makers)


DOCUMENTS: Final[Mapping[str, bytes]] = _Documents(
    invoice=make_invoice, contract=make_contract, report=make_report, dossier=make_dossier
)
