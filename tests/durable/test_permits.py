"""A run that only waits for the network gives up its permit, and gets one back before any new task."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, cast

import pytest
from resonate.transport import ExecuteData, ExecuteMsg, TaskRef

from durable import Clock, current_run
from durable.run import EndReason, Tools
from durable.runtime import Settings
from durable.runtime.background import Background
from durable.runtime.gate import Gate
from durable.runtime.parking import Parking
from tests.waiting import TIMEOUT_SECONDS

TURNS = 20  # of the event loop: more than anything here needs


class Lab:
    """A gate for one run at a time. The first task waits for the network; `log` has what happened."""

    def __init__(self) -> None:
        self.log: list[str] = []
        self.answer, self.end_of_b = asyncio.Event(), asyncio.Event()
        self.background = Background(self.log.append)
        self.runs: dict[str, Any] = {}
        settings = Settings(url="http://server", group="workers", concurrency=1)
        self.gate = Gate(
            executor=cast("Any", self),
            sender=cast("Any", None),
            runs=self.runs,
            parking=Parking(cast("Any", None), self.background, settings, Clock()),
            background=self.background,
            settings=settings,
            tools=Tools(),
        )
        self.gate.open()
        for name in ("a", "b", "c"):
            self.gate.deliver(ExecuteMsg(data=ExecuteData(task=TaskRef(id=name, version=0))))

    async def on_message(self, name: str, _: int) -> None:
        """Run one task, as the SDK's core does."""
        async with current_run().hold_step(name):
            self.log.append(f"{name} starts")
            if name == "a":
                async with current_run().without_permit():
                    await self.answer.wait()
            if name == "b":
                await self.end_of_b.wait()
            self.log.append(f"{name} ends")

    async def settle(self) -> list[str]:
        """Let the event loop turn until nothing happens any more, and return the log."""
        for _ in range(TURNS):
            await asyncio.sleep(0)
        return self.log


def run_in_lab(scenario: Callable[[Lab], Coroutine[Any, Any, None]]) -> None:
    """Run a scenario."""

    async def run() -> None:
        lab = Lab()
        try:
            await scenario(lab)
        finally:
            lab.background.cancel()

    asyncio.run(asyncio.wait_for(run(), TIMEOUT_SECONDS))


def test_a_run_that_waits_for_the_network_lets_the_next_one_start() -> None:
    async def scenario(lab: Lab) -> None:
        assert await lab.settle() == ["a starts", "b starts"]

    run_in_lab(scenario)


def test_a_run_that_comes_back_waits_for_a_permit_and_gets_it_before_new_tasks() -> None:
    async def scenario(lab: Lab) -> None:
        await lab.settle()
        lab.answer.set()
        assert await lab.settle() == ["a starts", "b starts"]
        lab.end_of_b.set()
        assert (await lab.settle())[2:] == ["b ends", "a ends", "c starts", "c ends"]

    run_in_lab(scenario)


@pytest.mark.parametrize("has_answer", [False, True])
def test_a_run_that_is_canceled_without_its_permit_takes_none_from_others(*, has_answer: bool) -> None:
    """Neither while it waits for the network, nor while it waits for a permit: c runs after b, and not beside it."""

    async def scenario(lab: Lab) -> None:
        await lab.settle()
        if has_answer:
            lab.answer.set()
            await lab.settle()
        lab.runs["a"].end(EndReason.SETTLED)
        assert await lab.settle() == ["a starts", "b starts"]
        assert "a" not in lab.runs
        lab.end_of_b.set()
        assert (await lab.settle())[2:] == ["b ends", "c starts", "c ends"]

    run_in_lab(scenario)
