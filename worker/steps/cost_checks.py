"""Estimate the highest cost of a job's next paid part, and check that this worker may pay it.

Each question and each answer of a model counts at its maximum length. A truncated or invalid answer needs further
questions, which cannot be estimated: the budget limits them.
"""

from collections.abc import Iterable

from contract.codes import Code
from contract.job import DocumentJob
from contract.reading import PageText
from contract.usage import Usage
from durable import TemporaryError
from worker.analysis.chunks import MAX_CHARACTERS, split_pages
from worker.analysis.llm.limits import MAX_ANSWER_TOKENS, MAX_SUMMARY_CHARACTERS
from worker.analysis.llm.prompt import fence, quote_chunk
from worker.costs.ledger import Budget
from worker.costs.prices import BYTES_PER_TOKEN, PROMPT_TOKENS, USD_TOLERANCE, Rates
from worker.providers.retries import DEFER_SECONDS, MAX_UNANSWERED_ATTEMPTS


def cost_of_analysis(job: DocumentJob, pages: Iterable[PageText], rates: Rates) -> float | None:
    """Return the highest cost of the analysis: 0 without a limit or a paid model, None if the price is unknown."""
    if job.max_cost_usd is None or not rates.is_analysis_paid:
        return 0.0
    return rates.of_tokens(estimate_analysis(pages, rates.prompt_tokens_of(job.type)))


def cost_of_pages(job: DocumentJob, count: int, rates: Rates) -> float:
    """Return the cost of recognizing `count` pages, or 0 in a job without a limit."""
    return 0.0 if job.max_cost_usd is None else rates.of_pages(count)


def estimate_analysis(pages: Iterable[PageText], prompt_tokens: int = PROMPT_TOKENS) -> Usage:
    """Return the tokens that a model may read and write to analyze these pages, with a prompt for each chunk."""
    texts = [len(fence(quote_chunk(chunk)).encode()) for chunk in split_pages(pages)]
    answers = count_questions(len(texts))
    # A question about summaries has the maximum length.
    longest = max(texts, default=0) if len(texts) <= 1 else max(*texts, MAX_CHARACTERS)
    return Usage(
        input_tokens=answers * (prompt_tokens + -(-longest // BYTES_PER_TOKEN)),
        output_tokens=answers * MAX_ANSWER_TOKENS,
    )


def count_questions(chunks: int) -> int:
    """Return the number of questions: one for each chunk, and those that combine the summaries."""
    questions = parts = chunks
    while parts > 1:
        parts = -(-parts // (MAX_CHARACTERS // MAX_SUMMARY_CHARACTERS))
        questions += parts
    return questions


def budget_of(rates: Rates, max_usd: float | None) -> Budget | None:
    """Return the budget for a model, if the job has a limit; raise if this worker does not know the price."""
    if max_usd is None or not rates.is_analysis_paid:
        return None
    if rates.tokens is None:
        raise _settings_differ(f"this worker has no price for {rates.analyzer}: set LLM_PRICES")
    return Budget(usd=max_usd, price=rates.of_tokens)


def check_page(rates: Rates, page_usd: float | None) -> None:
    """Raise if a page costs more here than the allowance, which a worker with other settings estimated."""
    if page_usd is not None and rates.page > page_usd + USD_TOLERANCE:
        raise _settings_differ(
            f"{rates.ocr_engine} charges {rates.page:g} USD for a page, and {page_usd:g} are left for it"
        )


def _settings_differ(reason: str) -> TemporaryError:
    message = f"{reason}; a worker with other settings made the estimate: start one like it, or send the job again"
    return TemporaryError(Code.COST_LIMIT, message, after=DEFER_SECONDS, durable_attempts=MAX_UNANSWERED_ATTEMPTS)
