"""Analyze: what the document says, and what a person should know before relying on it."""

from typing import Final

from contract.job import DocumentJob
from contract.result import Analysis, PageText, Text
from worker.analysis.analyzer import Analyzer
from worker.store import Store

from .extract import pages_at

_SURE: Final = 0.9  # recognition that is less sure of a page than this got words wrong
_MOST: Final = 20  # warnings: a checkpoint is small, and nobody reads more


async def analyze_document(job: DocumentJob, text: Text, *, analyzer: Analyzer, store: Store) -> Analysis:
    """Have the pages analyzed. Nothing is written, so a second run says the same again."""
    pages = await pages_at(text.reference, store)
    analysis = await analyzer(job.type, pages)
    return analysis.model_copy(update={"warnings": (*analysis.warnings, *_doubts(pages))[:_MOST]})


def _doubts(pages: tuple[PageText, ...]) -> list[str]:
    return [doubt for page in pages if (doubt := _doubt(page))]


def _doubt(page: PageText) -> str | None:
    if not page.text:
        return f"page {page.number} has no text"
    if page.confidence is not None and page.confidence < _SURE:
        return f"page {page.number} was hard to read (confidence {page.confidence:.2f})"
    return None
