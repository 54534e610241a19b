"""Call Textract through boto3, in threads of its own: a few calls at once, with retries of our own.

The client gets one attempt per call and short timeouts, so that each retry is ours and counted. A thread cannot be
canceled, so each call must end by itself; calls without a free thread wait here.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, Final

from worker.providers.retries import RetryPolicy

from .textract_errors import TEXTRACT_ERRORS, convert_error

_CONNECT_SECONDS: Final = 5
_READ_SECONDS: Final = 60  # a dense page takes three
_CONCURRENCY: Final = 8  # calls of a process. Quotas begin at one page a second and are 25 in the largest regions
_RETRY_POLICY: Final = RetryPolicy()

type Client = Any  # boto3 has no types
type Call = Callable[..., Any]


class Textract:
    """One client for the process."""

    def __init__(self, client: Client, *, retry_policy: RetryPolicy = _RETRY_POLICY) -> None:
        self._client: Final = client
        self._retry_policy: Final = retry_policy
        self._threads: Final = ThreadPoolExecutor(_CONCURRENCY, "textract")

    async def call(self, operation: str, **arguments: object) -> dict[str, Any]:
        """Return the response; raise the last error if retries in memory do not help."""
        call = partial(getattr(self._client, operation), **arguments)
        return await self._retry_policy.run(lambda: self._attempt(call))

    async def _attempt(self, call: Call) -> dict[str, Any]:
        try:
            response: dict[str, Any] = await asyncio.get_running_loop().run_in_executor(self._threads, call)
        except TEXTRACT_ERRORS as exc:
            raise convert_error(exc) from None  # a traceback would repeat Textract's message
        return response


def open_client() -> Client:
    """Return boto3's client, with region, credentials and endpoint where boto3 looks for them."""
    from boto3.session import Session  # type: ignore[import-untyped] # noqa: PLC0415 only Textract needs it
    from botocore.config import Config  # type: ignore[import-untyped] # noqa: PLC0415

    config = Config(
        connect_timeout=_CONNECT_SECONDS,
        read_timeout=_READ_SECONDS,
        retries={"total_max_attempts": 1},
        max_pool_connections=_CONCURRENCY,
    )
    return Session().client("textract", config=config)  # the default session is not thread-safe
