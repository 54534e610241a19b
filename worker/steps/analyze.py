"""Analyze: what the document says, and what a person should know before relying on it."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from typing import Final

from contract.analysis import Analysis
from contract.job import DocumentJob
from contract.names import Step
from contract.parts import Analyzed, Short
from contract.reading import Original, PageText, Text
from contract.use import Use
from worker.adapters.object_store import Store
from worker.analysis.analyzer import Analyzer
from worker.costs.ledger import Budget, BudgetError, billed_to
from worker.costs.metering import METER, Meter, Seconds, paying

from .cost_checks import budget_of
from .extract import pages_at
from .place import place_evidence

_SURE: Final = 0.9  # recognition that is less sure of a page than this got words wrong
_UNPRICED: Final = "what {analyzer} costs is not known: say in LLM_PRICES what a million tokens cost, read and written"
_MOST: Final = 20  # warnings: a checkpoint is small, and nobody reads more


async def analyze_document(  # noqa: PLR0913 what it reaches is said by name
    job: DocumentJob,
    original: Original,
    text: Text,
    *,
    analyzer: Analyzer,
    store: Store,
    meter: Meter = METER,
    most_usd: float | None = None,
) -> Analyzed:
    """Have the pages analyzed, for at most so much. Nothing is written, so a second run says the same again."""
    seconds = meter.started()
    pages = await pages_at(text.reference, store)
    budget = budget_of(meter.rates, most_usd)
    ask = partial(analyzer, job.type, tuple(page.model_copy(update={"boxes": None}) for page in pages))
    try:
        analysis = await _asked(job, ask, meter, budget)
    except BudgetError as exc:
        return Analyzed(short=Short(spent_usd=budget.spent if budget else 0.0, next_usd=exc.usd))
    analysis = priced(analysis, meter.rates.of_tokens(analysis.use))
    return Analyzed(analysis=await finished(job, original, pages, analysis, store=store, seconds=seconds))


async def _asked(
    job: DocumentJob, ask: Callable[[], Awaitable[Analysis]], meter: Meter, budget: Budget | None
) -> Analysis:
    """Ask, once it is known what all earlier runs have spent: one question may go before the answers to others."""
    if budget:
        with suppress(BudgetError), budget.closed(), billed_to(job.job_id, budget, is_for_all=True):
            return await ask()
    with paying(job.job_id, Step.ANALYZE, meter, budget, is_for_all=budget is not None):
        return await ask()


async def finished(  # noqa: PLR0913 what it is made of is said by name
    job: DocumentJob,
    original: Original,
    pages: tuple[PageText, ...],
    analysis: Analysis,
    *,
    store: Store,
    seconds: Seconds,
) -> Analysis:
    """Return the analysis with what the analyzer cannot know: places on the pages, its time, and what to doubt."""
    analysis = await place_evidence(job, original, analysis, pages, store=store)
    doubts = (*analysis.warnings, *_doubts(pages))[:_MOST]
    return analysis.model_copy(update={"use": analysis.use + Use(seconds=seconds()), "warnings": doubts})


def priced(analysis: Analysis, cost: float | None) -> Analysis:
    """Return the analysis with its price, or with a warning that nobody knows it."""
    use = analysis.use.model_copy(update={"cost_usd": round(cost or 0.0, 6)})
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
