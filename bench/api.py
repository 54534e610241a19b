"""The HTTP API under clients that read: how fast it answers, and what many clients that wait ask of one gateway.

The job that they read has no worker, so each answer takes a request to the server and one to the object store. The
times are those of this machine, with clients and API on the same processors.
"""

import asyncio
import os
import statistics
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from contract.jobs import JobRequest
from contract.preference import PREFER_HEADER
from local.server_process import EmbeddedProgram, find_real_program
from local.system import System
from longhand_client import AsyncClient, Client, ClientError, Reply, Request, WaitTimeoutError

from .process_usage import measure_cpu_seconds
from .report import format_table
from .scale import Scale

CLIENTS: Final = (1, 16, 64)
REQUESTS: Final = 320  # for each number of clients, divided among them
POLLERS: Final = 500
POLL_SECONDS: Final = 20.0
JOB_ID: Final = "pending"
_START_SECONDS: Final = 0.02  # between two pollers
_BYSTANDER_SECONDS: Final = 0.1  # between two requests of a client that does not wait
_WAIT_HEAD: Final = (
    *(f"{POLLERS} clients", "seconds", "requests", "unchanged (304)", "failed", "gateway and trigger CPU s"),
    *("another client's p50 ms", "p99 ms"),
)
_NO_ANSWER: Final = 0  # counted among the statuses


def measure_api(_: Scale) -> str:
    """GET /status for 1, 16 and 64 clients: rate, p50, p99, CPU; and 500 clients that wait on one gateway."""
    with _run_without_worker() as system:
        Client(system.url).submit(
            JobRequest(job_id=JOB_ID, document_url="https://example.com/a.pdf", requester_id="bench")
        )
        _read_status(system, max(CLIENTS), 2 * max(CLIENTS))  # by then every container of the trigger is warm
        reads = [_measure_reads(system, clients) for clients in CLIENTS]
        waits = [_measure_waits(system, kind) for kind in (PollingClient, CountingClient)]
    server = (find_real_program(os.environ) or EmbeddedProgram()).name
    head = ("server", "clients", "requests/s", "p50 ms", "p99 ms", "gateway and trigger CPU ms")
    table = format_table(head, [(server, *row) for row in reads])
    return f"{table}\n\n{format_table(_WAIT_HEAD, waits)}"


@contextmanager
def _run_without_worker() -> Iterator[System]:
    with TemporaryDirectory() as folder, System(Path(folder), os.environ) as system:
        system.worker.kill()
        yield system


def _measure_reads(system: System, clients: int) -> tuple[str, ...]:
    cpu, started = measure_cpu_seconds(system.gateway.process.pid), time.perf_counter()
    times = _read_status(system, clients, REQUESTS)
    seconds = time.perf_counter() - started
    used = measure_cpu_seconds(system.gateway.process.pid) - cpu
    p50, p99 = (statistics.quantiles(times, n=100)[at] * 1_000 for at in (49, 98))
    return (
        str(clients),
        f"{len(times) / seconds:.0f}",
        f"{p50:.1f}",
        f"{p99:.1f}",
        f"{used / len(times) * 1_000:.2f}",
    )


def _read_status(system: System, clients: int, requests: int) -> list[float]:
    """Return how long each request took."""

    def read(_: int) -> list[float]:
        with Client(system.url) as client:
            return [_time_status(client) for _ in range(requests // clients)]

    with ThreadPoolExecutor(clients) as pool:
        return [seconds for some in pool.map(read, range(clients)) for seconds in some]


def _time_status(client: Client) -> float:
    started = time.perf_counter()
    client.status(JOB_ID)
    return time.perf_counter() - started


class CountingClient(AsyncClient):
    """Counts the answers by their status. Its requests are held by the gateway."""

    name = "held (Prefer: wait)"

    def __init__(self, url: str, counts: Counter[int]) -> None:
        super().__init__(url)
        self._counts: Final = counts

    async def send(self, request: Request) -> Reply:
        """Send one request as it is, and return the response whatever its status."""
        reply = await super().send(request)
        self._counts[reply.status] += 1
        return reply


class PollingClient(CountingClient):
    """Polls, as at an API that holds no request."""

    name = "polling"

    async def send(self, request: Request) -> Reply:
        """Send one request as it is, but for its preference."""
        headers = {name: value for name, value in request.headers.items() if name != PREFER_HEADER}
        return await super().send(replace(request, headers=headers))


def _measure_waits(system: System, kind: type[CountingClient]) -> tuple[str, ...]:
    counts, times, is_over = Counter[int](), list[float](), threading.Event()

    def read_beside() -> None:
        with Client(system.url) as client:
            while not is_over.wait(_BYSTANDER_SECONDS):
                times.append(_time_status(client))

    cpu = measure_cpu_seconds(system.gateway.process.pid)
    bystander = threading.Thread(target=read_beside)
    bystander.start()
    asyncio.run(_wait(system.url, kind, counts))
    is_over.set()
    bystander.join()
    used = measure_cpu_seconds(system.gateway.process.pid) - cpu
    total, unchanged = counts.total(), counts[304]
    failed = total - unchanged - counts[200]
    p50, p99 = (f"{statistics.quantiles(times, n=100)[at] * 1_000:.0f}" for at in (49, 98))
    answers = (f"{total:,}", f"{unchanged / total:.1%}", str(failed))
    return (kind.name, f"{POLL_SECONDS:.0f}", *answers, f"{used:.1f}", p50, p99)


async def _wait(url: str, kind: type[CountingClient], counts: Counter[int]) -> None:
    """Have all clients wait for the job, each with its own pace and entity tag; they begin within some seconds."""

    async def wait(client: AsyncClient, number: int) -> None:
        await asyncio.sleep(number * _START_SECONDS)
        try:
            await client.wait(JOB_ID, POLL_SECONDS)
        except WaitTimeoutError:
            return
        except ClientError:
            counts[_NO_ANSWER] += 1

    async with kind(url, counts) as client, asyncio.TaskGroup() as group:
        for number in range(POLLERS):
            group.create_task(wait(client, number))
