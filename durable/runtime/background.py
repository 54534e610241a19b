"""Asyncio tasks that no caller awaits. An error in one is an internal error, and ends the worker."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Final


class Background:
    """`fail` is called with the reason when a task raises."""

    def __init__(self, fail: Callable[[str], None]) -> None:
        self._fail: Final = fail
        self._tasks: Final = set[asyncio.Task[Any]]()

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        """Start a task, and hold a reference to it: asyncio keeps none."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._finish)

    async def wait(self, seconds: float) -> None:
        """Return once all tasks are done, or the time is over."""
        if self._tasks:
            await asyncio.wait(set(self._tasks), timeout=seconds)

    def cancel(self) -> None:
        """Cancel all tasks."""
        for task in self._tasks:
            task.cancel()

    def _finish(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        error = None if task.cancelled() else task.exception()
        if error:
            self._fail(f"internal error of the worker: {error!r}")
