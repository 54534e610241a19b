"""Several workers as one process: it is ready when all are, and when one of them ends they all do."""

import asyncio
import http.client
from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest

from durable.runtime import Settings, Worker, WorkerProcess, make_pid
from local.server_process import HOST, ServerProcess, free_port
from tests.durable.worker_lab import EMBEDDED

pytestmark = EMBEDDED


def pair(server: ServerProcess, **settings: float) -> tuple[Worker, Worker]:
    """Return two workers of different groups."""
    one = Settings(url=server.url, group="one", grace=1.0, **settings)  # type: ignore[arg-type] # numbers, all of them
    other = replace(one, group="other", pid=make_pid())
    return Worker(one, []), Worker(other, [])


async def until_ready(together: WorkerProcess) -> None:
    while not together.is_ready:  # noqa: ASYNC110 the tests' own look
        await asyncio.sleep(0.01)


def run(together: WorkerProcess, meanwhile: Callable[[], Awaitable[None]]) -> int:
    """Return the exit code, when something is done as soon as all are ready."""

    async def work() -> int:
        working = asyncio.create_task(together.serve())
        await until_ready(together)
        await meanwhile()
        return await working

    return asyncio.run(asyncio.wait_for(work(), 30))


def test_each_serves_its_group_and_all_leave_together(server: ServerProcess) -> None:
    one, other = pair(server)
    together = WorkerProcess([one, other])

    async def leave() -> None:
        assert (together.gauges["one streams"], together.gauges["other streams"]) == (1, 1)
        together.stop()

    assert run(together, leave) == 0
    assert (one.is_ready, other.is_ready) == (False, False)


def test_one_that_cannot_go_on_takes_the_others_with_it(server: ServerProcess) -> None:
    """A process that serves half of what it should looks healthy and is not."""
    one, other = pair(server)
    together = WorkerProcess([one, other])

    async def break_one() -> None:
        other.fail("it cannot go on")

    assert run(together, break_one) == 1
    assert (one.is_alive, other.is_alive, together.is_alive) == (True, False, False)


def test_the_process_says_how_all_of_them_are(server: ServerProcess) -> None:
    port = free_port()
    together = WorkerProcess(pair(server), health_port=port)
    answers: list[int] = []

    def ask(question: str) -> None:
        connection = http.client.HTTPConnection(HOST, port, timeout=10)
        connection.request("GET", f"/{question}")
        answers.append(connection.getresponse().status)
        connection.close()

    async def look() -> None:
        await asyncio.to_thread(ask, "ready")
        await asyncio.to_thread(ask, "alive")
        await asyncio.to_thread(ask, "steady")
        together.stop()

    assert run(together, look) == 0
    assert answers == [200, 200, 200]


def test_a_health_port_that_is_taken_is_the_end_of_all(server: ServerProcess) -> None:
    together = WorkerProcess(pair(server), health_port=server.port)
    assert asyncio.run(asyncio.wait_for(together.serve(), 30)) == 1


def test_what_befalls_all_of_them_is_said_once(server: ServerProcess, caplog: pytest.LogCaptureFixture) -> None:
    together = WorkerProcess(pair(server))

    async def break_all() -> None:
        for worker in together.workers:
            worker.fail("the server refused us")

    assert run(together, break_all) == 1
    assert caplog.text.count("the server refused us") == 1
