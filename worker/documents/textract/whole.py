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
from contract.reading import MediaType, Original, PageText, Reference
from durable.errors import PermanentError, TemporaryError
from durable.limits import Limits
from worker.documents.child import limited
from worker.documents.ocr import Scan, page
from worker.documents.pages import Carried
from worker.documents.recognition import OpenFile, UnfitError
from worker.ledger import Ledger, bill_pages, key_of
from worker.patience import UNANSWERED
from worker.refusal import Facts, told
from worker.store import S3Object
from worker.writable import whole_text

from .answer import MOST_PAGES, PARTIAL, Answer, FlawError, Gathered, pages_told
from .client import Textract
from .drawing import Sheet, measure
from .sight import sight_of
from .single import VERSION

MANY: Final = 100  # pages
_WASTE: Final = 0.1  # of the pages may be paid for although they carry their text
_KINDS: Final = {MediaType.PDF, MediaType.TIFF}
_BYTES: Final = 500 * 2**20  # it takes no more
_BLOCKS: Final = 1_000  # of a piece of the answer; there are no larger ones
_PAUSES: Final = (5.0, 10.0, 15.0)  # seconds between looks: together what may be waited in memory
# What is slept durably until the next look: a share of the time that it took until now, so that nobody sees much too
# late that it is done. That is 66 looks and sleeps in a day: what a job has beside each other must stay little.
_SHARE: Final = 0.25
_SOONEST: Final = 30.0  # seconds
_LATEST: Final = 1_800.0  # as above
_MEASURING: Final = Limits(memory=768 * 2**20, cpu=20, wall=240)  # as a survey
_STRANGE: Final = 60.0  # seconds until the next look at what has a status that nobody knows
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
        is_small = original.reference.size <= _BYTES and carried.pages <= MOST_PAGES
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
        answer = await asyncio.to_thread(Answer.model_validate_json, paid.answer)
        bill_pages(len(answer.pages) or answer.charged, paid)
        if answer.flaw is not None:
            raise UnfitError(f"what Textract answered is no answer: {answer.flaw}")
        return answer

    async def _ask(self, reference: Reference, _request: str) -> bytes:
        (number, began), pauses = await self._start_of(reference), iter(_PAUSES)
        while (first := await self._piece(number)).get("JobStatus") == _UNDER_WAY:
            since = self._textract.now() - began
            pause = next(pauses, None) if since < sum(_PAUSES) else None
            if pause is None:
                after = min(max(_SHARE * since, _SOONEST), _LATEST)
                message = "Textract is still reading the document"
                raise TemporaryError(Code.RECOGNIZER_UNAVAILABLE, message, after=after, is_exact=True)
            await self._textract.pause(pause)
        answer = await self._gathered(number, first)
        return (await asyncio.to_thread(answer.model_dump_json)).encode()  # of a thousand pages it takes a second

    async def _start_of(self, reference: Reference) -> tuple[str, float]:
        """Start it, or return the number of the start and when that was."""
        place = self._where(reference)
        assert place, "such a document is never sent here"
        # Where it is belongs to the token: Textract refuses one that comes again with another place.
        token = key_of("textract", _FEATURE, VERSION, place.bucket, place.name, reference.sha256)
        started = await self._ledger.once(token, partial(self._start, place, token))
        number, _, began = started.answer.decode().partition(" ")
        return number, float(began) if began else self._textract.now()  # once, nobody noted it

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
            raise UnfitError("Textract has started it and gives no number for it")
        return f"{whole_text(str(started['JobId']))} {self._textract.now():.3f}".encode()

    async def _piece(self, number: str, token: str | None = None) -> dict[str, Any]:
        more = {"NextToken": token} if token else {}
        return await self._textract.ask("get_document_text_detection", JobId=number, MaxResults=_BLOCKS, **more)

    async def _gathered(self, number: str, piece: dict[str, Any]) -> Answer:
        status = str(piece.get("JobStatus"))
        if status not in _READ:
            raise _unread(status, str(piece.get("StatusMessage") or ""))
        gathered, pages = Gathered(), pages_told(piece)
        try:
            while True:
                await asyncio.to_thread(gathered.add, piece)
                token = piece.get("NextToken")
                if not token:
                    return gathered.answer()
                piece = await self._piece(number, token)
        except FlawError as flaw:
            return Answer(flaw=str(flaw), charged=pages)


def _unread(status: str, why: str) -> Exception:
    """Return what it means that a document is neither read nor being read."""
    fact = told(f"{status} {why}", Facts(names=[why] if status == _FAILED else [status]))
    if status == _FAILED:
        return UnfitError(f"Textract cannot read it ({fact or 'it does not say why'})")
    message = f"Textract says what nobody knows of a document ({fact or 'no word'})"
    return TemporaryError(Code.RECOGNIZER_UNAVAILABLE, message, after=_STRANGE, tries=UNANSWERED)


def _pages(sheets: list[Sheet], answer: Answer) -> list[PageText]:
    return [
        page(sheet.number, sight_of(answer.pages[sheet.number], sheet.size), sheet.carried)
        for sheet in sheets
        if sheet.number in answer.pages
    ]
