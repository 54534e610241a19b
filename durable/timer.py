"""The time limit of an attempt of a step. Waiting for a slot does not count: it depends on other steps."""

import asyncio
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from contextvars import ContextVar
from typing import Self

_TIMER: ContextVar["Timer | None"] = ContextVar("timer", default=None)


class Timer:
    """Cancels what runs in its `async with` block when the time is over; then the block raises TimeoutError."""

    def __init__(self, seconds: float) -> None:
        self._left = seconds
        self._pauses = 0
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
    def has_expired(self) -> bool:
        """Whether this limit ended the block."""
        return self._timeout.expired()

    @contextmanager
    def pause(self) -> Iterator[None]:
        """Stop the clock inside the block; of several pauses at once, the last to end starts it again."""
        now = asyncio.get_running_loop().time
        when = self._timeout.when()
        if not self._pauses and when is not None and not self.has_expired:
            self._left = when - now()
            self._timeout.reschedule(None)
        self._pauses += 1
        try:
            yield
        finally:
            self._pauses -= 1
            if self._is_open and not self._pauses and not self.has_expired:
                self._timeout.reschedule(now() + self._left)


@contextmanager
def pause_step_timer() -> Iterator[None]:
    """Do not count the time inside the block against the step that the caller runs in."""
    timer = _TIMER.get()
    if timer is None:
        yield
        return
    with timer.pause():
        yield
