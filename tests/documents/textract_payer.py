"""python -m tests.documents.textract_payer page|whole FOLDER [N]: one try of a worker at the document in the folder.

It prints the text. With a number, it stops for ever once so many answers are kept, before any of them is used, and says
so: there a test kills it.
"""

import asyncio
import sys
from pathlib import Path

from contract.reading import MediaType, Original
from tests.analysis.payer import Stopping
from worker.documents.ocr import Scan
from worker.documents.textract.client import Textract, open_client
from worker.documents.textract.single import SinglePages
from worker.documents.textract.whole import WholeDocuments
from worker.ledger import Ledger
from worker.steps.extract import at_hand
from worker.store import S3Object, Store

PAGES = (1, 2, 3)


async def read(how: str, folder: Path, ledger: Ledger, store: Store) -> str:
    file = folder / "document"
    if how == "page":
        scan = Scan(path=str(file), media_type=MediaType.PDF, pages=PAGES)
        pages = await SinglePages(Textract(open_client()), ledger)(scan)
    else:
        reference = await store.create("original.pdf", await asyncio.to_thread(file.read_bytes))
        original = Original(reference=reference, media_type=MediaType.PDF)
        whole = WholeDocuments(Textract(open_client()), ledger, lambda it: S3Object(bucket="bucket", name=it.key))
        pages = await whole.read(original, PAGES, lambda: at_hand(original, store))
    return "\f".join(page.text for page in pages)


def main(how: str, folder: str, last: str = "") -> None:
    store = Store.open((Path(folder) / "store").as_uri())
    ledger = Stopping(store, int(last)) if last else Ledger(store)
    sys.stdout.write(asyncio.run(read(how, Path(folder), ledger, store)))


if __name__ == "__main__":
    main(*sys.argv[1:])
