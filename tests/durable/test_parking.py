"""Parking by itself: a task waits longer each time in a row, and no longer after it has run."""

import asyncio
from typing import Any, cast

from durable import Clock
from durable.runtime import Settings
from durable.runtime.background import Background
from durable.runtime.parking import Parking
from tests.waiting import TIMEOUT_SECONDS


class FakeSender:
    """Notes the releases in order."""

    def __init__(self) -> None:
        self.released: list[str] = []

    async def release(self, task_id: str, _: int) -> None:
        """Note it."""
        self.released.append(task_id)


def test_a_task_that_has_run_here_is_parked_as_briefly_as_a_new_one() -> None:
    """Of two parked tasks the one with fewer failures in a row is released first."""

    async def scenario() -> list[str]:
        sender, background = FakeSender(), Background(lambda _: None)
        quickly = Clock(draw=lambda: 1.9)  # a twentieth of each pause: 0.02 s, 0.04 s, 0.08 s, 0.1 s
        parking = Parking(cast("Any", sender), background, Settings(url="http://server", group="", lease=60.0), quickly)

        async def park(*tasks: str) -> None:
            for task in tasks:
                parking.hold(task, 1)
            await background.wait(TIMEOUT_SECONDS)

        for _ in range(3):
            await park("failing")
        await park("failing", "new")
        parking.forget("failing")
        await park("new", "failing")
        return sender.released

    released = asyncio.run(scenario())
    assert released == ["failing"] * 3 + ["new", "failing"] + ["failing", "new"]
