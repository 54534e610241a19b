"""The cost of a document of 500 pages without its OCR: requests, bytes on the wire, and time."""

from io import BytesIO
from typing import Final

from reportlab.pdfgen.canvas import Canvas  # type: ignore[import-untyped] # it has no types

from local import site
from local.server_process import ServerProgram

from .document_run import open_system
from .report import format_table
from .scale import Scale
from .server import list_servers

PAGES: Final = 500
SCANNED_PAGES: Final = (0, 100, PAGES)
_TIMEOUT_SECONDS: Final = 300.0
_HEADER: Final = ("server", "pages", "of them scanned", "workers", "parts", "requests", "kB sent", "kB received", "s")


def measure_pages(scale: Scale) -> str:
    """A document of 500 pages through workers whose OCR takes no time: requests and bytes on the wire."""
    contents = {f"{scanned}.pdf": make_document(scanned) for scanned in SCANNED_PAGES}
    with site.serve_documents(contents) as documents:
        rows = [
            _make_row(server_program, documents, scanned, workers)
            for server_program in list_servers() for scanned in SCANNED_PAGES for workers in scale.workers
        ]  # fmt: skip
    return format_table(_HEADER, rows)


def _make_row(server_program: ServerProgram, documents: site.Site, scanned: int, workers: int) -> tuple[str, ...]:
    with open_system(server_program, documents.host, program="bench.instant_ocr_worker", workers=workers) as system:
        cost = system.run_job(documents.url(f"{scanned}.pdf"), timeout=_TIMEOUT_SECONDS)
    wire = (str(cost.requests), f"{cost.sent / 1000:.0f}", f"{cost.received / 1000:.0f}")
    return (server_program.name, str(PAGES), str(scanned), str(workers), str(cost.parts), *wire, f"{cost.seconds:.1f}")


def make_document(scanned: int) -> bytes:
    """Return a PDF of pages with text, except for a number of empty pages."""
    out = BytesIO()
    canvas = Canvas(out)
    every = PAGES // scanned if scanned else PAGES + 1
    for number in range(PAGES):
        if number % every:
            canvas.drawString(50, 700, f"This is page {number}, and it carries enough text to be taken as it is.")
        elif not scanned:
            canvas.drawString(50, 700, "This page carries enough text to be taken as it is, as all of them do.")
        canvas.showPage()
    canvas.save()
    return out.getvalue()
