"""python -m tests.documents.textract_worker FOLDER [N]: read the document in the folder once, and print its text.

With a number N, it stops for ever after N stored answers and before it uses any of them. It prints a line then, and the
test kills it.
"""

import asyncio
import sys
from pathlib import Path

from contract.reading import MediaType
from tests.analysis.pausing_ledger import PausingLedger
from worker.adapters.object_store import Store
from worker.costs.ledger import Ledger
from worker.documents.ocr import OcrRequest
from worker.documents.textract.client import Textract, open_client
from worker.documents.textract.engine import TextractEngine

PAGES = (1, 2, 3)


async def read_document(folder: Path, ledger: Ledger) -> str:
    scan = OcrRequest(path=str(folder / "document"), media_type=MediaType.PDF, pages=PAGES)
    pages = await TextractEngine(Textract(open_client()), ledger)(scan)
    return "\f".join(page.text for page in pages)


def main(folder: str, stop_after: str = "") -> None:
    store = Store.open((Path(folder) / "store").as_uri())
    ledger = PausingLedger(store, int(stop_after)) if stop_after else Ledger(store)
    sys.stdout.write(asyncio.run(read_document(Path(folder), ledger)))


if __name__ == "__main__":
    main(*sys.argv[1:])
