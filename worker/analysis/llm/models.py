"""Open the chosen model: `bedrock:<model id>`, or `openai:<model>` at OpenAI or at a base URL.

Each client gets one attempt per request and our timeouts: we retry ourselves, so that each attempt is counted.
Connections last for one analysis: opening them is cheap compared with the time of a model.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from ssl import SSLContext
from typing import Final

from pydantic_ai.models import Model

from contract.engines import AnalyzerKind

from .limits import ANSWER_SECONDS

_CONNECT_SECONDS: Final = 10.0
_PRICES: Final = "genai_prices.data"  # pydantic_ai would import it after the first answer
_MODULES: Final = {
    AnalyzerKind.BEDROCK: ("pydantic_ai.models.bedrock", "pydantic_ai.providers.bedrock", "botocore.session", _PRICES),
    AnalyzerKind.OPENAI: (
        *("openai", "openai.resources.chat.chat", "openai.resources.chat.completions.completions", _PRICES),
        *("pydantic_ai.models.openai", "pydantic_ai.providers.openai_compatible", "pydantic_ai.providers.openai"),
    ),
}
_NO_KEY: Final = "none"  # for servers without keys: the client requires one

type OpenModel = Callable[[], AbstractAsyncContextManager[Model]]


@dataclass(frozen=True, kw_only=True)
class ModelChoice:
    """A model. boto3 finds the region and the credentials of AWS."""

    provider: AnalyzerKind
    model: str
    base_url: str | None = None
    api_key: str | None = field(default=None, repr=False)
    read_timeout: float = ANSWER_SECONDS

    def __post_init__(self) -> None:
        # These imports take seconds, on a busy machine ten. So they run at the worker's start, before it has leases.
        for module in _MODULES[self.provider]:
            import_module(module)
        if self.provider is AnalyzerKind.OPENAI:
            _load_authorities()

    def open(self) -> AbstractAsyncContextManager[Model]:
        """Open the model for the duration of a block."""
        return _open_bedrock(self) if self.provider is AnalyzerKind.BEDROCK else _open_openai(self)


@asynccontextmanager
async def _open_bedrock(choice: ModelChoice) -> AsyncIterator[Model]:
    from pydantic_ai.models.bedrock import BedrockConverseModel  # noqa: PLC0415 each provider costs an import
    from pydantic_ai.providers.bedrock import BedrockProvider  # noqa: PLC0415

    client = await asyncio.to_thread(_bedrock_client, choice.read_timeout)  # the first one reads many files
    try:
        yield BedrockConverseModel(choice.model, provider=BedrockProvider(bedrock_client=client))
    finally:
        client.close()


def _bedrock_client(read_timeout: float):  # type: ignore[no-untyped-def] # noqa: ANN202 botocore has no types
    from botocore.config import Config  # type: ignore[import-untyped] # noqa: PLC0415
    from botocore.session import Session  # type: ignore[import-untyped] # noqa: PLC0415

    limits = Config(connect_timeout=_CONNECT_SECONDS, read_timeout=read_timeout, retries={"total_max_attempts": 1})
    session = Session()  # a session is not thread-safe, and finds new credentials
    session.register_component("data_loader", _data_loader(session.get_config_variable("data_path")))
    return session.create_client("bedrock-runtime", config=limits)


@cache
def _data_loader(data_path: str | None):  # type: ignore[no-untyped-def] # noqa: ANN202 as above
    """Return botocore's reader of descriptions, which keeps them: for each client it would read megabytes again."""
    from botocore.loaders import create_loader  # type: ignore[import-untyped] # noqa: PLC0415

    return create_loader(data_path)


@asynccontextmanager
async def _open_openai(choice: ModelChoice) -> AsyncIterator[Model]:
    from openai import AsyncOpenAI, DefaultAsyncHttpxClient, Timeout  # noqa: PLC0415
    from pydantic_ai.models.openai import OpenAIChatModel  # noqa: PLC0415
    from pydantic_ai.providers.openai import OpenAIProvider  # noqa: PLC0415
    from pydantic_ai.providers.openai_compatible import OpenAICompatibleProvider  # noqa: PLC0415

    limits = Timeout(choice.read_timeout, connect=_CONNECT_SECONDS)
    key = choice.api_key or _NO_KEY
    http = DefaultAsyncHttpxClient(verify=_load_authorities(), timeout=limits)
    async with AsyncOpenAI(
        base_url=choice.base_url, api_key=key, max_retries=0, timeout=limits, http_client=http
    ) as client:
        if choice.base_url:
            compatible = OpenAICompatibleProvider("openai-compatible", openai_client=client)
            yield OpenAIChatModel(choice.model, provider=compatible)
        else:
            yield OpenAIChatModel(choice.model, provider=OpenAIProvider(openai_client=client))


@cache
def _load_authorities() -> SSLContext:
    """Return what checks certificates. The certificates of all authorities take 30 ms, more than a whole client."""
    from httpx2 import create_ssl_context  # noqa: PLC0415

    return create_ssl_context()
