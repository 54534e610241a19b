"""What a worker does beside its jobs: again and again, whatever became of the last time."""

import asyncio
from typing import cast

import pytest

from durable import Clock, PeriodicTask, Server
from durable.runtime.worker import run_periodically


def test_a_round_that_fails_is_told_of_and_the_next_one_comes(caplog: pytest.LogCaptureFixture) -> None:
    """After a time with a share of chance in it, so that workers do not come together."""
    rounds: list[str] = []
    pauses: list[float] = []

    async def sometimes(_: Server) -> None:
        rounds.append("begun")
        if len(rounds) == 1:
            raise OSError("no route")

    async def sleep(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 3:
            raise asyncio.CancelledError

    upkeep = PeriodicTask(name="sweeping", interval=60, run=sometimes)
    with pytest.raises(asyncio.CancelledError):
        asyncio.run(run_periodically(upkeep, cast("Server", None), Clock(sleep=sleep, draw=lambda: 0.5)))
    assert (len(rounds), pauses) == (3, [54.0, 54.0, 54.0])
    assert [record.getMessage() for record in caplog.records] == ["sweeping failed"]
