"""What the warm process imports before it forks a program that asks a model: what such a program loads at its start."""

import anyio._backends._asyncio  # noqa: F401 - loaded with the first request

import worker.analysis.llm.model_analyzer  # noqa: F401 - loaded with the analyzer
from contract.engines import AnalyzerKind
from worker.analysis.llm.models import ModelChoice

ModelChoice(provider=AnalyzerKind.OPENAI, model="any")
