"""What is to be paid for what lies ahead, reckoned with caution, and what may be paid where it is done.

Every answer of a model is taken for the longest that it may give, which most are not by far, and every question for the
longest of its kind. What a model is asked beyond one answer a chunk, because it said too much or what does not fit,
nobody can reckon: there the budget holds, and not the estimate.
"""

from collections.abc import Iterable
from typing import Final

from contract.codes import Code
from contract.job import DocumentJob
from contract.reading import PageText
from contract.use import Use
from durable import TemporaryError
from worker.analysis.chunks import MAX_CHARACTERS, split_pages
from worker.analysis.llm.limits import MAX_ANSWER_TOKENS, MAX_SUMMARY_CHARACTERS
from worker.analysis.llm.prompt import fence, quote_chunk
from worker.costs.ledger import Budget
from worker.costs.prices import BYTES_A_TOKEN, TOLD, Rates
from worker.providers.retries import LONGEST, UNANSWERED

_PENNY: Final = 1e-9  # sums of floats are off by less
_ELSEWHERE: Final = 2 * LONGEST  # seconds, so that nobody tries again here, where a page costs what it costs


def cost_of_analysis(job: DocumentJob, pages: Iterable[PageText], rates: Rates) -> float | None:
    """Return what the analysis may cost, if the job has a limit that this counts for; None if nobody knows."""
    if job.max_cost_usd is None or not rates.is_analysis_paid:
        return 0.0
    return rates.of_tokens(analysis_ahead(pages, rates.told_of(job.type)))


def cost_of_pages(job: DocumentJob, count: int, rates: Rates) -> float:
    """Return what it costs to recognize so many pages, if the job has a limit."""
    return 0.0 if job.max_cost_usd is None else rates.of_pages(count)


def analysis_ahead(pages: Iterable[PageText], told: int = TOLD) -> Use:
    """Return the tokens that a model may read and write when it analyzes these pages, and is told so much with each."""
    texts = [len(fence(quote_chunk(chunk)).encode()) for chunk in split_pages(pages)]
    answers = questions_about(len(texts))
    longest = (
        max(texts, default=0) if len(texts) <= 1 else max(*texts, MAX_CHARACTERS)
    )  # that of summaries is as long as may be
    return Use(input_tokens=answers * (told + -(-longest // BYTES_A_TOKEN)), output_tokens=answers * MAX_ANSWER_TOKENS)


def questions_about(chunks: int) -> int:
    """Return how many questions are asked about so many chunks: one each, and those that make one summary of theirs."""
    questions = parts = chunks
    while parts > 1:
        parts = -(-parts // (MAX_CHARACTERS // MAX_SUMMARY_CHARACTERS))
        questions += parts
    return questions


def budget_of(rates: Rates, most_usd: float | None) -> Budget | None:
    """Return what a model may be asked for, if there is a limit to it; raise if nobody here knows its price."""
    if most_usd is None or not rates.is_analysis_paid:
        return None
    if rates.tokens is None:
        raise _elsewhere(f"what {rates.analyzer} costs is not known here: set LLM_PRICES")
    return Budget(usd=most_usd, price=rates.of_tokens)


def check_page(rates: Rates, page_usd: float | None) -> None:
    """Raise if a page costs more here than it may: it was reckoned by a worker with other settings."""
    if page_usd is not None and rates.page > page_usd + _PENNY:
        raise _elsewhere(f"{rates.recognition} charges {rates.page:g} USD for a page, and {page_usd:g} are left for it")


def _elsewhere(why: str) -> TemporaryError:
    message = f"{why}; the job was reckoned by a worker that was set otherwise: have one run, or send the job again"
    return TemporaryError(Code.COST_LIMIT, message, after=_ELSEWHERE, tries=UNANSWERED)
