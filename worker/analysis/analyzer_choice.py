"""Choose the analyzer by one string: `extractive`, which needs no network, or `provider:model`.

Only the chosen analyzer is imported: the libraries of models take longer to import than the rest of the worker.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from contract.engines import AnalyzerKind
from worker.adapters.object_store import Store
from worker.costs.ledger import Ledger

from .analyzer import Analyzer
from .extractive import Extractive
from .schema import SchemaError, Schemas, read_schemas

_PROVIDERS: Final = (AnalyzerKind.BEDROCK, AnalyzerKind.OPENAI)


class ChoiceError(ValueError):
    """The analyzer is unknown or its options contradict each other; the message lists the choices."""


@dataclass(frozen=True, kw_only=True)
class AnalyzerChoice:
    """The chosen analyzer. `types` is a folder with the user's document types."""

    name: str = AnalyzerKind.EXTRACTIVE
    base_url: str | None = None  # the address of a server with OpenAI's API
    api_key: str | None = field(default=None, repr=False)
    types: Path | None = None
    streams: bool = False  # whether the provider is asked to stream its answers

    def read_types(self) -> Schemas:
        """Return the document types."""
        try:
            return read_schemas(self.types)
        except SchemaError as exc:
            raise ChoiceError(str(exc)) from exc

    def open(self, store: Store) -> Analyzer:
        """Return the analyzer; the store keeps the answers that were paid for."""
        schemas = self.read_types()
        if self.name == AnalyzerKind.EXTRACTIVE:
            return Extractive(schemas)
        provider, _, model = self.name.partition(":")
        if provider not in _PROVIDERS or not model:
            choices = f"{AnalyzerKind.EXTRACTIVE}, bedrock:<model id> or openai:<model>"
            raise ChoiceError(f"the analyzer must be {choices}, not {self.name!r}")
        if self.base_url and provider != AnalyzerKind.OPENAI:
            raise ChoiceError("a base URL belongs to openai:<model>; boto3 has its own settings for Bedrock")
        from .llm.model_analyzer import ModelAnalyzer  # noqa: PLC0415 see above
        from .llm.models import ModelChoice  # noqa: PLC0415

        choice = ModelChoice(provider=AnalyzerKind(provider), model=model, base_url=self.base_url, api_key=self.api_key)
        return ModelAnalyzer(
            self.name,
            choice.open,
            ledger=Ledger(store),
            schemas=schemas,
            secret=self.api_key,
            streams=self.streams,
        )
