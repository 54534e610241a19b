"""A function in processes: each answers one event at a time, is reused, killed when it is too slow, and replaced."""

import asyncio
from collections.abc import Awaitable, Callable

import psutil
import pytest

from local.containers import Containers
from local.events import Json
from local.functions import FunctionError
from tests.waiting import wait_until


def run(containers: Containers, use: Callable[[], Awaitable[None]]) -> None:
    async def main() -> None:
        try:
            await use()
        finally:
            await containers.close()

    asyncio.run(main())


async def fail(containers: Containers, event: Json) -> FunctionError:
    with pytest.raises(FunctionError) as caught:
        await containers.call(event)
    return caught.value


def test_a_process_is_reused_and_survives_an_exception_of_the_handler(handler: str) -> None:
    containers = Containers(handler, limit=4, seconds=30)

    async def use() -> None:
        first = await containers.call({})
        assert first["name"] == "slow"
        assert 0 < first["left"] <= 30_000
        error = await fail(containers, {"raise": "too bad"})
        assert error.details["errorType"] == "ValueError"
        assert error.details["errorMessage"] == "too bad"
        second = await containers.call({})
        assert second["pid"] == first["pid"]
        assert second["id"] != first["id"]

    run(containers, use)


def test_a_function_that_takes_too_long_is_killed_and_replaced(handler: str) -> None:
    containers = Containers(handler, limit=1, seconds=0.3)

    async def use() -> None:
        slow = (await containers.call({}))["pid"]
        error = await fail(containers, {"seconds": 60})
        assert error.details["errorType"] == "Sandbox.Timedout"
        assert error.details["errorMessage"].endswith("Task timed out after 0.30 seconds")
        assert (await containers.call({}))["pid"] != slow
        assert not psutil.pid_exists(slow)

    run(containers, use)


def test_a_function_that_ends_its_process_has_failed_and_is_replaced(handler: str) -> None:
    containers = Containers(handler, limit=1, seconds=30)

    async def use() -> None:
        error = await fail(containers, {"exit": 3})
        assert error.details["errorType"] == "Runtime.ExitError"
        assert error.details["errorMessage"].endswith("Runtime exited with error: exit status 3")
        assert (await containers.call({}))["name"] == "slow"

    run(containers, use)


def test_events_run_at_the_same_time_up_to_the_limit(handler: str) -> None:
    containers = Containers(handler, limit=2, seconds=30)

    async def use() -> None:
        answers = await asyncio.gather(*(containers.call({"seconds": 0.2}) for _ in range(4)))
        assert len({answer["pid"] for answer in answers}) == 2
        assert not containers.is_full

    run(containers, use)


def test_short_events_share_a_process(handler: str) -> None:
    """They end before another one has started."""
    containers = Containers(handler, limit=4, seconds=30, busy_seconds=30)

    async def use() -> None:
        first = await containers.call({})
        others = await asyncio.gather(*(containers.call({}) for _ in range(20)))
        assert {answer["pid"] for answer in others} == {first["pid"]}

    run(containers, use)


def test_an_event_does_not_wait_for_a_long_one(handler: str) -> None:
    containers = Containers(handler, limit=4, seconds=60, busy_seconds=0.1)

    async def use() -> None:
        first = await containers.call({})
        long = asyncio.create_task(containers.call({"seconds": 60}))
        await asyncio.sleep(0)
        assert (await containers.call({}))["pid"] != first["pid"]
        long.cancel()

    run(containers, use)


def test_a_handler_that_cannot_be_imported_is_a_failure(handler: str) -> None:
    containers = Containers(handler.replace("slow", "missing"), limit=1, seconds=30)

    async def use() -> None:
        error = await fail(containers, {})
        assert error.details["errorMessage"].endswith("Runtime exited with error: exit status 1")

    run(containers, use)


def test_processes_without_events_end_except_one(handler: str) -> None:
    """A burst would else hold its memory for as long as the laptop serves."""
    containers = Containers(handler, limit=3, seconds=30, idle_seconds=0.1)

    async def use() -> None:
        pids = {answer["pid"] for answer in await asyncio.gather(*(containers.call({"seconds": 0.5}) for _ in "123"))}
        assert len(pids) == 3

        def list_running() -> set[int]:
            return {pid for pid in pids if psutil.pid_exists(pid)}

        await asyncio.to_thread(wait_until, lambda: len(list_running()) == 1, "all processes but one end")
        assert {(await containers.call({}))["pid"]} == list_running()

    run(containers, use)
