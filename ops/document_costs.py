"""Estimates what 1,000 documents cost on top of the idle cost, under assumptions that are printed with the result.

The OCR engine and the model are those of the templates' worker. A model without a known price is left out, and the
assumptions say so.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from contract.engines import OcrEngine
from pricing.idle import Cost
from pricing.table import HOURS_PER_MONTH, Prices

from .worker_config import WorkerConfig

_DOCUMENTS: Final = 1_000
_MILLION: Final = 1_000_000
_HOUR_SECONDS: Final = 3_600


@dataclass(frozen=True, kw_only=True)
class Assumptions:
    """An average document, and the load that it causes."""

    pages: int = 5
    scanned_share: float = 0.5  # share of the documents that are scans
    megabytes: float = 1.0
    status_requests: int = 10
    digital_seconds: float = 0.5  # processor seconds without OCR; see docs/figures.md
    puts: int = 12  # objects written: document, text, result, progress
    gets: int = 30
    log_kilobytes: float = 10.0
    stored_months: float = 2.0
    function_seconds: float = 0.02  # per request
    function_gigabytes: float = 0.25
    prompt_tokens: int = 2_500  # beside the document: instructions and the form to fill in
    page_tokens: int = 600
    answer_tokens: int = 800

    @property
    def input_tokens(self) -> int:
        """What a model reads for one document, which fits into one request."""
        return self.prompt_tokens + self.pages * self.page_tokens

    def processor_seconds(self, worker: WorkerConfig) -> float:
        """Processor time of a worker for one document."""
        return self.digital_seconds + self.scanned_share * self.pages * worker.ocr_engine.page_seconds

    def describe(self, worker: WorkerConfig) -> Iterator[str]:
        """Yield the assumptions as sentences."""
        yield f"a document has {self.pages} pages and {self.megabytes:g} MB; {self.scanned_share:.0%} are scanned"
        page = worker.ocr_engine.page_seconds
        yield f"a document takes {self.digital_seconds:g} s of processor time, and {page:g} s more per scanned page"
        if worker.model:
            yield from self._describe_model(worker)
        yield f"its status is read {self.status_requests} times; {self.puts} objects are written and {self.gets} read"
        yield f"objects are kept for {self.stored_months:g} months; each document logs {self.log_kilobytes:g} kB"
        yield "idle workers are paid for anyway: worker time costs extra only when more workers are started"

    def _describe_model(self, worker: WorkerConfig) -> Iterator[str]:
        yield f"{worker.model} reads {self.input_tokens:,} tokens per document and writes {self.answer_tokens:,}"
        if not worker.token_prices:
            yield "the model's tokens are not included: set -c llmPrices=in,out in dollars per million tokens"


DEFAULT_ASSUMPTIONS: Final = Assumptions()

type Usage = Iterator[tuple[str, float, str]]


def estimate_costs(worker: WorkerConfig, prices: Prices, assumptions: Assumptions = DEFAULT_ASSUMPTIONS) -> list[Cost]:
    """Return what 1,000 documents cost, per resource."""
    usage = (
        *_estimate_provider_usage(worker, prices, assumptions),
        *_estimate_stack_usage(worker, prices, assumptions),
    )
    return [Cost(resource=name, kind="usage", dollars=dollars, description=text) for name, dollars, text in usage]


def _estimate_provider_usage(worker: WorkerConfig, prices: Prices, assumptions: Assumptions) -> Usage:
    if worker.ocr_engine is OcrEngine.TEXTRACT:
        pages = _DOCUMENTS * assumptions.pages * assumptions.scanned_share
        yield "textract", prices.by_use("textract thousand pages") * pages / _DOCUMENTS, f"{pages:,.0f} pages"
    if worker.token_prices:
        input_price, output_price = worker.token_prices
        dollars = input_price * assumptions.input_tokens + output_price * assumptions.answer_tokens
        tokens = assumptions.input_tokens + assumptions.answer_tokens
        yield "model", dollars * _DOCUMENTS / _MILLION, f"{tokens:,} tokens each"


def _estimate_stack_usage(worker: WorkerConfig, prices: Prices, assumptions: Assumptions) -> Usage:
    work = assumptions.processor_seconds(worker) * _DOCUMENTS
    yield "workers", _find_worker_second_price(worker, prices) * work, f"{work / _HOUR_SECONDS:.1f} processor hours"
    requests = _DOCUMENTS * (1 + assumptions.status_requests)
    gigabyte_seconds = requests * assumptions.function_seconds * assumptions.function_gigabytes
    calls = prices.by_use("function million requests") * requests / _MILLION
    duration = prices.by_use("function gigabyte second") * gigabyte_seconds
    yield "api", prices.by_use("api million requests") * requests / _MILLION, f"{requests:,} requests"
    yield "function", calls + duration, f"{gigabyte_seconds:,.0f} GB seconds"
    objects = prices.by_use("million puts") * assumptions.puts + prices.by_use("million gets") * assumptions.gets
    yield "objects", objects * _DOCUMENTS / _MILLION, "writing and reading"
    storage = prices.by_use("stored gigabyte month") * assumptions.megabytes  # 1,000 documents: as many gigabytes
    yield "storage", storage * assumptions.stored_months, f"{assumptions.megabytes:g} GB"
    yield "notices", prices.by_use("million notices") * _DOCUMENTS / _MILLION, f"{_DOCUMENTS:,} notices"
    logs = prices.by_use("log gigabyte") * assumptions.log_kilobytes / _DOCUMENTS
    yield "logs", logs, f"{assumptions.log_kilobytes:g} MB"


def _find_worker_second_price(worker: WorkerConfig, prices: Prices) -> float:
    """Return the list price of one second of one worker processor, with its memory."""
    cpu = worker.processors * prices.by_hour(f"fargate {worker.architecture} cpu")
    month = cpu + worker.gigabytes * prices.by_hour(f"fargate {worker.architecture} gigabyte")
    return month / (HOURS_PER_MONTH * _HOUR_SECONDS) / worker.processors
