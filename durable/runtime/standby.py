"""A worker of a group that others serve as a rule: it begins when it is called, and has neither stream nor lease until.

Once called it stays: why somebody had to call it, it does not know, and others may not come back.
"""

import asyncio
from collections.abc import Mapping
from typing import Final

from .settings import Settings
from .worker import Worker


class Standby:
    """It is used as the worker is, and is well as long as nobody has called it."""

    def __init__(self, worker: Worker) -> None:
        self._worker: Final = worker
        self._woken: Final = asyncio.Event()
        self._is_called = False

    @property
    def settings(self) -> Settings:
        """Whom it would serve, and how."""
        return self._worker.settings

    @property
    def is_ready(self) -> bool:
        """Whether it takes work, if it is to."""
        return self._worker.is_ready or not self._is_called

    @property
    def is_alive(self) -> bool:
        """Whether it can go on."""
        return self._worker.is_alive

    @property
    def is_steady(self) -> bool:
        """Whether it may stay."""
        return self._worker.is_steady or (self.is_alive and not self._is_called)

    @property
    def gauges(self) -> Mapping[str, int]:
        """What is here, if anything can be."""
        return self._worker.gauges if self._is_called else {}

    def call(self) -> None:
        """Begin, unless it has."""
        self._is_called = True
        self._woken.set()

    def fail(self, why: str) -> None:
        """End soon, with an exit code that says so."""
        self._worker.fail(why)
        self._woken.set()

    def stop(self) -> None:
        """Drain; the second time, without letting steps finish."""
        self._worker.stop()
        self._woken.set()

    async def work(self) -> int:
        """Work from the call until stopped."""
        await self._woken.wait()
        if self._is_called:
            return await self._worker.work()
        return 0 if self.is_alive else 1
