"""A whole document that lies in S3: Textract fetches it there, reads all of it, and is asked for the answer meanwhile.

It charges for every page, those that carry their text too, and is reckoned to take a minute however few they are. A
page by itself costs a quarter of a second of our processor and is reckoned to be answered in three to five, and eight
are on their way at a time: so this pays off from about a hundred pages on, if nearly all of them are to be read.

It is started once. The number of the start is kept; a worker that dies before that starts with the same token again,
and Textract gives it the same number.
"""

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Any, Final

from contract.codes import Code
from contract.result import MediaType, Original, PageText, Reference
from durable.children import Limits
from durable.errors import PermanentError
from worker.documents.child import limited
from worker.documents.ocr import Scan, page
from worker.documents.pages import Carried
from worker.documents.recognition import OpenFile, UnfitError
from worker.ledger import Ledger, bill_pages, key_of
from worker.patience import LaterError
from worker.store import S3Object

from .answer import PARTIAL, Answer, FlawError, Gathered
from .client import Textract
from .drawing import Sheet, measure
from .sight import sight_of
from .single import VERSION, whole

MANY: Final = 100  # pages
_WASTE: Final = 0.1  # of the pages may be paid for although they carry their text
_KINDS: Final = {MediaType.PDF, MediaType.TIFF}
_BYTES: Final = 500 * 2**20  # it takes no more
_PAGES: Final = 3_000  # as above
_BLOCKS: Final = 1_000  # of a piece of the answer; there are no larger ones
_PAUSES: Final = (5.0, 10.0, 15.0)  # seconds between looks: together what may be waited in memory
_LATER: Final = 60.0  # seconds that are slept durably
_MEASURING: Final = Limits(memory=768 * 2**20, cpu=20, wall=240)  # as a survey
_FEATURE: Final = "StartDocumentTextDetection"
_UNDER_WAY: Final = "IN_PROGRESS"
_FAILED: Final = "FAILED"
_READ: Final = {"SUCCEEDED", PARTIAL}
_UNFIT: Final = {Code.UNSUPPORTED, Code.DAMAGED, Code.TOO_LARGE}

type Where = Callable[[Reference], S3Object | None]


class WholeDocuments:
    """Reads what lies in the store; `where` says where that is for AWS."""

    def __init__(self, textract: Textract, ledger: Ledger, where: Where) -> None:
        self._textract: Final = textract
        self._ledger: Final = ledger
        self._where: Final = where

    def suits(self, original: Original, carried: Carried) -> bool:
        """Whether it is worth it, and possible: of a locked or repaired document Textract sees something else."""
        is_fit = original.media_type in _KINDS and not carried.locked and not carried.repaired
        is_small = original.reference.size <= _BYTES and carried.pages <= _PAGES
        is_worth_it = len(carried.unread) >= max(MANY, (1 - _WASTE) * carried.pages)
        return is_fit and is_small and is_worth_it and self._where(original.reference) is not None

    async def read(self, original: Original, pages: tuple[int, ...], open_file: OpenFile) -> list[PageText]:
        """Return those of the pages that are in the answer, once that is there."""
        answer = await self._answered(original)
        async with open_file() as file:
            scan = Scan(path=str(file), media_type=original.media_type, pages=pages)
            sheets = await limited(measure, scan, _MEASURING)
        return await asyncio.to_thread(_pages, sheets, answer)

    async def _answered(self, original: Original) -> Answer:
        key = key_of("textract", _FEATURE, VERSION, original.reference.sha256)
        paid = await self._ledger.once(key, partial(self._ask, original.reference))
        answer = whole(await asyncio.to_thread(Answer.model_validate_json, paid.answer))
        bill_pages(len(answer.pages) if paid.is_billed else 0)
        return answer

    async def _ask(self, reference: Reference, _request: str) -> bytes:
        number, pauses = await self._number(reference), iter(_PAUSES)
        while (first := await self._piece(number)).get("JobStatus") == _UNDER_WAY:
            pause = next(pauses, None)
            if pause is None:
                raise LaterError(Code.RECOGNIZER_UNAVAILABLE, "Textract is still reading the document", _LATER)
            await self._textract.pause(pause)
        answer = await self._gathered(number, first)
        return (await asyncio.to_thread(answer.model_dump_json)).encode()  # of a thousand pages it takes a second

    async def _number(self, reference: Reference) -> str:
        place = self._where(reference)
        assert place, "such a document is never sent here"
        # Where it is belongs to the token: Textract refuses one that comes again with another place.
        token = key_of("textract", _FEATURE, VERSION, place.bucket, place.name, reference.sha256)
        started = await self._ledger.once(token, partial(self._start, place, token))
        return started.answer.decode()

    async def _start(self, place: S3Object, token: str, _request: str) -> bytes:
        location = {"S3Object": {"Bucket": place.bucket, "Name": place.name}}
        try:
            started = await self._textract.ask(
                "start_document_text_detection", DocumentLocation=location, ClientRequestToken=token
            )
        except PermanentError as exc:
            if exc.code in _UNFIT:
                raise UnfitError(exc.message) from exc
            raise
        if "JobId" not in started:
            raise PermanentError(Code.RECOGNIZER_ANSWER, "Textract has started a document and gives no number for it")
        return str(started["JobId"]).encode()

    async def _piece(self, number: str, token: str | None = None) -> dict[str, Any]:
        more = {"NextToken": token} if token else {}
        return await self._textract.ask("get_document_text_detection", JobId=number, MaxResults=_BLOCKS, **more)

    async def _gathered(self, number: str, piece: dict[str, Any]) -> Answer:
        status = piece.get("JobStatus")
        if status == _FAILED:
            raise UnfitError(str(piece.get("StatusMessage") or "it does not say why"))
        if status not in _READ:
            return Answer(flaw=f"a document cannot be {status}")
        gathered = Gathered()
        try:
            while True:
                await asyncio.to_thread(gathered.add, piece)
                token = piece.get("NextToken")
                if not token:
                    return gathered.answer()
                piece = await self._piece(number, token)
        except FlawError as flaw:
            return Answer(flaw=str(flaw))


def _pages(sheets: list[Sheet], answer: Answer) -> list[PageText]:
    return [
        page(sheet.number, sight_of(answer.pages[sheet.number], sheet.size), sheet.carried)
        for sheet in sheets
        if sheet.number in answer.pages
    ]
