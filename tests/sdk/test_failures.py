"""The Python SDK, unchanged, where something ends in the middle: a job, a worker, the server itself."""

import asyncio
import time

import pytest
from resonate.error import ApplicationError
from resonate.resonate import Resonate
from resonate.types import Value

from local.server_process import Options, ServerProcess, ServerProgram
from tests.conftest import StartServer
from tests.sdk.lab import SdkLab, run_scenario
from tests.waiting import POLL_SECONDS

SHORT_LEASE = 2.0  # seconds; how long a killed worker's task stays its own
LONG_STEP = 5.0  # seconds; half of it is a lease that a crowded machine still renews in time
NAP = 1.5  # seconds; longer than it takes to see the sleep and to kill a worker


async def wait_until_asleep(caller: Resonate) -> None:
    """Return once a sleep is under way, which is a promise with a tag of its own."""
    asleep = False
    while not asleep:
        await asyncio.sleep(POLL_SECONDS)
        timers = await caller.promises.search("pending", {"resonate:timer": "true"}, None, None)
        asleep = bool(timers.promises)


def test_no_step_starts_after_a_cancel(lab: SdkLab) -> None:
    """The running step ends, no other starts, and the caller gets an error."""

    async def scenario() -> None:
        async with lab.caller() as caller:
            workers = caller.options(target="workers")
            handle = workers.rpc("cancelled", "pass_gate")
            await lab.evidence.first(lambda line: line.event == "arrived")
            await caller.promises.cancel("cancelled", Value())
            with pytest.raises(ApplicationError, match="canceled"):
                await handle.result()
            lab.evidence.open_gate()
            # The worker has one slot: another job ends only when the canceled one has left it.
            assert await workers.rpc("next", "double", 1).result() == 2

    lab.start("workers", slots=1)
    run_scenario(scenario())
    assert lab.evidence.events_of("cancelled") == ["before", "arrived", "passed"]


def test_another_worker_finishes_a_killed_workers_job(lab: SdkLab) -> None:
    """After SIGKILL in the middle of a step another worker runs that step again, and none that had finished."""

    async def scenario() -> object:
        async with lab.caller() as caller:
            handle = caller.options(target="workers").rpc("orphan", "pass_gate")
            lab.kill((await lab.evidence.first(lambda line: line.event == "arrived")).pid)
            lab.evidence.open_gate()
            return await handle.result()

    lab.start("workers", "workers", lease=SHORT_LEASE)
    assert run_scenario(scenario()) == ["before", "passed", "after"]
    assert lab.evidence.events_of("orphan") == ["before", "arrived", "arrived", "passed", "after"]
    assert len({line.pid for line in lab.evidence.lines()}) == 2


def test_a_step_may_run_longer_than_its_lease(lab: SdkLab) -> None:
    """Heartbeats keep a task for the worker that runs it: no other gets it, however long its step takes."""

    async def scenario() -> object:
        async with lab.caller() as caller:
            workers = caller.options(target="workers")
            handle = workers.rpc("patient", "pass_gate")
            await lab.evidence.first(lambda line: line.event == "arrived")
            await workers.rpc("clock", "nap", LONG_STEP).result()
            lab.evidence.open_gate()
            return await handle.result()

    lab.start("workers", "workers", lease=LONG_STEP / 2)
    assert run_scenario(scenario()) == ["before", "passed", "after"]
    assert lab.evidence.events_of("patient") == ["before", "arrived", "passed", "after"]


def test_a_sleep_outlives_its_worker(lab: SdkLab) -> None:
    """A workflow sleeps as long as it said, and wakes on another worker when its own was killed meanwhile."""

    async def scenario() -> object:
        async with lab.caller() as caller:
            handle = caller.options(target="workers").rpc("sleeper", "nap", NAP)
            before = await lab.evidence.first(lambda line: line.event == "before")
            await wait_until_asleep(caller)
            lab.kill(before.pid)
            return await handle.result()

    lab.start("workers", "workers", lease=SHORT_LEASE)
    start_time = time.monotonic()
    assert run_scenario(scenario()) == ["before", "after"]
    assert time.monotonic() - start_time > NAP
    assert lab.evidence.events_of("sleeper") == ["before", "after"]


def test_a_job_outlives_the_server(
    lab: SdkLab, server_program: ServerProgram, server: ServerProcess, start_server: StartServer
) -> None:
    """After SIGKILL of the server and a restart on its data the job resumes, and no step runs twice."""

    async def start() -> None:
        async with lab.caller() as caller:
            await caller.options(target="workers").rpc("survivor", "pass_gate").id()
            await lab.evidence.first(lambda line: line.event == "arrived")

    async def finish() -> object:
        async with lab.caller() as caller:
            return await (await caller.get("survivor")).result()

    lab.start("workers")
    run_scenario(start())
    server.kill()
    lab.evidence.open_gate()  # so the step ends while there is no server
    start_server(server_program, options=Options(retry_timeout=2_000), port=server.port)
    assert run_scenario(finish()) == ["before", "passed", "after"]
    assert lab.evidence.events_of("survivor") == ["before", "arrived", "passed", "after"]
