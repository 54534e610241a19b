"""Chooses the analyzer by one string: `extractive`, which needs no network, or `provider:model`.

Only what is chosen is imported: the libraries of models take longer to import than all the rest of the worker.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from worker.adapters.object_store import Store
from worker.costs.ledger import Ledger

from .analyzer import Analyzer
from .extractive import Extractive
from .rule_analysis import NAME
from .schema import SchemaError, read_schemas

_PROVIDERS: Final = ("bedrock", "openai")


class ChoiceError(ValueError):
    """There is no such analyzer; its text says what there is."""


@dataclass(frozen=True, kw_only=True)
class AnalyzerChoice:
    """What is chosen. `types` is a folder with the user's types of documents."""

    name: str = NAME
    base_url: str | None = None  # of a server that speaks OpenAI's protocol
    api_key: str | None = field(default=None, repr=False)
    types: Path | None = None

    def open(self, store: Store) -> Analyzer:
        """Return it; what is paid for is kept in the store."""
        try:
            schemas = read_schemas(self.types)
        except SchemaError as exc:
            raise ChoiceError(str(exc)) from exc
        if self.name == NAME:
            return Extractive(schemas)
        provider, _, model = self.name.partition(":")
        if provider not in _PROVIDERS or not model:
            raise ChoiceError(f"the analyzer must be {NAME}, bedrock:<model id> or openai:<model>, not {self.name!r}")
        if self.base_url and provider != "openai":
            raise ChoiceError("a base url goes with openai:<model>; boto3 finds Bedrock by its own settings")
        from .llm.analyzer import ModelAnalyzer  # noqa: PLC0415 see above
        from .llm.models import ModelChoice  # noqa: PLC0415

        choice = ModelChoice(provider=provider, model=model, base_url=self.base_url, api_key=self.api_key)
        return ModelAnalyzer(self.name, choice.open, ledger=Ledger(store), schemas=schemas, secret=self.api_key)
