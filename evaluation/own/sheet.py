"""Pages as rows of positioned text, which can be drawn as a PDF or returned as plain text."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from io import BytesIO
from typing import Final

from reportlab.lib.pagesizes import A4  # type: ignore[import-untyped] # it has no types
from reportlab.pdfbase.pdfmetrics import stringWidth  # type: ignore[import-untyped] # as above
from reportlab.pdfgen.canvas import Canvas  # type: ignore[import-untyped] # as above

LEFT_MARGIN: Final = 50.0
RIGHT: Final = 545.0
MIDDLE: Final = 330.0
_TOP: Final = 790.0
_LEAD: Final = 16.0
_SIZE: Final = 10
_BOTTOM: Final = 60.0  # where a page ends


@dataclass(frozen=True)
class Cell:
    """Words whose start or end is at a position."""

    x: float
    text: str
    ends: bool = False


@dataclass
class Sheet:
    """Rows from the top down; a new page begins where the last one is full."""

    font: str = "Helvetica"
    pages: list[list[tuple[Cell, ...]]] = field(default_factory=lambda: [[]])

    def row(self, *cells: Cell) -> None:
        """Add a row."""
        if _TOP - _LEAD * len(self.pages[-1]) < _BOTTOM:
            self.pages.append([])
        self.pages[-1].append(cells)

    def line(self, text: str = "") -> None:
        """Add a row of one cell at the left."""
        self.row(Cell(LEFT_MARGIN, text))

    def pair(self, label: str, value: str, *, at: float = MIDDLE) -> None:
        """Add a label and a value at the right margin."""
        self.row(Cell(at, label), Cell(RIGHT, value, ends=True))

    def texts(self) -> list[str]:
        """Return the text of each page, row by row."""
        return ["\n".join(_text(row) for row in page if _text(row)) for page in self.pages]

    def pdf(self) -> bytes:
        """Return the pages as a PDF."""
        out = BytesIO()
        canvas = Canvas(out, pagesize=A4, invariant=True)
        for page in self.pages:
            canvas.setFont(self.font, _SIZE)
            for number, row in enumerate(page):
                self._draw(canvas, row, _TOP - _LEAD * number)
            canvas.showPage()
        canvas.save()
        return out.getvalue()

    def _draw(self, canvas: Canvas, row: Sequence[Cell], y: float) -> None:
        for cell in row:
            width = stringWidth(cell.text, self.font, _SIZE) if cell.ends else 0
            canvas.drawString(cell.x - width, y, cell.text)


def _text(row: Sequence[Cell]) -> str:
    return " ".join(cell.text for cell in sorted(row, key=lambda cell: cell.x) if cell.text)
