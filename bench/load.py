"""Sends workflows to a server with one worker, so many at a time, and measures how fast they come back."""

import asyncio
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psutil
from resonate.resonate import Resonate

from local.server_process import ROOT, ServerProcess

from .stream import opened

GROUP = "bench"


@dataclass(frozen=True, kw_only=True)
class Figures:
    """What one load showed; CPU is per workflow and per process."""

    rate: float
    p50_ms: float
    p99_ms: float
    server_cpu_ms: float
    worker_cpu_ms: float
    server_rss_mb: float


@contextmanager
def worker(url: str) -> Iterator[psutil.Process]:
    """Keep one worker process running."""
    command = [sys.executable, "-m", "bench.worker", "--url", url]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE)
    try:
        assert process.stdout
        process.stdout.readline()  # "ready"
        yield psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait(10)


async def measure(
    server: ServerProcess, worker_process: psutil.Process, *, prefix: str, count: int, at_once: int
) -> Figures:
    """Send `count` workflows, `at_once` at any time. `prefix` makes their ids new."""
    is_open = opened()
    resonate = Resonate(url=server.url, group="client")
    processes = (psutil.Process(server.process.pid), worker_process)
    try:
        await is_open.wait()
        await _send(resonate, f"{prefix}-warm", min(count, 20), at_once)
        cpu_before, begun = [_cpu(p) for p in processes], time.perf_counter()
        latencies = sorted(await _send(resonate, prefix, count, at_once))
        seconds = time.perf_counter() - begun
        cpu = [(_cpu(p) - before) / count * 1000 for p, before in zip(processes, cpu_before, strict=True)]
    finally:
        await resonate.stop()
    return Figures(
        rate=count / seconds,
        p50_ms=latencies[count // 2] * 1000,
        p99_ms=latencies[int(count * 0.99)] * 1000,
        server_cpu_ms=cpu[0],
        worker_cpu_ms=cpu[1],
        server_rss_mb=processes[0].memory_info().rss / 2**20,
    )


def _cpu(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


async def _send(resonate: Resonate, prefix: str, count: int, at_once: int) -> list[float]:
    """Run the workflows and return how long each took, in seconds."""
    options = resonate.options(target=GROUP)
    numbers = iter(range(count))
    latencies: list[float] = []

    async def one_after_the_other() -> None:
        for n in numbers:
            begun = time.perf_counter()
            await options.rpc(f"{prefix}-{n}", "five_steps").result()
            latencies.append(time.perf_counter() - begun)

    await asyncio.gather(*(one_after_the_other() for _ in range(at_once)))
    return latencies
