"""The time that an attempt of a step has. Waiting for a slot takes none of it: it says nothing about the step."""

import asyncio
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from contextvars import ContextVar
from typing import Self

_TIMER: ContextVar["Timer | None"] = ContextVar("timer", default=None)


class Timer:
    """Cancels what runs in its `async with` block when its time is over; then the block raises TimeoutError."""

    def __init__(self, seconds: float) -> None:
        self._left = seconds
        self._waiting = 0
        self._is_open = False
        self._timeout = asyncio.timeout(seconds)
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        token = _TIMER.set(self)
        self._stack.callback(_TIMER.reset, token)
        await self._stack.enter_async_context(self._timeout)
        self._is_open = True
        return self

    async def __aexit__(self, *error: object) -> bool:
        self._is_open = False
        return bool(await self._stack.__aexit__(*error))  # type: ignore[arg-type] # three of them, as Python gave them

    @property
    def is_over(self) -> bool:
        """Whether its time is what ended the block."""
        return self._timeout.expired()

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Stop the clock while something of this attempt waits; the last one that has waited starts it again."""
        now = asyncio.get_running_loop().time
        when = self._timeout.when()
        if not self._waiting and when is not None and not self.is_over:
            self._left = when - now()
            self._timeout.reschedule(None)
        self._waiting += 1
        try:
            yield
        finally:
            self._waiting -= 1
            if self._is_open and not self._waiting and not self.is_over:
                self._timeout.reschedule(now() + self._left)


@contextmanager
def paused_step_timer() -> Iterator[None]:
    """Keep what happens inside out of the time of the step that this belongs to."""
    timer = _TIMER.get()
    if timer is None:
        yield
        return
    with timer.paused():
        yield
