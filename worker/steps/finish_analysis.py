"""Complete an analysis with what its analyzer does not know: price, boxes, time and warnings."""

from collections.abc import Iterator
from typing import Final

from contract.analysis import Analysis
from contract.job import DocumentJob
from contract.reading import Original, PageText
from contract.usage import Usage
from worker.adapters.object_store import Store
from worker.costs.meter import Seconds

from .evidence import add_boxes

_MIN_CONFIDENCE: Final = 0.9  # pages with less had wrong words
_MAX_WARNINGS: Final = 20  # a checkpoint is small
_UNPRICED_WARNING: Final = (
    "the price of {analyzer} is unknown: set LLM_PRICES to the USD per million tokens, read and written"
)


def with_price(analysis: Analysis, cost: float | None) -> Analysis:
    """Return the analysis with its price, or with a warning that the price is unknown."""
    usage = analysis.usage.model_copy(update={"cost_usd": round(cost or 0.0, 6)})
    warnings = (
        (_UNPRICED_WARNING.format(analyzer=analysis.analyzer), *analysis.warnings)
        if cost is None
        else analysis.warnings
    )
    return analysis.model_copy(update={"usage": usage, "is_priced": cost is not None, "warnings": warnings})


async def finish(  # noqa: PLR0913 callers name them
    job: DocumentJob,
    original: Original,
    pages: tuple[PageText, ...],
    analysis: Analysis,
    *,
    store: Store,
    seconds: Seconds,
) -> Analysis:
    """Return the analysis with boxes, its time and warnings."""
    analysis = await add_boxes(job, original, analysis, pages, store=store)
    warnings = (*analysis.warnings, *_page_warnings(pages))[:_MAX_WARNINGS]
    return analysis.model_copy(update={"usage": analysis.usage + Usage(seconds=seconds()), "warnings": warnings})


def _page_warnings(pages: tuple[PageText, ...]) -> Iterator[str]:
    for page in pages:
        if not page.text:
            yield f"page {page.number} has no text"
        elif page.confidence is not None and page.confidence < _MIN_CONFIDENCE:
            yield f"page {page.number} was hard to read (confidence {page.confidence:.2f})"
