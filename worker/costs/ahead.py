"""What is to be paid for what lies ahead, reckoned with caution: what a limit lets through must not cost more.

So every answer of a model is taken for the longest that it may give, which most are not by far.
"""

from collections.abc import Iterable
from typing import Final

from contract.job import DocumentJob
from contract.result import PageText, Use
from worker.analysis.chunks import MOST, chunks_of

from .prices import Rates

BYTES_A_TOKEN: Final = 3  # of UTF-8: four in English, fewer in tables of numbers; a Chinese character is a token
TOLD: Final = 2_500  # tokens of instructions and form: those of our largest type have 6,500 characters
ANSWER: Final = 4_096  # tokens: no answer is longer, because none may be
SUMMARY: Final = 2_000  # characters of the summary of a part, at most


def cost_of_analysis(job: DocumentJob, pages: Iterable[PageText], rates: Rates) -> float | None:
    """Return what the analysis may cost, if the job has a limit that this counts for; None if nobody knows."""
    if job.max_cost_usd is None or not rates.is_analysis_paid:
        return 0.0
    return rates.of_tokens(analysis_ahead(pages))


def cost_of_pages(job: DocumentJob, count: int, rates: Rates) -> float:
    """Return what it costs to recognize so many pages, if the job has a limit."""
    return 0.0 if job.max_cost_usd is None else rates.of_pages(count)


def analysis_ahead(pages: Iterable[PageText]) -> Use:
    """Return the tokens that a model may read and write when it analyzes these pages."""
    chunks = chunks_of(pages)
    texts = [len(piece.text.encode()) for chunk in chunks for piece in chunk.pieces]
    questions = _summaries(len(chunks))
    answers = len(chunks) + questions
    summarized = (len(chunks) + questions) * SUMMARY if questions else 0
    return Use(
        input_tokens=answers * TOLD + (sum(texts) + summarized) // BYTES_A_TOKEN,
        output_tokens=answers * ANSWER,
    )


def _summaries(parts: int) -> int:
    """Return how many questions make one summary of those of so many parts."""
    questions = 0
    while parts > 1:
        parts = -(-parts // (MOST // SUMMARY))
        questions += parts
    return questions
