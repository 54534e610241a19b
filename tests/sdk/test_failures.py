"""The Python SDK, unchanged, where something ends in the middle: a job, a worker, the server itself."""

import asyncio
import time

import pytest
from resonate.error import ApplicationError
from resonate.resonate import Resonate
from resonate.types import Value

from local.server_process import Options, ServerProcess, ServerProgram
from tests.conftest import StartServer
from tests.sdk.stage import Stage, play
from tests.waiting import POLL_SECONDS

SHORT_LEASE = 2.0  # seconds; how long a killed worker's task stays its own
LONG_STEP = 5.0  # seconds; half of it is a lease that a crowded machine still renews in time
NAP = 1.5  # seconds; longer than it takes to see the sleep and to kill a worker


async def until_asleep(caller: Resonate) -> None:
    """Return once a sleep is under way, which is a promise with a tag of its own."""
    asleep = False
    while not asleep:
        await asyncio.sleep(POLL_SECONDS)
        timers = await caller.promises.search("pending", {"resonate:timer": "true"}, None, None)
        asleep = bool(timers.promises)


def test_no_step_starts_after_a_cancel(stage: Stage) -> None:
    """Of a workflow that is cancelled from outside the running step ends, no other begins, and the caller is told."""

    async def scenario() -> None:
        async with stage.caller() as caller:
            workers = caller.options(target="workers")
            handle = workers.rpc("cancelled", "gated")
            await stage.evidence.first(lambda line: line.event == "arrived")
            await caller.promises.cancel("cancelled", Value())
            with pytest.raises(ApplicationError, match="canceled"):
                await handle.result()
            stage.evidence.open_gate()
            # The worker has one slot: another job ends only when the cancelled one has left it.
            assert await workers.rpc("next", "double", 1).result() == 2

    stage.start("workers", slots=1)
    play(scenario())
    assert stage.evidence.events_of("cancelled") == ["before", "arrived", "passed"]


def test_another_worker_finishes_what_a_killed_one_began(stage: Stage) -> None:
    """After SIGKILL in the middle of a step another worker runs that step again, and none that had finished."""

    async def scenario() -> object:
        async with stage.caller() as caller:
            handle = caller.options(target="workers").rpc("orphan", "gated")
            stage.kill((await stage.evidence.first(lambda line: line.event == "arrived")).pid)
            stage.evidence.open_gate()
            return await handle.result()

    stage.start("workers", "workers", lease=SHORT_LEASE)
    assert play(scenario()) == ["before", "passed", "after"]
    assert stage.evidence.events_of("orphan") == ["before", "arrived", "arrived", "passed", "after"]
    assert len({line.pid for line in stage.evidence.lines()}) == 2


def test_a_step_may_last_longer_than_its_lease(stage: Stage) -> None:
    """Heartbeats keep a task for the worker that runs it: no other gets it, however long its step takes."""

    async def scenario() -> object:
        async with stage.caller() as caller:
            workers = caller.options(target="workers")
            handle = workers.rpc("patient", "gated")
            await stage.evidence.first(lambda line: line.event == "arrived")
            await workers.rpc("clock", "nap", LONG_STEP).result()
            stage.evidence.open_gate()
            return await handle.result()

    stage.start("workers", "workers", lease=LONG_STEP / 2)
    assert play(scenario()) == ["before", "passed", "after"]
    assert stage.evidence.events_of("patient") == ["before", "arrived", "passed", "after"]


def test_a_sleep_outlives_the_worker_that_fell_asleep(stage: Stage) -> None:
    """A workflow sleeps as long as it said, and wakes on another worker when its own was killed meanwhile."""

    async def scenario() -> object:
        async with stage.caller() as caller:
            handle = caller.options(target="workers").rpc("sleeper", "nap", NAP)
            before = await stage.evidence.first(lambda line: line.event == "before")
            await until_asleep(caller)
            stage.kill(before.pid)
            return await handle.result()

    stage.start("workers", "workers", lease=SHORT_LEASE)
    begun = time.monotonic()
    assert play(scenario()) == ["before", "after"]
    assert time.monotonic() - begun > NAP
    assert stage.evidence.events_of("sleeper") == ["before", "after"]


def test_a_job_outlives_the_server(
    stage: Stage, server_program: ServerProgram, server: ServerProcess, start_server: StartServer
) -> None:
    """After SIGKILL of the server and a new start on its data the job goes on, and no step runs twice."""

    async def begin() -> None:
        async with stage.caller() as caller:
            await caller.options(target="workers").rpc("survivor", "gated").id()
            await stage.evidence.first(lambda line: line.event == "arrived")

    async def finish() -> object:
        async with stage.caller() as caller:
            return await (await caller.get("survivor")).result()

    stage.start("workers")
    play(begin())
    server.kill()
    stage.evidence.open_gate()  # so the step ends while there is no server to tell it to
    start_server(server_program, options=Options(retry_timeout=2_000), port=server.port)
    assert play(finish()) == ["before", "passed", "after"]
    assert stage.evidence.events_of("survivor") == ["before", "arrived", "passed", "after"]
