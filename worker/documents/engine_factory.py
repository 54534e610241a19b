"""Open the chosen OCR engine: a child process for each batch of pages, or Textract.

Only the chosen engine is imported and kept in memory: with Textract no child process loads a model.
"""

from contract.engines import OcrEngine
from worker.adapters.object_store import Store
from worker.costs.ledger import Ledger

from .document_reader import RecognizePages, recognize_in_child
from .ocr_engines import OcrChoice


def open_engine(choice: OcrChoice, store: Store) -> RecognizePages:
    """Return the engine; the store keeps the answers that were paid for."""
    if choice.engine is not OcrEngine.TEXTRACT:
        return recognize_in_child
    from .textract.client import Textract, open_client  # noqa: PLC0415 see above
    from .textract.engine import TextractEngine  # noqa: PLC0415

    return TextractEngine(Textract(open_client()), Ledger(store))
