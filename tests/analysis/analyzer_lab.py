"""The lab of the model analyzer: short documents, an analyzer that calls the fake provider, and model answers.

The analyzer is imported late: it takes two seconds in each process that collects the tests.
"""

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from resonate.context import Context
from resonate.durable import DurableFunction

from contract.analysis import Analysis
from contract.engines import AnalyzerKind
from contract.job import DocumentType
from contract.reading import PageText, TextSource
from durable import JobError
from durable.payload import Guard
from tests.analysis.provider import Form, ModelRequest, Provider, Reply
from worker.adapters.object_store import Store
from worker.analysis.chunks import MAX_CHARACTERS
from worker.analysis.rule_analysis import RulesRequest, analyze_with_rules
from worker.analysis.schema import read_schemas
from worker.costs.ledger import Ledger
from worker.providers.retries import RetryPolicy

if TYPE_CHECKING:
    from worker.analysis.llm.models import ModelChoice

BEDROCK = "eu.anthropic.claude-sonnet-4-5-20250929-v1:0"
DOCUMENT = tuple(f"Page {number} tells of one more thing than the one before." for number in range(1, 4))
INVOICE = "Halden Instruments GmbH\nInvoice 4711 of 14 March 2026\nTotal EUR 1.234,50"


def make_pages(*texts: str) -> tuple[PageText, ...]:
    """Make pages with these texts."""
    return tuple(PageText(number=n, text=text, source=TextSource.TEXT_LAYER) for n, text in enumerate(texts, start=1))


def apply_rules(kind: DocumentType, *texts: str) -> Analysis:
    """Analyze pages with these texts by rules."""
    return analyze_with_rules(RulesRequest(kind=kind, pages=make_pages(*texts)))


def make_value(of: object, quote: str, page: int = 1, confidence: float = 0.9) -> Form:
    """Make a value as a model writes it into the form."""
    return {"value": of, "page": page, "quote": quote, "confidence": confidence}


def answer_correctly(_: ModelRequest) -> Form:
    """Answer with the correct values of the invoice."""
    return {
        "summary": "Halden Instruments demands EUR 1,234.50.",
        "vendor": make_value("Halden Instruments GmbH", "Halden Instruments GmbH"),
        "date": make_value("2026-03-14", "Invoice 4711 of 14 March 2026"),
        "amount": make_value(1234.5, "Total EUR 1.234,50"),
    }


@dataclass(frozen=True, kw_only=True)
class AnalyzerLab:
    """An analyzer that calls a provider in one of its protocols."""

    provider: Provider
    store: Store
    retry_policy: RetryPolicy
    protocol: str = "openai"
    read_timeout: float = 30.0
    api_key: str | None = None
    streams: bool = False

    @property
    def choice(self) -> "ModelChoice":
        """The choice of the model."""
        from worker.analysis.llm.models import ModelChoice  # noqa: PLC0415 - as said above

        if self.protocol == "bedrock":
            return ModelChoice(provider=AnalyzerKind.BEDROCK, model=BEDROCK, read_timeout=self.read_timeout)
        return ModelChoice(
            provider=AnalyzerKind.OPENAI,
            model="some-model",
            base_url=f"{self.provider.url}/v1",
            api_key=self.api_key,
            read_timeout=self.read_timeout,
        )

    def analyze(self, *texts: str, kind: str = "invoice", max_characters: int = MAX_CHARACTERS) -> Analysis:
        """Analyze pages with these texts."""
        from worker.analysis.llm.model_analyzer import ModelAnalyzer  # noqa: PLC0415 - as said above

        ledger = Ledger(self.store)
        analyzer = ModelAnalyzer(
            "the model",
            self.choice.open,
            ledger=ledger,
            schemas=read_schemas(),
            secret=self.api_key,
            retry_policy=self.retry_policy,
            streams=self.streams,
        )
        return asyncio.run(analyzer(kind, make_pages(*texts), max_characters=max_characters))

    def analyze_with_error(self, reply: Reply) -> JobError:
        """Return the error of an analysis of the invoice whose every request gets this reply."""
        self.provider.answer = lambda _: reply
        with pytest.raises(JobError) as caught:
            self.analyze(INVOICE)
        return caught.value


def values_by_field(analysis: Analysis) -> dict[str, Any]:
    """Return the values by their fields."""
    return {finding.field: finding.value for finding in analysis.findings}


def send_as_checkpoint(analysis: Analysis) -> Analysis:
    """Return the analysis as the next step gets it, each value with a box; raise if the checkpoint is too large."""

    async def analyze(_: Context) -> Analysis:
        return analysis

    box = (0.1234, 0.1234, 0.1234, 0.1234)
    with_boxes = [
        one.model_copy(update={"evidence": one.evidence.model_copy(update={"box": box})}) for one in analysis.findings
    ]
    return Guard("analyze", DurableFunction(analyze)).check(analysis.model_copy(update={"findings": tuple(with_boxes)}))
