"""Holds requests for `Prefer: wait=N` in the gateway, so that hundreds of them occupy no process of the function.

Each is a task of the event loop that sleeps. Few of them call the function at a time, so that other requests find a
free process.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Final

from contract.preference import MAX_WAIT_SECONDS, read_wait
from lambdas.trigger.request_hold import Hold

from .events import Json
from .functions import Function

_MAX_ASKING: Final = 4  # held requests at a time, of the function's 16 processes


class HoldingFunction:
    """A function whose answers are held for requests that prefer it."""

    def __init__(
        self,
        function: Function,
        *,
        now: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._function: Final = function
        self._now: Final = now
        self._sleep: Final = sleep
        self._permits: Final = asyncio.Semaphore(_MAX_ASKING)

    async def call(self, event: Json) -> Json:
        """Answer one event. Raises FunctionError."""
        headers = event["headers"]
        seconds = read_wait(event["requestContext"]["http"]["method"], event["rawPath"], headers, MAX_WAIT_SECONDS)
        if not seconds:
            return await self._function.call(event)
        hold = Hold(seconds, self._now, has_tags="if-none-match" in headers)
        answer = await self._ask(event)
        while (pause := hold.choose_pause(answer)) is not None:
            await self._sleep(pause)
            answer = await self._ask(event)
        return hold.mark(answer)

    async def close(self) -> None:
        """Release what the function holds."""
        await self._function.close()

    async def _ask(self, event: Json) -> Json:
        async with self._permits:
            return await self._function.call(event)
