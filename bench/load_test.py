"""Send workflows to a server with one worker from concurrent clients, and measure rate and latencies."""

import asyncio
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil
from resonate.resonate import Resonate

from local.parts import Part
from local.server_process import ServerProcess

from .sdk_stream import watch_stream_opening
from .worker_process import run_worker

GROUP = "bench"


@dataclass(frozen=True, kw_only=True)
class LoadFigures:
    """The figures of one load; CPU is per workflow and process."""

    rate: float
    p50_ms: float
    p99_ms: float
    server_cpu_ms: float
    worker_cpu_ms: float
    server_rss_mb: float


@contextmanager
def run_sdk_worker(url: str) -> Iterator[psutil.Process]:
    """Run one worker process inside the block."""
    with (
        TemporaryDirectory() as folder,
        run_worker(Part("worker", ["bench.sdk_worker", url], Path(folder), os.environ)) as worker,
    ):
        yield psutil.Process(worker.process.pid)


async def measure_load(
    server: ServerProcess, worker_process: psutil.Process, *, prefix: str, count: int, clients: int
) -> LoadFigures:
    """Run `count` workflows from concurrent clients. `prefix` makes their ids new."""
    is_open = watch_stream_opening()
    resonate = Resonate(url=server.url, group="client")
    processes = (psutil.Process(server.process.pid), worker_process)
    try:
        await is_open.wait()
        await _run_workflows(resonate, f"{prefix}-warm", min(count, 20), clients)
        cpu_before, started = [_read_cpu_seconds(p) for p in processes], time.perf_counter()
        latencies = sorted(await _run_workflows(resonate, prefix, count, clients))
        seconds = time.perf_counter() - started
        cpu = [(_read_cpu_seconds(p) - before) / count * 1000 for p, before in zip(processes, cpu_before, strict=True)]
    finally:
        await resonate.stop()
    return LoadFigures(
        rate=count / seconds,
        p50_ms=latencies[count // 2] * 1000,
        p99_ms=latencies[int(count * 0.99)] * 1000,
        server_cpu_ms=cpu[0],
        worker_cpu_ms=cpu[1],
        server_rss_mb=processes[0].memory_info().rss / 2**20,
    )


def _read_cpu_seconds(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


async def _run_workflows(resonate: Resonate, prefix: str, count: int, clients: int) -> list[float]:
    """Run the workflows, and return the seconds that each took."""
    options = resonate.options(target=GROUP)
    numbers = iter(range(count))
    latencies: list[float] = []

    async def run_in_turn() -> None:
        for n in numbers:
            started = time.perf_counter()
            await options.rpc(f"{prefix}-{n}", "five_steps").result()
            latencies.append(time.perf_counter() - started)

    await asyncio.gather(*(run_in_turn() for _ in range(clients)))
    return latencies
