"""What the warm process does before it forks a program that asks a model: one analysis, so that each loads nothing.

No provider takes part in it, and no store.
"""

import asyncio
import json
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import anyio._backends._asyncio  # noqa: F401 - loaded with the first connection
from httpx2 import MockTransport, Request, Response
from openai import AsyncOpenAI, DefaultAsyncHttpxClient
from pydantic_ai.models.openai import OpenAIChatModel
from pydantic_ai.providers.openai_compatible import OpenAICompatibleProvider

from contract.engines import AnalyzerKind
from contract.reading import PageText, TextSource
from tests.waiting import wait_until
from worker.analysis.llm.model_analyzer import ModelAnalyzer
from worker.analysis.llm.models import ModelChoice
from worker.analysis.schema import read_schemas
from worker.costs.ledger import Ledger, PaidAnswer

from .provider import RawReply, make_completion

PAGE = PageText(number=1, text="a page", source=TextSource.TEXT_LAYER)


class NoLedger(Ledger):
    """Keeps no answers."""

    def __init__(self) -> None:
        """Open no store: it starts threads, and a process with threads cannot be forked."""

    async def pay_once(self, _: str, pay: Any, *__: Any, **___: Any) -> PaidAnswer:  # type: ignore[override] # noqa: ANN401 - the others are unused
        """Pay."""
        return PaidAnswer(answer=await pay("1"), is_reused=False, is_billed=False)


def answer(request: Request) -> Response:
    """Answer with an empty form."""
    body = json.loads(request.content)
    return Response(200, json=make_completion(RawReply("", body["tools"][0]["function"]["name"]), body["model"]))


@asynccontextmanager
async def open_model() -> AsyncIterator[OpenAIChatModel]:
    """Open a model without a provider."""
    http = DefaultAsyncHttpxClient(transport=MockTransport(answer))
    async with AsyncOpenAI(base_url="http://127.0.0.1/v1", api_key="none", http_client=http) as client:
        yield OpenAIChatModel(
            "some-model", provider=OpenAICompatibleProvider("openai-compatible", openai_client=client)
        )


def analyze() -> None:
    """Do what a worker does at its start, and for a short document."""
    ModelChoice(provider=AnalyzerKind.OPENAI, model="any")
    analyzer = ModelAnalyzer("any", open_model, ledger=NoLedger(), schemas=read_schemas())
    analyzer.prompt_tokens()
    asyncio.run(analyzer("report", (PAGE,)))
    wait_until(lambda: threading.active_count() == 1, "a thread of the analysis goes on")


analyze()
