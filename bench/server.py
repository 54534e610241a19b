"""The embedded server compared with the real one: speed under load, growth over time, and time to start."""

import asyncio
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from local.server_process import EmbeddedProgram, Options, ServerProcess, ServerProgram, find_real_program, start

from .load_test import LoadFigures, measure_load, run_sdk_worker
from .report import format_table
from .scale import Scale

OPTIONS = Options(messages_interval=10)
ROUND_WORKFLOWS = 1_000  # between two measurements
_COLUMNS = ("p50 ms", "p99 ms", "server CPU ms")
LOADS = {1: 300, 16: 1_600, 64: 3_200}  # workflows by clients: about ten seconds each


@contextmanager
def _run_server(server_program: ServerProgram) -> Iterator[ServerProcess]:
    with tempfile.TemporaryDirectory() as folder, start(server_program, Path(folder), options=OPTIONS) as server:
        yield server


def measure_speed(_: Scale) -> str:
    """Five-step workflows from 1, 16 and 64 concurrent clients: rate and latencies."""
    servers = list_servers()
    rows = [row for server_program in servers for row in _measure_loads(server_program)]
    if len(servers) == 1:
        rows.append(("real", "set RESONATE_BIN to compare", *[""] * 5))
    return format_table(("server", "clients", "workflows/s", *_COLUMNS, "worker CPU ms"), rows)


def list_servers() -> list[ServerProgram]:
    """Return the embedded server, and the real one if it is installed."""
    return [server_program for server_program in (EmbeddedProgram(), find_real_program(os.environ)) if server_program]


def _measure_loads(server_program: ServerProgram) -> Iterator[tuple[str, ...]]:
    for clients, count in LOADS.items():
        # A new server and worker for each load, so that no load profits from another.
        with _run_server(server_program) as server, run_sdk_worker(server.url) as process:
            figures = asyncio.run(measure_load(server, process, prefix="speed", count=count, clients=clients))
        yield (server_program.name, str(clients), *_format_cells(figures), f"{figures.worker_cpu_ms:.2f}")


def _format_cells(f: LoadFigures) -> tuple[str, ...]:
    return f"{f.rate:.0f}", f"{f.p50_ms:.1f}", f"{f.p99_ms:.1f}", f"{f.server_cpu_ms:.2f}"


def measure_growth(scale: Scale) -> str:
    """Speed and size of the server as workflows accumulate, and its time to start with them."""
    rows, workflows = [], scale.workflows
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with start(EmbeddedProgram(), folder, options=OPTIONS) as server:
            for done in range(0, workflows, ROUND_WORKFLOWS):
                count = min(ROUND_WORKFLOWS, workflows - done)
                # A new worker each round: the SDK's stream gets no messages after five minutes.
                with run_sdk_worker(server.url) as process:
                    figures = asyncio.run(
                        measure_load(server, process, prefix=f"after-{done}", count=count, clients=16)
                    )
                if done % (workflows // 4) < ROUND_WORKFLOWS or done + ROUND_WORKFLOWS >= workflows:
                    rows.append((f"{done:,}", *_format_cells(figures), f"{figures.server_rss_mb:.0f}"))
        disk = sum(f.stat().st_size for f in folder.iterdir()) / 2**20
        ready = [_measure_start_time(folder) for _ in range(5)]
    figures_table = format_table(("after workflows", "a second", *_COLUMNS, "server RSS MB"), rows)
    promises = 6 * (workflows + 20 * len(range(0, workflows, ROUND_WORKFLOWS)))
    start_line = (
        f"Ready {sorted(ready)[2] * 1000:.0f} ms after start with {promises:,} promises ({disk:.0f} MB) on disk"
    )
    return f"{figures_table}\n\n{start_line} (median of 5; an empty one: {_measure_empty_start() * 1000:.0f} ms)."


def _measure_start_time(folder: Path) -> float:
    started = time.perf_counter()
    with start(EmbeddedProgram(), folder, options=OPTIONS):
        return time.perf_counter() - started


def _measure_empty_start() -> float:
    with tempfile.TemporaryDirectory() as name:
        return sorted(_measure_start_time(Path(name) / str(n)) for n in range(5))[2]
