"""What a document of 500 pages costs beside its recognition: requests, bytes on the wire, and time."""

import os
from io import BytesIO
from typing import Final

from reportlab.pdfgen.canvas import Canvas  # type: ignore[import-untyped] # it has no types

from local import site
from local.server_process import EmbeddedProgram, ServerProgram, find_real_program

from .ending import end_in_order
from .long import scene
from .report import table
from .scale import Scale

PAGES: Final = 500
SCANNED: Final = (0, 100, PAGES)
_PATIENCE: Final = 300.0
_HEADER: Final = ("server", "pages", "of them scanned", "workers", "parts", "requests", "kB sent", "kB received", "s")


def pages(scale: Scale) -> str:
    """A document of 500 pages through workers whose recognition takes no time: requests and bytes on the wire."""
    end_in_order()
    programs = [
        server_program for server_program in (EmbeddedProgram(), find_real_program(os.environ)) if server_program
    ]
    documents = {f"{scanned}.pdf": document(scanned) for scanned in SCANNED}
    with site.serve_documents(documents) as place:
        rows = [
            _row(server_program, place, scanned, workers)
            for server_program in programs for scanned in SCANNED for workers in scale.workers
        ]  # fmt: skip
    return table(_HEADER, rows)


def _row(server_program: ServerProgram, place: site.Site, scanned: int, workers: int) -> tuple[str, ...]:
    with scene(server_program, place.host, program="bench.reader", workers=workers) as running:
        took = running.read(place.url(f"{scanned}.pdf"), patience=_PATIENCE)
    wire = (str(took.requests), f"{took.sent / 1000:.0f}", f"{took.received / 1000:.0f}")
    return (server_program.name, str(PAGES), str(scanned), str(workers), str(took.parts), *wire, f"{took.seconds:.1f}")


def document(scanned: int) -> bytes:
    """Return a PDF whose pages carry text, but for so many, which carry nothing."""
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
