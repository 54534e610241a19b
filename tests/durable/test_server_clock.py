"""A worker works by the server's time, however wrong the clock of its machine is."""

import asyncio
import json
import logging
import time
from base64 import b64decode
from datetime import timedelta
from email.utils import formatdate

import pytest
from resonate.context import Context

from durable import Clock, current_run, step, work_until, workflow
from durable.runtime import Settings, Worker, WorkerProcess
from durable.runtime.server_clock import ServerClock
from durable.wire.client import Client
from durable.wire.records import Promise
from local.server_process import ServerProcess
from tests.calls import start_request
from tests.waiting import wait_until

NOW = 1_800_000_000.0
DAY = 86_400.0
MINUTE = 60.0


@pytest.mark.parametrize("ahead", [DAY, -DAY, 90.0])
def test_a_clock_that_is_far_off_is_corrected(ahead: float, caplog: pytest.LogCaptureFixture) -> None:
    """Once for all answers of the same time; the log names the difference."""
    server_clock = ServerClock(Clock(now=lambda: NOW + ahead))
    for _ in range(2):
        server_clock.note_date(formatdate(NOW, usegmt=True))
    assert server_clock.as_clock().now() == NOW
    assert caplog.text.count(f"is {ahead:.0f} s ahead of the server's") == 1


@pytest.mark.parametrize("date", [None, "", "yesterday", formatdate(NOW + 20, usegmt=True), formatdate(NOW - 20)])
def test_a_small_difference_or_an_unreadable_date_changes_nothing(date: str | None) -> None:
    server_clock = ServerClock(Clock(now=lambda: NOW))
    server_clock.note_date(date)
    assert server_clock.as_clock().now() == NOW


def test_a_clock_that_was_set_is_trusted_again() -> None:
    times = iter((NOW + DAY, NOW + 1, NOW + 2))
    server_clock = ServerClock(Clock(now=lambda: next(times)))
    server_clock.note_date(formatdate(NOW, usegmt=True))
    server_clock.note_date(formatdate(NOW + 1, usegmt=True))
    assert server_clock.as_clock().now() == NOW + 2


@step(timeout=MINUTE)
async def read_time() -> float:
    """Return the worker's time."""
    return current_run().tools.clock.now()


@workflow(name="timed")
async def work_by_the_clock(ctx: Context) -> float:
    """Do a little work before a deadline, with a durable sleep."""
    began = await ctx.run(read_time)
    with work_until(began + 10 * MINUTE):
        await ctx.run(read_time)
        await ctx.sleep(timedelta(seconds=0.05))
        return await ctx.run(read_time)


@pytest.mark.parametrize("ahead", [25 * 3_600.0, -25 * 3_600.0], ids=["ahead", "behind"])
def test_a_worker_whose_clock_is_a_day_off_does_its_jobs(
    server: ServerProcess, ahead: float, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    clock = Clock(now=lambda: time.time() + ahead)
    worker = WorkerProcess([Worker(Settings(url=server.url, group="g"), [work_by_the_clock], clock=clock)])

    def run_job() -> Promise:
        with Client(server.url) as client:
            client.create(start_request("job", "timed", target="poll://any@g", version=1))
            return wait_until(lambda: None if client.get("job").state == "pending" else client.get("job"), "pending")

    async def serve() -> Promise:
        serving = asyncio.create_task(worker.serve())
        try:
            return await asyncio.to_thread(run_job)
        finally:
            worker.stop()
            await serving

    settled = asyncio.run(serve())
    assert settled.state == "resolved", settled
    assert abs(json.loads(b64decode(settled.value.data or "")) - time.time()) < DAY / 2
    assert "set it; the server's counts" in caplog.text
