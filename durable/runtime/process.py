"""A worker's process: its signals, its health pages, and an exit that no step or thread can block."""

import asyncio
import logging
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack, suppress
from typing import Final, NoReturn

from durable.logs import filter_core_logs, log_as_json_by_default, log_event
from durable.sandbox import forbid_inspection

from .health import HOST, serve_health
from .worker import Worker, log_failure

_LOG = logging.getLogger(__name__)
_TRACING_SECONDS: Final = 2.0  # after a drain; ECS kills a container 30 seconds after its signal


class WorkerProcess:
    """Runs one worker or several, each with its own group, stream, gate, leases and concurrency.

    They start and stop together: a process that served only some of its groups would look healthy.
    """

    def __init__(self, workers: Sequence[Worker], *, health_port: int | None = None) -> None:
        """`health_port` is on the loopback address; without one there are no health pages."""
        self.workers: Final = workers
        self._health_port: Final = health_port
        self._is_stopping = False
        self._has_failed = False
        for worker in workers:
            worker.on_failure = self._log_first_failure

    def run(self) -> NoReturn:
        """Serve, then end this process with the exit code, even if a step or a thread hangs."""
        forbid_inspection()
        log_as_json_by_default()
        asyncio.run(self._serve_and_exit())
        raise AssertionError  # the process has ended

    async def serve(self) -> int:
        """Work until a signal or a failure, and return the exit code."""
        filter_core_logs()
        for name in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(name, self.stop)
        async with AsyncExitStack() as stack:
            try:
                await stack.enter_async_context(serve_health(self, self._health_port))
            except OSError as exc:
                self.fail(f"the health port {self._health_port} of {HOST} cannot be used: {exc.strerror}")
            await asyncio.gather(*map(self._work, self.workers))
        await self._close_tracing()
        return 0 if self.is_alive else 1

    def stop(self) -> None:
        """Drain; a second call ends running steps."""
        self._is_stopping = True
        for worker in self.workers:
            worker.stop()

    def fail(self, reason: str) -> None:
        """End soon, with exit code 1."""
        for worker in self.workers:
            worker.fail(reason)

    @property
    def is_ready(self) -> bool:
        """Whether all workers take work."""
        return all(worker.is_ready for worker in self.workers)

    @property
    def is_alive(self) -> bool:
        """Whether no worker has failed."""
        return all(worker.is_alive for worker in self.workers)

    @property
    def is_steady(self) -> bool:
        """Whether all workers were ready once, and none has failed."""
        return all(worker.is_steady for worker in self.workers)

    @property
    def gauges(self) -> Mapping[str, int]:
        """The workers' gauges; the group's name stands before each."""
        return {
            f"{worker.settings.group} {name}": value for worker in self.workers for name, value in worker.gauges.items()
        }

    async def _serve_and_exit(self) -> None:
        code = 1
        try:
            code = await self.serve()
        except Exception as exc:  # noqa: BLE001 no later code could log it
            log_event(_LOG, logging.CRITICAL, "internal error of the worker", {}, exc)
        finally:
            logging.shutdown()
            sys.stdout.flush()
            os._exit(code)  # an orderly exit would wait forever for a step that ignores its cancellation

    async def _close_tracing(self) -> None:
        """Send the last spans, if the collector answers in time."""
        for tracing in {worker.tracing for worker in self.workers}:
            with suppress(TimeoutError):
                await asyncio.wait_for(asyncio.to_thread(tracing.close), _TRACING_SECONDS)

    async def _work(self, worker: Worker) -> None:
        await worker.work()
        if not self._is_stopping:  # this worker failed: drain the others
            self.stop()

    def _log_first_failure(self, reason: str) -> None:
        """Log one reason for the process: later ones follow from it and would hide it."""
        if not self._has_failed:
            log_failure(reason)
        self._has_failed = True
