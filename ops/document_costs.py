"""What 1,000 documents cost beside what is paid while nothing happens, under assumptions that are said with it.

Who recognizes and who understands is what the templates' worker is told. What nobody has said the price of is left
out, and a sentence says so.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from contract.costs import PAGE_SECONDS
from pricing.idle import Cost
from pricing.table import HOURS_PER_MONTH, Prices

from .worker_config import WorkerConfig

_THOUSAND: Final = 1_000
_MILLION: Final = 1_000_000
_HOUR: Final = 3_600
_TEXTRACT: Final = "textract"


@dataclass(frozen=True, kw_only=True)
class Assumptions:
    """What a document is like, and what it makes our parts do."""

    pages: int = 5
    scanned: float = 0.5  # of the documents
    megabytes: float = 1.0
    polls: int = 10  # questions for its status
    seconds_digital: float = 0.5  # of one processor; see docs/figures.md
    puts: int = 12  # objects written: document, text, result, journal
    gets: int = 30
    log_kilobytes: float = 10.0
    months: float = 2.0  # that objects are kept
    function_seconds: float = 0.02  # of a request
    function_gigabytes: float = 0.25
    tokens_told: int = 2_500  # that a model reads beside the document: instructions, and the form to fill in
    tokens_page: int = 600
    tokens_written: int = 800

    @property
    def tokens_read(self) -> int:
        """Of one document, which fits into one question."""
        return self.tokens_told + self.pages * self.tokens_page

    def seconds(self, chosen: WorkerConfig) -> float:
        """Of a processor, for one document."""
        return self.seconds_digital + self.scanned * self.pages * PAGE_SECONDS[chosen.recognition]

    def lines(self, chosen: WorkerConfig) -> Iterator[str]:
        """Say them."""
        yield f"a document has {self.pages} pages and {self.megabytes:g} MB, {self.scanned:.0%} are scanned"
        page = PAGE_SECONDS[chosen.recognition]
        yield f"it takes {self.seconds_digital:g} s of a processor, and {page:g} s for each scanned page"
        if chosen.model:
            yield from self._of_model(chosen)
        yield f"its status is asked for {self.polls} times; {self.puts} objects are written and {self.gets} read"
        yield f"objects are kept for {self.months:g} months; {self.log_kilobytes:g} kB of log lines are written"
        yield "a worker's time is paid anyway while it would be idle: it costs more only when more workers are started"

    def _of_model(self, chosen: WorkerConfig) -> Iterator[str]:
        yield f"{chosen.model} reads {self.tokens_read:,} tokens of a document and writes {self.tokens_written:,}"
        if not chosen.token_prices:
            yield "what it charges for them is not in it: say -c llmPrices=in,out, dollars for a million tokens each"


DEFAULT_ASSUMPTIONS: Final = Assumptions()


def estimate_costs(chosen: WorkerConfig, prices: Prices, assumed: Assumptions = DEFAULT_ASSUMPTIONS) -> list[Cost]:
    """Return what 1,000 documents cost, by what is used."""
    used = (*_of_providers(chosen, prices, assumed), *_of_ours(chosen, prices, assumed))
    return [Cost(resource=name, kind="usage", dollars=dollars, description=text) for name, dollars, text in used]


type Used = Iterator[tuple[str, float, str]]


def _of_providers(chosen: WorkerConfig, prices: Prices, assumed: Assumptions) -> Used:
    if chosen.recognition == _TEXTRACT:
        pages = _THOUSAND * assumed.pages * assumed.scanned
        yield "textract", prices.by_use("textract thousand pages") * pages / _THOUSAND, f"{pages:,.0f} pages"
    if chosen.token_prices:
        read, written = chosen.token_prices
        dollars = read * assumed.tokens_read + written * assumed.tokens_written
        yield "model", dollars * _THOUSAND / _MILLION, f"{assumed.tokens_read + assumed.tokens_written:,} tokens each"


def _of_ours(chosen: WorkerConfig, prices: Prices, assumed: Assumptions) -> Used:
    work = assumed.seconds(chosen) * _THOUSAND
    yield "workers", _worker_second(chosen, prices) * work, f"{work / _HOUR:.1f} processor hours"
    requests = _THOUSAND * (1 + assumed.polls)
    held = requests * assumed.function_seconds * assumed.function_gigabytes
    calls = prices.by_use("function million requests") * requests / _MILLION
    yield "api", prices.by_use("api million requests") * requests / _MILLION, f"{requests:,} requests"
    yield "function", calls + prices.by_use("function gigabyte second") * held, f"{held:,.0f} GB seconds"
    objects = prices.by_use("million puts") * assumed.puts + prices.by_use("million gets") * assumed.gets
    yield "objects", objects * _THOUSAND / _MILLION, "writing and reading"
    stored = prices.by_use("stored gigabyte month") * assumed.megabytes  # of a thousand documents: as many gigabytes
    yield "storage", stored * assumed.months, f"{assumed.megabytes:g} GB"
    yield "notices", prices.by_use("million notices") * _THOUSAND / _MILLION, f"{_THOUSAND:,} notices"
    yield "logs", prices.by_use("log gigabyte") * assumed.log_kilobytes / _THOUSAND, f"{assumed.log_kilobytes:g} MB"


def _worker_second(chosen: WorkerConfig, prices: Prices) -> float:
    """What a processor of a worker costs a second, with the memory that comes with it, at the list price."""
    cpu = chosen.processors * prices.by_hour(f"fargate {chosen.machine} cpu")
    month = cpu + chosen.gigabytes * prices.by_hour(f"fargate {chosen.machine} gigabyte")
    return month / (HOURS_PER_MONTH * _HOUR) / chosen.processors
