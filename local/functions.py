"""The Lambda function behind the gateway: the real handler in processes of its own, or a remote function.

Each container handles one request at a time, as on Lambda.
"""

import asyncio
import json
import os
from concurrent.futures import BrokenExecutor, ProcessPoolExecutor
from multiprocessing import get_context
from typing import Final, Protocol

import aiohttp

from .events import Context, Json
from .tether import tether_to

MAX_CONTAINERS: Final = 16  # started on demand; a request takes seconds while the server is down


class FunctionError(RuntimeError):
    """The function did not answer: it raised, it ended, or Lambda ended it."""


class Function(Protocol):
    """A function that answers events; raises FunctionError."""

    async def call(self, event: Json) -> Json:
        """Answer one event."""

    async def close(self) -> None:
        """Release what the function holds."""


def invoke(event: Json) -> Json:
    """Call the handler in a container process; the import is the container's cold start."""
    from lambdas.trigger.handler import handler  # noqa: PLC0415 - see above

    return handler(event, Context())  # type: ignore[arg-type]


class Containers:
    """Processes that run the handler."""

    def __init__(self) -> None:
        self._pool = _start_pool()

    async def call(self, event: Json) -> Json:
        """Answer one event. After a container has died, the next event gets new containers."""
        pool = self._pool
        try:
            return await asyncio.get_running_loop().run_in_executor(pool, invoke, event)
        except BrokenExecutor as error:
            if self._pool is pool:
                self._pool = _start_pool()
                pool.shutdown(wait=False)
            raise FunctionError("a container ended") from error

    async def close(self) -> None:
        """End the processes."""
        self._pool.shutdown(cancel_futures=True)


def _start_pool() -> ProcessPoolExecutor:
    context = get_context("spawn")
    return ProcessPoolExecutor(MAX_CONTAINERS, mp_context=context, initializer=tether_to, initargs=(os.getpid(),))


class RemoteFunction:
    """A function that is invoked by HTTP, such as one in Lambda's emulator, which allows one call at a time."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._lock = asyncio.Lock()

    async def call(self, event: Json) -> Json:
        """Answer one event, after the earlier ones."""
        try:
            async with (
                self._lock,
                aiohttp.ClientSession() as session,
                session.post(self._url, json=event) as response,
            ):
                return _parse_answer(await response.text())
        except aiohttp.ClientError as error:
            raise FunctionError(f"{self._url} did not answer: {error}") from error

    async def close(self) -> None:
        """Do nothing: the function belongs to another process."""


def _parse_answer(text: str) -> Json:
    """Parse an answer. A failed function answers an error object, or a sentence that is not JSON."""
    try:
        answer: Json = json.loads(text)
    except ValueError as error:
        raise FunctionError(text) from error
    if "errorType" in answer:
        raise FunctionError(f"the function raised {answer['errorType']}: {answer.get('errorMessage')}")
    return answer
