"""The Lambda function behind the gateway: this project's handler in processes of its own, or one that runs elsewhere.

Each container has one request at a time, as Lambda's have.
"""

import asyncio
import json
import os
from concurrent.futures import BrokenExecutor, ProcessPoolExecutor
from multiprocessing import get_context
from typing import Final, Protocol

import aiohttp

from .events import Context, Json
from .tether import end_with

CONTAINERS: Final = 16  # requests at once, each started when it is needed; while the server is away each takes seconds


class FunctionError(RuntimeError):
    """The function gave no answer: it raised, it ended, or Lambda ended it."""


class Function(Protocol):
    """What takes events; raises FunctionError."""

    async def call(self, event: Json) -> Json:
        """Answer one request."""

    async def close(self) -> None:
        """End it."""


def invoke(event: Json) -> Json:
    """Call the handler, in the process that runs it; importing it there is the container's cold start."""
    from lambdas.trigger.handler import handler  # noqa: PLC0415 - see above

    return handler(event, Context())  # type: ignore[arg-type]


class Containers:
    """Processes with the handler."""

    def __init__(self) -> None:
        self._pool = _pool()

    async def call(self, event: Json) -> Json:
        """Answer one request; when a container died, the next request finds new ones."""
        pool = self._pool
        try:
            return await asyncio.get_running_loop().run_in_executor(pool, invoke, event)
        except BrokenExecutor as error:
            if self._pool is pool:
                self._pool = _pool()
                pool.shutdown(wait=False)
            raise FunctionError("a container ended") from error

    async def close(self) -> None:
        """End them."""
        self._pool.shutdown(cancel_futures=True)


def _pool() -> ProcessPoolExecutor:
    context = get_context("spawn")
    return ProcessPoolExecutor(CONTAINERS, mp_context=context, initializer=end_with, initargs=(os.getpid(),))


class Elsewhere:
    """A function that is invoked by HTTP, such as one in Lambda's emulator, which breaks on two calls at once."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._one_at_a_time = asyncio.Lock()

    async def call(self, event: Json) -> Json:
        """Answer one request, after those before it."""
        try:
            async with (
                self._one_at_a_time,
                aiohttp.ClientSession() as session,
                session.post(self._url, json=event) as response,
            ):
                return _answer(await response.text())
        except aiohttp.ClientError as error:
            raise FunctionError(f"{self._url} gave no answer: {error}") from error

    async def close(self) -> None:
        """It is not ours to end."""


def _answer(text: str) -> Json:
    """Read what came back: of a function that failed it is an error, or a sentence that is no JSON."""
    try:
        answer: Json = json.loads(text)
    except ValueError as error:
        raise FunctionError(text) from error
    if "errorType" in answer:
        raise FunctionError(f"it raised {answer['errorType']}: {answer.get('errorMessage')}")
    return answer
