"""Tasks of the event loop that nobody awaits. An error in one is a fault of ours, and the worker's end."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Final


class Background:
    """`on_fault` is told of an error that nobody foresaw."""

    def __init__(self, on_fault: Callable[[str], None]) -> None:
        self._on_fault: Final = on_fault
        self._tasks: Final = set[asyncio.Task[Any]]()

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        """Do the work, and keep it from being collected as garbage meanwhile."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    async def wait(self, seconds: float) -> None:
        """Return once all of them are done, or the time is over."""
        if self._tasks:
            await asyncio.wait(set(self._tasks), timeout=seconds)

    def cancel(self) -> None:
        """End all of them."""
        for task in self._tasks:
            task.cancel()

    def _done(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        error = None if task.cancelled() else task.exception()
        if error:
            self._on_fault(f"a fault in the worker itself: {error!r}")
