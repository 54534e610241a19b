"""Leases: they are renewed in time, and what they allowed is ended in time when they were not.

The server answers 200 to every heartbeat, so only a clock can say that a lease is gone: it lasts from when the last
answered request was sent. And only a look at the task says that somebody ended it: a cancelled job's step would go on
to its end, and be refused then. So each heartbeat of a run that was there at the last one is followed by a look, for
one more small request. A listener on the promise would cost one for every run, also the short ones, and its message
may be lost when a stream is replaced.
"""

import asyncio
from collections import defaultdict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Final

from resonate.error import ResonateError
from resonate.ids import ORIGIN_SEP, origin_of
from resonate.send import TaskRef
from resonate.types import PromiseSettleReq, TaskRecord, Value

from durable.run import Ending, Run, Runs

from .sender import RunSender
from .settings import Settings

_DETACHED: Final = "d"  # how the SDK begins the lineage of such an id
_MOST: Final = 1_000  # parts that are canceled together
_TICK: Final = 0.1
_KEPT: Final = (None, Ending.DRAINED, Ending.BODY_LEFT)  # such a run needs its lease until nothing is left of it


class Leases:
    """Satisfies the SDK's `Heartbeat`; `on_stuck` is told of a run that does not end although it must."""

    def __init__(
        self,
        sender: RunSender,
        runs: Runs,
        settings: Settings,
        clock: Callable[[], float],
        on_stuck: Callable[[str], None],
    ) -> None:
        self._sender: Final = sender
        self._runs: Final = runs
        self._settings: Final = settings
        self._clock: Final = clock
        self._on_stuck: Final = on_stuck
        self._beat: Final = settings.lease / 3
        self._margin: Final = min(1.0, settings.lease / 10)  # to end everything before anybody else may begin

    def start(self, task_id: str, task_version: int) -> None:
        """Do nothing: the run has had its lease since it was acquired."""

    def stop(self, task_id: str) -> None:
        """Do nothing: the run needs its lease until all its parts are gone, and the SDK knows only of itself."""

    def shutdown(self) -> None:
        """Do nothing: the runs end first."""

    async def keep(self) -> None:
        """Renew, look and watch until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._watch())
            before: set[Run] = set()
            while True:
                held = {run for run in self._runs.values() if run.lease and run.ending in _KEPT}
                origins: dict[str, list[Run]] = defaultdict(list)
                for run in held:
                    origins[origin_of(run.id)].append(run)
                # One request an origin: newer servers ask for it, and an origin that hangs costs no other its lease.
                for group in origins.values():
                    tasks.create_task(self._renew(group))
                for run in held & before:
                    tasks.create_task(self._look(run))
                before = held
                await asyncio.sleep(self._beat)

    async def _renew(self, group: list[Run]) -> None:
        sent = self._clock()
        refs = [TaskRef(id=run.id, version=run.lease.version) for run in group if run.lease]
        with suppress(ResonateError, TimeoutError):
            async with asyncio.timeout(self._beat):
                await self._sender.task_heartbeat(self._settings.pid, refs)
            for run in group:
                if run.lease and self._clock() < run.lease.until:
                    run.lease = replace(run.lease, until=sent + self._settings.lease)

    async def _look(self, run: Run) -> None:
        with suppress(ResonateError, TimeoutError):
            async with asyncio.timeout(self._beat):
                await self._cancel_orphan(run)
                task = await self._sender.task_get(run.id)
            if run.lease and (why := _lost(task, run.lease.version)):
                run.end(why)

    async def _cancel_orphan(self, run: Run) -> None:
        """Cancel a part of a job whose job has ended: the server does not, and nobody waits for it any more.

        With it go the parts that still wait for a worker, or each would be begun to be found an orphan. What a job
        detached is meant to outlive it.
        """
        job, _, lineage = run.id.partition(ORIGIN_SEP)
        if not _is_part(lineage) or (await self._sender.task_get(job)).state != "fulfilled":
            return
        left = await self._sender.promise_search(
            "pending", {"resonate:origin": job, "resonate:scope": "global"}, _MOST, None
        )
        others = [found.id for found in left.promises if _is_part(found.id.partition(ORIGIN_SEP)[2])]
        for promise in dict.fromkeys((*others, run.id)):
            await self._sender.promise_settle(PromiseSettleReq(id=promise, state="rejected_canceled", value=Value()))

    async def _watch(self) -> None:
        tick = min(_TICK, self._settings.lease / 20)
        while True:
            now = self._clock()
            for run in list(self._runs.values()):
                if run.lease and now > run.lease.until - self._margin:
                    run.end(Ending.LEASE_LAPSED)
                if run.ending:
                    run.overdue += tick
                if run.overdue > self._settings.cleanup_timeout:
                    self._on_stuck(f"a step of {run.id} ignores its cancellation")
            await asyncio.sleep(tick)


def _is_part(lineage: str) -> bool:
    return bool(lineage) and not lineage.startswith(_DETACHED)


def _lost(task: TaskRecord, version: int) -> Ending | None:
    """Return why a lease of this version is gone, if it is."""
    if task.state == "fulfilled":
        return Ending.SETTLED
    if task.state == "halted":
        return Ending.HALTED
    return Ending.TAKEN_OVER if task.version > version else None
