"""The gate by itself: what a repeated announcement of a running task does."""

import asyncio
import math
from typing import Any, cast

from resonate.transport import ExecuteData, ExecuteMsg, TaskRef

from durable import Clock, current_run
from durable.run import EndReason, Lease, Run, Tools
from durable.runtime import Settings
from durable.runtime.background import Background
from durable.runtime.gate import Gate
from durable.runtime.parking import Parking
from tests.waiting import TIMEOUT_SECONDS


class FakeCore:
    """Acquires a task, as the SDK does, and works on it until it is canceled."""

    def __init__(self) -> None:
        self.runs: list[Run] = []
        self.has_started = asyncio.Event()

    async def on_message(self, _: str, version: int) -> None:
        """Run until canceled."""
        run = current_run()
        run.lease = Lease(version + 1, math.inf)
        self.runs.append(run)
        self.has_started.set()
        await asyncio.Event().wait()

    async def wait_for_start(self) -> None:
        """Return once a run has started since the last call."""
        await self.has_started.wait()
        self.has_started.clear()


def make_gate(core: FakeCore, background: Background, runs: dict[str, Run], *, concurrency: int = 4) -> Gate:
    """Return a closed gate."""
    settings = Settings(url="http://server", group="workers", concurrency=concurrency)
    return Gate(
        executor=cast("Any", core),
        sender=cast("Any", None),
        runs=runs,
        parking=Parking(cast("Any", None), background, settings, Clock()),
        background=background,
        settings=settings,
        tools=Tools(),
    )


def announce(gate: Gate, version: int) -> None:
    """Deliver a message about one task."""
    gate.deliver(ExecuteMsg(data=ExecuteData(task=TaskRef(id="a", version=version))))


def test_a_newer_announcement_ends_the_run_and_starts_another() -> None:
    """Acquiring a task raises its version, so a higher one means that the server took the lease away."""

    async def scenario() -> list[Run]:
        core, background, runs = FakeCore(), Background(lambda _: None), dict[str, Run]()
        gate = make_gate(core, background, runs)
        gate.open()
        announce(gate, 0)
        await core.wait_for_start()
        announce(gate, 0)
        assert runs["a"].end_reason is None, "a repetition changes nothing"
        announce(gate, 1)
        await core.wait_for_start()
        assert runs["a"] is core.runs[1]
        background.cancel()
        runs["a"].end(EndReason.DRAINED)
        return core.runs

    first, second = asyncio.run(asyncio.wait_for(scenario(), TIMEOUT_SECONDS))
    assert (first.version, first.end_reason) == (0, EndReason.TAKEN_OVER)
    assert second.version == 1


def test_a_resumed_job_starts_before_jobs_that_are_new() -> None:
    """A backlog delays new jobs only."""

    async def scenario() -> list[str]:
        core, background, runs = FakeCore(), Background(lambda _: None), dict[str, Run]()
        gate = make_gate(core, background, runs, concurrency=1)
        gate.open()
        started = list[str]()
        for task_id, version in (("running", 0), ("new-1", 0), ("new-2", 0), ("resumed", 1)):
            gate.deliver(ExecuteMsg(data=ExecuteData(task=TaskRef(id=task_id, version=version))))
        for _ in range(4):
            await core.wait_for_start()
            started += runs
            runs[started[-1]].end(EndReason.SETTLED)
        return started

    order = asyncio.run(asyncio.wait_for(scenario(), TIMEOUT_SECONDS))
    assert order == ["running", "resumed", "new-1", "new-2"]
