"""Find the box of each quote on its page.

Boxes are optional: if they cannot be found, the result has a warning instead.
"""

from collections.abc import Sequence

from contract.analysis import Analysis, Evidence, Finding
from contract.job import DocumentJob
from contract.reading import MediaType, Original, PageText, TextSource
from durable import JobError
from worker.adapters.object_store import Store
from worker.analysis.quote_boxes import SEARCH_LIMITS, PageQuote, PageWords, QuoteSearch, find_quotes
from worker.documents.boxes import Box, Word, unpack_boxes
from worker.documents.document_reader import run_document_child

from .stored_pages import local_copy

type Boxes = dict[PageQuote, Box | None]


async def add_boxes(
    job: DocumentJob, original: Original, analysis: Analysis, pages: Sequence[PageText], *, store: Store
) -> Analysis:
    """Return the analysis with boxes."""
    quotes = {_quote(one.evidence) for one in analysis.findings if one.evidence.verified}
    boxes = _find_among_boxes(quotes, pages)
    others = {page.number for page in pages if page.source is TextSource.TEXT_LAYER and not page.boxes}
    rest = sorted((one for one in quotes if one.page in others), key=lambda one: (one.page, one.text))
    if not rest or original.media_type is not MediaType.PDF:
        return _with_boxes(analysis, boxes)
    try:
        return _with_boxes(analysis, boxes | await _find_in_text_layer(job, original, rest, store))
    except JobError as exc:  # even if the child was killed: the analysis was paid for
        warning = f"the boxes of the evidence could not be found: {exc.message}"
        return _with_boxes(analysis, boxes).model_copy(update={"warnings": (*analysis.warnings, warning)})


def _find_among_boxes(quotes: set[PageQuote], pages: Sequence[PageText]) -> Boxes:
    """Return the boxes on pages whose words have theirs."""
    wanted = {quote.page for quote in quotes}
    known = {page.number: PageWords(_list_words(page)) for page in pages if page.boxes and page.number in wanted}
    return {quote: known[quote.page].box(quote.text) for quote in quotes if quote.page in known}


def _list_words(page: PageText) -> list[Word]:
    return [Word(text, box) for text, box in zip(page.text.split(), unpack_boxes(page.boxes or ""), strict=True)]


async def _find_in_text_layer(job: DocumentJob, original: Original, quotes: list[PageQuote], store: Store) -> Boxes:
    async with local_copy(original, store) as file:
        search = QuoteSearch(path=str(file), quotes=tuple(quotes), password=job.document_password)
        found = await run_document_child(find_quotes, search, SEARCH_LIMITS, folder=file.parent)
    return dict(zip(quotes, found, strict=True))


def _with_boxes(analysis: Analysis, boxes: Boxes) -> Analysis:
    return analysis.model_copy(update={"findings": tuple(_with_box(one, boxes) for one in analysis.findings)})


def _with_box(finding: Finding, boxes: Boxes) -> Finding:
    box = boxes.get(_quote(finding.evidence)) if finding.evidence.verified else None
    return finding.model_copy(update={"evidence": finding.evidence.model_copy(update={"box": box})})


def _quote(evidence: Evidence) -> PageQuote:
    return PageQuote(evidence.page, evidence.quote)
