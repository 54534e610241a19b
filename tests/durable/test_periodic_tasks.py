"""Periodic tasks of a worker run again after a failure."""

import asyncio
from typing import cast

import pytest

from durable import Clock, PeriodicTask, Server
from durable.runtime.worker import run_periodically


def test_a_failed_round_is_logged_and_the_next_one_runs(caplog: pytest.LogCaptureFixture) -> None:
    """The interval has jitter, so that workers do not run a task together."""
    rounds: list[str] = []
    pauses: list[float] = []

    async def fail_once(_: Server) -> None:
        rounds.append("started")
        if len(rounds) == 1:
            raise OSError("no route")

    async def sleep(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 3:
            raise asyncio.CancelledError

    task = PeriodicTask(name="sweeping", interval=60, run=fail_once)
    with pytest.raises(asyncio.CancelledError):
        asyncio.run(run_periodically(task, cast("Server", None), Clock(sleep=sleep, draw=lambda: 0.5)))
    assert (len(rounds), pauses) == (3, [54.0, 54.0, 54.0])
    assert [record.getMessage() for record in caplog.records] == ["sweeping failed"]
