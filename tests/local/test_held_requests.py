"""The gateway holds requests for clients that prefer it, and those that wait hold up no other client."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from local.events import Json, make_event
from local.held_requests import HoldingFunction

CLIENTS = 500


@dataclass
class CountingFunction:
    """A function that answers once a gate is open, and counts the events that it has at a time."""

    gate: asyncio.Event = field(default_factory=asyncio.Event)
    has_changed: bool = False
    running: int = 0
    most: int = 0
    calls: int = 0

    async def call(self, event: Json) -> Json:
        self.running += 1
        self.calls += 1
        self.most = max(self.most, self.running)
        await self.gate.wait()
        self.running -= 1
        if "if-none-match" in event["headers"] and not self.has_changed:
            return {"statusCode": 304, "headers": {"Retry-After": "1"}, "body": ""}
        return {"statusCode": 200, "headers": {}, "body": '{"status": "done"}'}

    async def close(self) -> None:
        """Hold nothing."""


def read_status(**headers: str) -> Json:
    return make_event("GET", "/status/a", headers=headers)


HELD_EVENT = read_status(**{"prefer": "wait=15", "if-none-match": '"1"'})


def test_hundreds_of_clients_that_wait_occupy_few_processes() -> None:
    async def check() -> None:
        wakes: list[asyncio.Event] = []

        async def sleep(_: float) -> None:
            wakes.append(asyncio.Event())
            await wakes[-1].wait()

        function = CountingFunction()
        gateway = HoldingFunction(function, sleep=sleep)
        held = [asyncio.create_task(gateway.call(HELD_EVENT)) for _ in range(CLIENTS)]
        other = asyncio.create_task(gateway.call(read_status()))
        await settle_down(lambda: function.running >= 5)
        assert (function.running, function.calls) == (5, 5)  # four of those that wait, and the other one
        function.gate.set()
        assert (await other)["statusCode"] == 200
        await settle_down(lambda: len(wakes) == CLIENTS)
        assert function.running == 0  # all of them sleep
        function.has_changed = True
        for wake in wakes:
            wake.set()
        answers = await asyncio.gather(*held)
        assert {(one["statusCode"], one["headers"]["Preference-Applied"]) for one in answers} == {(200, "wait=15")}
        assert function.calls == 2 * CLIENTS + 1

    asyncio.run(check())


async def settle_down(is_done: Callable[[], bool]) -> None:
    """Let the other tasks run until they have come so far, or cannot go on."""
    for _ in range(5 * CLIENTS):
        if is_done():
            break
        await asyncio.sleep(0)


def test_a_request_is_held_no_longer_than_its_time() -> None:
    async def check() -> tuple[list[float], Json]:
        pauses: list[float] = []

        async def sleep(seconds: float) -> None:
            pauses.append(seconds)

        function = CountingFunction()
        function.gate.set()
        gateway = HoldingFunction(function, now=lambda: sum(pauses), sleep=sleep)
        return pauses, await gateway.call(HELD_EVENT)

    pauses, answer = asyncio.run(check())
    assert (answer["statusCode"], sum(pauses)) == (304, 15)
