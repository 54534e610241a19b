"""Analyze: what the document says, and what a person should know before relying on it."""

from typing import Final

from contract.job import DocumentJob
from contract.result import Analysis, Original, PageText, Text, Use
from worker.analysis.analyzer import Analyzer
from worker.costs.metering import METER, Meter, Seconds
from worker.costs.prices import Rates
from worker.ledger import billed_to
from worker.store import Store

from .extract import pages_at
from .place import place_evidence

_SURE: Final = 0.9  # recognition that is less sure of a page than this got words wrong
_UNPRICED: Final = "what {analyzer} costs is not known: say in LLM_PRICES what a million tokens cost, read and written"
_MOST: Final = 20  # warnings: a checkpoint is small, and nobody reads more


async def analyze_document(  # noqa: PLR0913 what it reaches is said by name
    job: DocumentJob, original: Original, text: Text, *, analyzer: Analyzer, store: Store, meter: Meter = METER
) -> Analysis:
    """Have the pages analyzed. Nothing is written, so a second run says the same again."""
    seconds = meter.started()
    pages = await pages_at(text.reference, store)
    with billed_to(job.job_id):
        analysis = await analyzer(job.type, tuple(page.model_copy(update={"boxes": None}) for page in pages))
    return await finished(job, original, pages, analysis, store=store, seconds=seconds, rates=meter.rates)


async def finished(  # noqa: PLR0913 what it is made of is said by name
    job: DocumentJob,
    original: Original,
    pages: tuple[PageText, ...],
    analysis: Analysis,
    *,
    store: Store,
    seconds: Seconds,
    rates: Rates,
) -> Analysis:
    """Return the analysis with what the analyzer cannot know: places on the pages, its price, and what to doubt."""
    analysis = await place_evidence(job, original, analysis, pages, store=store)
    analysis = _priced(analysis, seconds(), rates)
    return analysis.model_copy(update={"warnings": (*analysis.warnings, *_doubts(pages))[:_MOST]})


def _priced(analysis: Analysis, seconds: float, rates: Rates) -> Analysis:
    cost = rates.of_tokens(analysis.use)
    use = analysis.use + Use(seconds=seconds, cost_usd=cost or 0.0)
    warnings = (_UNPRICED.format(analyzer=analysis.analyzer), *analysis.warnings) if cost is None else analysis.warnings
    return analysis.model_copy(update={"use": use, "is_priced": cost is not None, "warnings": warnings})


def _doubts(pages: tuple[PageText, ...]) -> list[str]:
    return [doubt for page in pages if (doubt := _doubt(page))]


def _doubt(page: PageText) -> str | None:
    if not page.text:
        return f"page {page.number} has no text"
    if page.confidence is not None and page.confidence < _SURE:
        return f"page {page.number} was hard to read (confidence {page.confidence:.2f})"
    return None
