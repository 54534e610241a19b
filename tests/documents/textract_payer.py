"""python -m tests.documents.textract_payer FOLDER [N]: one try of a worker at the document in the folder.

It prints the text. With a number, it stops for ever once so many answers are kept, before any of them is used, and says
so: there a test kills it.
"""

import asyncio
import sys
from pathlib import Path

from contract.reading import MediaType
from tests.analysis.payer import PausingLedger
from worker.adapters.object_store import Store
from worker.costs.ledger import Ledger
from worker.documents.ocr import OcrRequest
from worker.documents.textract.client import Textract, open_client
from worker.documents.textract.engine import TextractEngine

PAGES = (1, 2, 3)


async def read(folder: Path, ledger: Ledger) -> str:
    scan = OcrRequest(path=str(folder / "document"), media_type=MediaType.PDF, pages=PAGES)
    pages = await TextractEngine(Textract(open_client()), ledger)(scan)
    return "\f".join(page.text for page in pages)


def main(folder: str, last: str = "") -> None:
    store = Store.open((Path(folder) / "store").as_uri())
    ledger = PausingLedger(store, int(last)) if last else Ledger(store)
    sys.stdout.write(asyncio.run(read(Path(folder), ledger)))


if __name__ == "__main__":
    main(*sys.argv[1:])
