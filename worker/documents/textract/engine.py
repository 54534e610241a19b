"""Read pages one by one with Textract: render each in a child process, send it from this process, and pay for it once.

A page that fails stops no other page of its batch: their answers are paid for, and kept for the next attempt.
"""

import asyncio
import hashlib
from collections.abc import Iterable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Final

from contract.codes import Code
from contract.reading import PageText
from durable import PermanentError, most_severe
from worker.adapters.temporary_folder import temporary_folder
from worker.costs.ledger import Ledger, bill_pages
from worker.costs.request_key import key_of
from worker.documents.document_reader import run_document_child
from worker.documents.ocr import OcrRequest, PageLimits, to_page_text

from .answer import TextractAnswer, is_useful, parse_answer
from .client import Textract
from .ocr_result import to_ocr_result
from .page_images import PageImage, RenderRequest, render_pages

_API_VERSION: Final = "2018-06-27"
_OPERATION: Final = "DetectDocumentText"
_RENDER_BYTES: Final = 1_024 * 2**20  # for images of 120 million pixels on one page
_PAGE_LIMITS: Final = PageLimits(recognize=5, wall=100.0)  # to write the image of a page takes a quarter of a second


class TextractEngine:
    """An OCR engine as `worker.documents.document_reader.RecognizePages` describes it."""

    def __init__(self, textract: Textract, ledger: Ledger) -> None:
        self._textract: Final = textract
        self._ledger: Final = ledger

    async def __call__(self, request: OcrRequest) -> list[PageText]:
        """Return the text of the pages."""
        parent = Path(request.path).parent
        limits = _PAGE_LIMITS.of_child(len(request.pages), memory=_RENDER_BYTES)
        async with temporary_folder("page-images-", parent=parent) as folder:
            limited = replace(request, limits=_PAGE_LIMITS)
            rendering = RenderRequest(pages=limited, folder=str(folder))
            images = await run_document_child(render_pages, rendering, limits, folder=parent)
            results = await asyncio.gather(*map(self._recognize, images), return_exceptions=True)
        return list(_pages_or_error(results))

    async def _recognize(self, image: PageImage) -> PageText:
        if image.file is None:
            return to_page_text(image.number, to_ocr_result((), image.size), image.layer_text)
        content = await asyncio.to_thread(Path(image.file).read_bytes)
        key = key_of("textract", _OPERATION, _API_VERSION, hashlib.sha256(content).hexdigest())
        paid = await self._ledger.pay_once(key, partial(self._call, content), is_useful)
        bill_pages(1, paid)
        answer = TextractAnswer.model_validate_json(paid.answer)
        if answer.flaw is not None:
            raise PermanentError(Code.OCR_ANSWER, f"Textract returned an invalid answer: {answer.flaw}")
        return to_page_text(image.number, to_ocr_result(answer.lines, image.size), image.layer_text)

    async def _call(self, content: bytes, _request_id: str) -> bytes:
        response = await self._textract.call("detect_document_text", Document={"Bytes": content})
        return parse_answer(response).model_dump_json().encode()


def _pages_or_error(results: Iterable[PageText | BaseException]) -> Iterable[PageText]:
    """Return the pages, or raise the most severe error: first of all one that no retry would change."""
    errors = [one for one in results if isinstance(one, BaseException)]
    if errors:
        raise most_severe(errors)
    return (one for one in results if isinstance(one, PageText))
