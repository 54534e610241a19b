"""A text layer keeps the order that its file has: docs/figures.md says why its words are not put in another one."""

from collections.abc import Iterable, Sequence
from io import BytesIO
from pathlib import Path

from reportlab.lib.pagesizes import A4  # type: ignore[import-untyped] # it has no types
from reportlab.pdfgen.canvas import Canvas  # type: ignore[import-untyped] # as above

from worker.documents.pdf import open_pdf

LEFT_LINES = [
    "The ferry left the harbour at noon",
    "with forty crates of lemons on deck",
    "and a crew of nine who knew the way",
]
RIGHT_LINES = [
    "Three days later the owner was told",
    "that the cargo had been sold at sea",
    "to a merchant who paid it in silver",
]
TABLE_ROWS = [
    ("Description", "Quantity", "Price"),
    ("Crate of lemons", "40", "12.50"),
    ("Freight to Genoa", "1", "75.00"),
]

type Placed = tuple[float, float, str]  # from the left, from the bottom, in points


def place(column: Iterable[str], x: float) -> list[Placed]:
    """Return the lines of a column from the top down."""
    return [(x, 700 - 14 * at, line) for at, line in enumerate(column)]


def read(folder: Path, placed: Iterable[Placed]) -> list[str]:
    """Write a page in this order, and return the lines of its text."""
    out = BytesIO()
    canvas = Canvas(out, pagesize=A4, invariant=True)
    for x, y, text in placed:
        canvas.drawString(x, y, text)
    canvas.save()
    (folder / "page.pdf").write_bytes(out.getvalue())
    with open_pdf(str(folder / "page.pdf")) as pdf:
        return pdf.text(1).split("\n")


def test_columns_that_a_file_writes_one_by_one_are_read_one_by_one(tmp_path: Path) -> None:
    """As typesetters write them, also when their lines stand on the same heights."""
    assert read(tmp_path, [*place(LEFT_LINES, 60), *place(RIGHT_LINES, 320)]) == [*LEFT_LINES, *RIGHT_LINES]


def place_rows(rows: Sequence[Sequence[str]]) -> list[Placed]:
    return [(60 + 240 * at, 700 - 14 * row, text) for row, cells in enumerate(rows) for at, text in enumerate(cells)]


def test_lines_that_a_file_writes_across_two_columns_are_read_across(tmp_path: Path) -> None:
    """It is the limit of text layers; recognized pages are read column by column."""
    rows = list(zip(LEFT_LINES, RIGHT_LINES, strict=True))
    assert read(tmp_path, place_rows(rows)) == [" ".join(cells) for cells in rows]


def test_cells_with_a_wide_gap_between_them_are_not_joined(tmp_path: Path) -> None:
    """The bounded text of pdfium lacked the blank between cells in the upper part of a page: `Genoa1`."""
    lines = read(tmp_path, place_rows(TABLE_ROWS))
    assert " ".join(lines).split() == " ".join(cell for row in TABLE_ROWS for cell in row).split()


def test_text_outside_the_page_is_not_read(tmp_path: Path) -> None:
    placed = [*place(LEFT_LINES, 60), (60, 900, "above the page"), (700, 600, "beside it")]
    assert read(tmp_path, placed) == LEFT_LINES
