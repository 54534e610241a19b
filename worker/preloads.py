"""The modules and models that each kind of child process has loaded when it is forked.

Functions are named, not imported: their modules load libraries that the worker itself does not need.
"""

from typing import Final

from contract.engines import OcrEngine
from durable import Preload

DOCUMENTS: Final = Preload(
    name="documents",
    works=(
        "worker.documents.survey:survey",
        "worker.documents.survey:read_text_layers",
        "worker.documents.page_drawing:draw_page",
        "worker.documents.textract.page_images:render_pages",
        "worker.analysis.rule_analysis:analyze_with_rules",
        "worker.analysis.quote_boxes:find_quotes",
    ),
    hooks=(("worker.documents.sample_document:read_sample",), ("worker.analysis.sample_analysis:analyze_sample",)),
)


def preload_ocr(engine: OcrEngine, tessdata: str, alphabet: str) -> Preload:
    """Return the preload of children that recognize pages with this engine: its models."""
    return Preload(
        name=engine,
        works=("worker.documents.ocr:recognize",),
        hooks=(("worker.documents.ocr:warm_up", engine, tessdata, alphabet),),
    )
