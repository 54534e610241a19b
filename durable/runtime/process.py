"""What a worker needs of its process, and the process of it: signals to hear, a page that says how it is, an exit code.

A process may carry one worker or several, so this is beside them.
"""

import asyncio
import logging
import signal
from contextlib import AsyncExitStack
from typing import Protocol

from durable.logs import filter_core_logs, log_event

from .health import HOST, Watched, answering

_LOG = logging.getLogger(__name__)


class Carried(Watched, Protocol):
    """A worker, or several as one."""

    def fail(self, why: str) -> None:
        """End soon, with an exit code that says so."""

    def stop(self) -> None:
        """Drain; the second time, in a hurry."""

    async def work(self) -> int:
        """Work until stopped, and return the exit code."""


class FatalReason:
    """The one line that says why a process cannot go on: what follows from it would only hide it."""

    def __init__(self) -> None:
        self._are_said = False

    def log(self, why: str) -> None:
        """Say it, unless something was said before."""
        if not self._are_said:
            log_event(_LOG, logging.CRITICAL, why, {"event": "worker_failed"})
        self._are_said = True


async def carry(worker: Carried, health_port: int | None) -> int:
    """Work as a process does, and return its exit code."""
    filter_core_logs()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, worker.stop)
    async with AsyncExitStack() as stack:
        try:
            await stack.enter_async_context(answering(worker, health_port))
        except OSError as exc:
            worker.fail(f"the health port {health_port} of {HOST} cannot be used: {exc.strerror}")
        return await worker.work()
