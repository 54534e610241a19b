"""One process of several workers: it is ready when all are, and all stop when one fails."""

import asyncio
import http.client
from collections.abc import Awaitable, Callable
from contextlib import closing
from dataclasses import replace

import pytest

from durable.runtime import Settings, Worker, WorkerProcess, make_pid
from local.server_process import HOST, ServerProcess, free_port
from tests.durable.worker_lab import EMBEDDED_SERVER
from tests.waiting import TIMEOUT_SECONDS

pytestmark = EMBEDDED_SERVER


def make_pair(server: ServerProcess, **settings: float) -> tuple[Worker, Worker]:
    """Return two workers of different groups."""
    one = Settings(url=server.url, group="one", grace=1.0, **settings)  # type: ignore[arg-type] # numbers, all of them
    other = replace(one, group="other", pid=make_pid())
    return Worker(one, []), Worker(other, [])


async def wait_until_ready(process: WorkerProcess) -> None:
    while not process.is_ready:  # noqa: ASYNC110 there is no event for it
        await asyncio.sleep(0.01)


def run(process: WorkerProcess, act: Callable[[], Awaitable[None]]) -> int:
    """Serve, do something once all workers are ready, and return the exit code."""

    async def serve_and_act() -> int:
        working = asyncio.create_task(process.serve())
        await wait_until_ready(process)
        await act()
        return await working

    return asyncio.run(asyncio.wait_for(serve_and_act(), TIMEOUT_SECONDS))


def test_each_worker_serves_its_group_and_all_stop_process(server: ServerProcess) -> None:
    one, other = make_pair(server)
    process = WorkerProcess([one, other])

    async def stop() -> None:
        assert (process.gauges["one streams"], process.gauges["other streams"]) == (1, 1)
        process.stop()

    assert run(process, stop) == 0
    assert (one.is_ready, other.is_ready) == (False, False)


def test_a_stopped_worker_leaves_no_task(server: ServerProcess) -> None:
    """Its caller may close the event loop at once. A worker without connections has nothing else to wait for."""
    worker, _ = make_pair(server, probe_timeout=0)

    async def stop_when_ready() -> None:
        while not worker.is_ready:  # noqa: ASYNC110 there is no event for it
            await asyncio.sleep(0.01)
        worker.stop()

    with closing(asyncio.new_event_loop()) as loop:
        stopping = loop.create_task(stop_when_ready())
        loop.run_until_complete(worker.work())
        assert stopping.done()
        assert asyncio.all_tasks(loop) == set()


def test_a_failed_worker_stops_the_others(server: ServerProcess) -> None:
    """A process that serves half of its groups would look healthy."""
    one, other = make_pair(server)
    process = WorkerProcess([one, other])

    async def fail_one() -> None:
        other.fail("its token was refused")

    assert run(process, fail_one) == 1
    assert (one.is_alive, other.is_alive, process.is_alive) == (True, False, False)


def test_the_health_pages_are_about_all_workers(server: ServerProcess) -> None:
    port = free_port()
    process = WorkerProcess(make_pair(server), health_port=port)
    answers: list[int] = []

    def request(page: str) -> None:
        connection = http.client.HTTPConnection(HOST, port, timeout=TIMEOUT_SECONDS)
        connection.request("GET", f"/{page}")
        answers.append(connection.getresponse().status)
        connection.close()

    async def read_pages() -> None:
        await asyncio.to_thread(request, "ready")
        await asyncio.to_thread(request, "alive")
        await asyncio.to_thread(request, "steady")
        process.stop()

    assert run(process, read_pages) == 0
    assert answers == [200, 200, 200]


def test_a_taken_health_port_fails_the_process(server: ServerProcess) -> None:
    process = WorkerProcess(make_pair(server), health_port=server.port)
    assert asyncio.run(asyncio.wait_for(process.serve(), TIMEOUT_SECONDS)) == 1


def test_a_failure_of_all_workers_is_logged_once(server: ServerProcess, caplog: pytest.LogCaptureFixture) -> None:
    process = WorkerProcess(make_pair(server))

    async def fail_all() -> None:
        for worker in process.workers:
            worker.fail("the server refused us")

    assert run(process, fail_all) == 1
    assert caplog.text.count("the server refused us") == 1
