"""Page by page: drawn in a child, sent from here, each paid for once. It is how Textract stands in for a recognition.

What one page fails with stops no other that is on its way: its answer is paid for, and kept for the next try.
"""

import asyncio
import hashlib
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from contract.codes import Code
from contract.reading import PageText
from durable import Limits, PermanentError, most_severe
from worker.costs.ledger import Ledger, bill_pages, key_of
from worker.documents.child import limited
from worker.documents.ocr import Scan, page

from .answer import Answer, answer_of, is_useful
from .client import Textract
from .drawing import Drawing, Sheet, draw
from .sight import sight_of

_VERSION: Final = "2018-06-27"  # of its API
_FEATURE: Final = "DetectDocumentText"
# A page takes a quarter of a second. The memory is for pictures of 120 million pixels on one.
_DRAWING: Final = Limits(memory=1_024 * 2**20, cpu=80, wall=320)


class SinglePages:
    """Sees pages as `worker.documents.pages.See` does."""

    def __init__(self, textract: Textract, ledger: Ledger) -> None:
        self._textract: Final = textract
        self._ledger: Final = ledger

    async def __call__(self, scan: Scan) -> list[PageText]:
        """Return these pages."""
        with await asyncio.to_thread(_folder_beside, scan.path) as folder:
            sheets = await limited(draw, Drawing(scan=scan, folder=folder), _DRAWING)
            found = await asyncio.gather(*map(self._seen, sheets), return_exceptions=True)
        return list(_read(found))

    async def _seen(self, sheet: Sheet) -> PageText:
        if sheet.file is None:
            return page(sheet.number, sight_of((), sheet.size), sheet.carried)
        picture = await asyncio.to_thread(Path(sheet.file).read_bytes)
        key = key_of("textract", _FEATURE, _VERSION, hashlib.sha256(picture).hexdigest())
        paid = await self._ledger.once(key, partial(self._ask, picture), is_useful)
        bill_pages(1, paid)
        answer = Answer.model_validate_json(paid.answer)
        if answer.flaw is not None:
            raise PermanentError(Code.RECOGNIZER_ANSWER, f"what Textract answered is no answer: {answer.flaw}")
        return page(sheet.number, sight_of(answer.lines, sheet.size), sheet.carried)

    async def _ask(self, picture: bytes, _request: str) -> bytes:
        response = await self._textract.ask("detect_document_text", Document={"Bytes": picture})
        return answer_of(response).model_dump_json().encode()


def _folder_beside(path: str) -> TemporaryDirectory[str]:
    return TemporaryDirectory(prefix="sheets-", dir=Path(path).parent)


def _read(found: Iterable[PageText | BaseException]) -> Iterable[PageText]:
    """Give the pages, or raise what stands in the way, above all what no other try would change."""
    errors = [one for one in found if isinstance(one, BaseException)]
    if errors:
        raise most_severe(errors)
    return (one for one in found if isinstance(one, PageText))
