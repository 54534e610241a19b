"""Renew leases, and end the runs that lost theirs before another worker can start them.

The server answers every heartbeat with 200, so a lost lease shows only by the clock: a lease counts from the moment
that its last answered heartbeat was sent. If an operator or the server ends a task, only a read of the task shows it.
So from its second heartbeat on, each run costs one more small request.
"""

import asyncio
from collections import defaultdict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Final

from resonate.error import ResonateError
from resonate.ids import origin_of
from resonate.send import TaskRef

from durable.run import EndReason, Run, Runs

from .sender import RunSender
from .settings import Settings
from .task_check import check_task

_TICK_SECONDS: Final = 0.1
# A run that ends for these reasons needs its lease until all its steps have ended.
_RENEWED_REASONS: Final = (None, EndReason.DRAINED, EndReason.BODY_LEFT)


class Leases:
    """Implements the SDK's `Heartbeat`; `fail` is called when a run does not end although it must."""

    def __init__(
        self, sender: RunSender, runs: Runs, settings: Settings, clock: Callable[[], float], fail: Callable[[str], None]
    ) -> None:
        self._sender: Final = sender
        self._runs: Final = runs
        self._settings: Final = settings
        self._clock: Final = clock
        self._fail: Final = fail
        self._interval: Final = settings.lease / 3
        self._held_before: set[Run] = set()  # in the round before
        self._margin: Final = min(1.0, settings.lease / 10)  # to end a run before another worker can start it

    def start(self, task_id: str, task_version: int) -> None:
        """Do nothing: the sender notes the lease when the task is acquired."""

    def stop(self, task_id: str) -> None:
        """Do nothing: the run needs its lease until its steps have ended, and the SDK does not know these."""

    def shutdown(self) -> None:
        """Do nothing: the runs end first."""

    async def keep(self) -> None:
        """Renew leases and check their tasks until canceled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._watch())
            while True:
                self._start_round(tasks)
                await asyncio.sleep(self._interval)

    async def renew_once(self) -> None:
        """Renew leases and check their tasks now, for a caller that drives the time itself."""
        async with asyncio.TaskGroup() as tasks:
            self._start_round(tasks)

    def _start_round(self, tasks: asyncio.TaskGroup) -> None:
        held = {run for run in self._runs.values() if run.lease and run.end_reason in _RENEWED_REASONS}
        origins: dict[str, list[Run]] = defaultdict(list)
        for run in held:
            origins[origin_of(run.id)].append(run)
        # One request for each origin: newer servers require it, and a request that hangs delays no other renewal.
        for group in origins.values():
            tasks.create_task(self._renew(group))
        for run in held & self._held_before:
            tasks.create_task(self._check(run))
        self._held_before = held

    async def _renew(self, group: list[Run]) -> None:
        sent = self._clock()
        refs = [TaskRef(id=run.id, version=run.lease.version) for run in group if run.lease]
        with suppress(ResonateError, TimeoutError):
            async with asyncio.timeout(self._interval):
                await self._sender.task_heartbeat(self._settings.pid, refs)
            for run in group:
                if run.lease and self._clock() < run.lease.until:
                    run.lease = replace(run.lease, until=sent + self._settings.lease)

    async def _check(self, run: Run) -> None:
        with suppress(ResonateError, TimeoutError):
            async with asyncio.timeout(self._interval):
                await check_task(run, self._sender)

    async def _watch(self) -> None:
        """End runs whose lease lapses, and fail the worker when a run does not end in time."""
        tick = min(_TICK_SECONDS, self._settings.lease / 20)
        while True:
            now = self._clock()
            for run in list(self._runs.values()):
                if run.lease and now > run.lease.until - self._margin:
                    run.end(EndReason.LEASE_LAPSED)
                if run.end_reason:
                    run.overdue += tick
                if run.overdue > self._settings.cleanup_timeout:
                    self._fail(f"a step of {run.id} ignores its cancellation")
            await asyncio.sleep(tick)
