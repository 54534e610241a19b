"""Leases by themselves: a run ends before another worker may start it."""

import asyncio
from typing import Any, cast

from durable.run import EndReason, Lease, Run, Tools
from durable.runtime import Settings
from durable.runtime.leases import Leases
from tests.waiting import TIMEOUT_SECONDS

LEASE = 10.0


class SilentServer:
    """Answers no heartbeat."""

    async def task_heartbeat(self, *_: object) -> None:
        """Take longer than the client waits."""
        raise TimeoutError


class ManualClock:
    """Shows the time that a test sets, and counts how often it was read."""

    def __init__(self) -> None:
        self.now = 0.0
        self.reads = 0

    def __call__(self) -> float:
        self.reads += 1
        return self.now

    async def wait_for_reads(self, count: int) -> None:
        """Return once it was read so many times more."""
        end = self.reads + count
        while self.reads < end:  # noqa: ASYNC110 the reader knows no event
            await asyncio.sleep(0.01)


def test_a_run_without_heartbeats_ends_a_second_before_its_lease() -> None:
    """Its steps need that time to end, and another worker may start the task when the lease is over."""

    async def scenario() -> list[EndReason | None]:
        clock, run = ManualClock(), Run("a", 0, Tools())
        run.lease = Lease(1, LEASE)
        settings = Settings(url="http://server", group="workers", lease=LEASE)
        leases = Leases(cast("Any", SilentServer()), {"a": run}, settings, clock, lambda _: None)
        keeping = asyncio.create_task(leases.keep())
        clock.now = LEASE - 1.01
        await clock.wait_for_reads(5)
        before = run.end_reason
        clock.now = LEASE - 0.99
        await clock.wait_for_reads(5)
        keeping.cancel()
        return [before, run.end_reason]

    assert asyncio.run(asyncio.wait_for(scenario(), TIMEOUT_SECONDS)) == [None, EndReason.LEASE_LAPSED]
