"""Estimate time and cost of a job from its document's text layer, without OCR and without a model.

Its assumptions list each guess. Limits are compared with the same costs, so a job whose limit is its estimate does not
wait if the guess about unread pages holds.
"""

from collections.abc import Iterator
from typing import Final

from contract.costs import Estimate, StepEstimate
from contract.engines import OcrEngine
from contract.names import Step
from contract.reading import MediaType, PageText, TextSource
from contract.usage import Usage
from worker.analysis.llm.limits import CONCURRENCY, MAX_ANSWER_TOKENS, TOKENS_PER_SECOND
from worker.costs.prices import BYTES_PER_TOKEN, PROMPT_TOKENS, Rates
from worker.documents.survey import TextLayerScan

from .cost_checks import estimate_analysis

SCANNED_PAGE_CHARACTERS: Final = 2_500  # a letter; a page of a printed contract has 3,500
RULES_SECONDS: Final = 0.3  # the start of the extractive analyzer's child process: docs/figures.md
RULES_PAGE_SECONDS: Final = 0.01  # a thousand pages take ten seconds


def estimate(  # noqa: PLR0913 callers name them
    media_type: MediaType,
    scan: TextLayerScan,
    rates: Rates,
    *,
    download: float,
    survey: float,
    prompt_tokens: int = PROMPT_TOKENS,
) -> Estimate:
    """Return the estimate; `download` and `survey` are measured seconds."""
    unread = len(scan.unread)
    pages = (*scan.layers, *map(_guess_page, scan.unread))
    analysis = (
        estimate_analysis(pages, prompt_tokens)
        if rates.is_analysis_paid
        else Usage(seconds=RULES_SECONDS + RULES_PAGE_SECONDS * scan.pages)
    )
    cost = rates.of_tokens(analysis)
    seconds = analysis.seconds or _answer_seconds(analysis)
    usages = {
        Step.DOWNLOAD: Usage(seconds=download),
        Step.EXTRACT: Usage(
            seconds=survey + unread * OcrEngine(rates.ocr_engine).wait_seconds,
            pages=unread,
            cost_usd=rates.of_pages(unread),
        ),
        Step.ANALYZE: analysis.model_copy(update={"seconds": seconds, "cost_usd": cost or 0.0}),
    }
    total = sum(usages.values(), Usage())
    return Estimate(
        media_type=media_type,
        pages=scan.pages,
        ocr_pages=unread,
        steps=tuple(StepEstimate(step=step, usage=Usage() + usage) for step, usage in usages.items()),
        seconds=total.seconds,
        cost_usd=None if cost is None else total.cost_usd,
        assumptions=tuple(_list_assumptions(unread, rates, is_priced=cost is not None)),
    )


def _answer_seconds(usage: Usage) -> float:
    answers = usage.output_tokens // MAX_ANSWER_TOKENS
    return usage.output_tokens / TOKENS_PER_SECOND / max(1, min(CONCURRENCY, answers))


def _guess_page(number: int) -> PageText:
    return PageText(number=number, text="x" * SCANNED_PAGE_CHARACTERS, source=TextSource.OCR)


def _list_assumptions(unread: int, rates: Rates, *, is_priced: bool) -> Iterator[str]:
    yield "the job waits for no other job, and no step is retried"
    if unread:
        yield f"a page takes {OcrEngine(rates.ocr_engine).wait_seconds:g} processor seconds by {rates.ocr_engine}"
    if unread and rates.page:
        yield f"{rates.ocr_engine} charges {rates.page:g} USD for a page"
    if rates.is_analysis_paid:
        if unread:
            yield f"a scanned page has {SCANNED_PAGE_CHARACTERS:,} characters"
        yield f"{BYTES_PER_TOKEN} bytes of text are a token"
        longest = f"{MAX_ANSWER_TOKENS:,} tokens, {TOKENS_PER_SECOND} a second"
        yield f"every answer of the model has its maximum length: {longest}"
        yield "no answer has been paid for before"
    if not is_priced:
        yield f"the price of {rates.analyzer} is unknown and not in the sum: set LLM_PRICES"
