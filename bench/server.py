"""The embedded server beside the real server: speed under load, growth over time, and the time to start."""

import asyncio
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from local.server_process import EmbeddedProgram, Options, ServerProcess, ServerProgram, find_real_program, start

from .load import Figures, measure, worker
from .report import table
from .scale import Scale

OPTIONS = Options(messages_interval=10)
ROUND = 1_000  # workflows between two looks at how fast it is
PER_LOAD = {1: 300, 16: 1_600, 64: 3_200}  # workflows at each concurrency: some ten seconds each


@contextmanager
def _running(server_program: ServerProgram) -> Iterator[ServerProcess]:
    with tempfile.TemporaryDirectory() as folder, start(server_program, Path(folder), options=OPTIONS) as server:
        yield server


def speed(_: Scale) -> str:
    """Five-step workflows: how many a second, and how long each takes, at 1, 16 and 64 at once."""
    real = find_real_program(os.environ)
    rows = [row for server_program in (EmbeddedProgram(), real) if server_program for row in _speed_of(server_program)]
    if real is None:
        rows.append(("real", "set RESONATE_BIN to compare", *[""] * 5))
    return table(("server", "at once", "workflows/s", "p50 ms", "p99 ms", "server CPU ms", "worker CPU ms"), rows)


def _speed_of(server_program: ServerProgram) -> Iterator[tuple[str, ...]]:
    for at_once, count in PER_LOAD.items():
        # A new server and worker for each load: none profits from what another left.
        with _running(server_program) as server, worker(server.url) as process:
            figures = asyncio.run(measure(server, process, prefix="speed", count=count, at_once=at_once))
        yield (server_program.name, str(at_once), *_cells(figures), f"{figures.worker_cpu_ms:.2f}")


def _cells(f: Figures) -> tuple[str, ...]:
    return f"{f.rate:.0f}", f"{f.p50_ms:.1f}", f"{f.p99_ms:.1f}", f"{f.server_cpu_ms:.2f}"


def growth(scale: Scale) -> str:
    """Whether the server slows down or grows as workflows accumulate, and how fast it starts on what is there."""
    rows, workflows = [], scale.workflows
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with start(EmbeddedProgram(), folder, options=OPTIONS) as server:
            for done in range(0, workflows, ROUND):
                # A new worker each round: the SDK's stream goes deaf after five minutes.
                with worker(server.url) as process:
                    figures = asyncio.run(measure(server, process, prefix=f"after-{done}", count=ROUND, at_once=16))
                if done % (workflows // 4) < ROUND or done + ROUND >= workflows:
                    rows.append((f"{done:,}", *_cells(figures), f"{figures.server_rss_mb:.0f}"))
        disk = sum(f.stat().st_size for f in folder.iterdir()) / 2**20
        ready = [_time_to_ready(folder) for _ in range(5)]
    figures_table = table(("after workflows", "a second", "p50 ms", "p99 ms", "server CPU ms", "server RSS MB"), rows)
    promises = 6 * (workflows + 20 * len(range(0, workflows, ROUND)))
    start_line = (
        f"Ready {sorted(ready)[2] * 1000:.0f} ms after start with {promises:,} promises ({disk:.0f} MB) on disk"
    )
    return f"{figures_table}\n\n{start_line} (median of 5; an empty one: {_empty_start() * 1000:.0f} ms)."


def _time_to_ready(folder: Path) -> float:
    begun = time.perf_counter()
    with start(EmbeddedProgram(), folder, options=OPTIONS):
        return time.perf_counter() - begun


def _empty_start() -> float:
    with tempfile.TemporaryDirectory() as name:
        return sorted(_time_to_ready(Path(name) / str(n)) for n in range(5))[2]
