"""Opens the model that a string names: `bedrock:<model id>`, or `openai:<model>` at OpenAI or at a base URL.

Every client gets one try and its own time limits: retries are ours, so that each is known and paid for knowingly.
Connections last for one analysis, which is nothing beside the time that a model takes.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from importlib import import_module
from typing import Final

from pydantic_ai.models import Model

from contract.engines import AnalyzerKind

from .limits import ANSWER_SECONDS

_CONNECT: Final = 10.0  # seconds
_MODULES: Final = {
    AnalyzerKind.BEDROCK: ("pydantic_ai.models.bedrock", "pydantic_ai.providers.bedrock", "boto3.session"),
    AnalyzerKind.OPENAI: ("openai", "pydantic_ai.models.openai", "pydantic_ai.providers.openai_compatible"),
}
_NO_KEY: Final = "none"  # servers of one's own ask for none, and the client wants one

type OpenModel = Callable[[], AbstractAsyncContextManager[Model]]


@dataclass(frozen=True, kw_only=True)
class ModelChoice:
    """A model. Region and credentials of AWS are boto3's to find."""

    provider: AnalyzerKind
    model: str
    base_url: str | None = None
    api_key: str | None = field(default=None, repr=False)
    longest: float = ANSWER_SECONDS  # seconds between two bytes of an answer

    def __post_init__(self) -> None:
        # Imports of seconds, on a busy machine of ten: now, when a worker starts, and not while its leases run.
        for module in _MODULES[self.provider]:
            import_module(module)

    def open(self) -> AbstractAsyncContextManager[Model]:
        """Open it for as long as the block lasts."""
        return _bedrock(self) if self.provider is AnalyzerKind.BEDROCK else _openai(self)


@asynccontextmanager
async def _bedrock(choice: ModelChoice) -> AsyncIterator[Model]:
    from pydantic_ai.models.bedrock import BedrockConverseModel  # noqa: PLC0415 each provider costs an import
    from pydantic_ai.providers.bedrock import BedrockProvider  # noqa: PLC0415

    client = await asyncio.to_thread(_bedrock_client, choice.longest)  # it reads files for a tenth of a second
    try:
        yield BedrockConverseModel(choice.model, provider=BedrockProvider(bedrock_client=client))
    finally:
        client.close()


def _bedrock_client(longest: float):  # type: ignore[no-untyped-def] # noqa: ANN202 boto3 has no types
    from boto3.session import Session  # type: ignore[import-untyped] # noqa: PLC0415
    from botocore.config import Config  # type: ignore[import-untyped] # noqa: PLC0415

    limits = Config(connect_timeout=_CONNECT, read_timeout=longest, retries={"total_max_attempts": 1})
    return Session().client("bedrock-runtime", config=limits)  # the default session is not safe in threads


@asynccontextmanager
async def _openai(choice: ModelChoice) -> AsyncIterator[Model]:
    from openai import AsyncOpenAI, Timeout  # noqa: PLC0415
    from pydantic_ai.models.openai import OpenAIChatModel  # noqa: PLC0415
    from pydantic_ai.providers.openai import OpenAIProvider  # noqa: PLC0415
    from pydantic_ai.providers.openai_compatible import OpenAICompatibleProvider  # noqa: PLC0415

    limits = Timeout(choice.longest, connect=_CONNECT)
    key = choice.api_key or _NO_KEY
    async with AsyncOpenAI(base_url=choice.base_url, api_key=key, max_retries=0, timeout=limits) as client:
        if choice.base_url:
            compatible = OpenAICompatibleProvider("openai-compatible", openai_client=client)
            yield OpenAIChatModel(choice.model, provider=compatible)
        else:
            yield OpenAIChatModel(choice.model, provider=OpenAIProvider(openai_client=client))
