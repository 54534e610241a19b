"""Our worker runtime beside the SDK's facade: how soon another worker goes on, and what a backlog does to a worker.

Both run the same workflows with the same lease and concurrency; only what is between them and the server differs.
"""

import signal
import statistics
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Final

from local.server_process import Options

from .crew import PROGRAMS, Crew, Crewman, crew, wait_until
from .flows import LONG, STUCK, Line, lines_in
from .report import table
from .scale import Scale

RUNS: Final = 3
LEASE: Final = 5.0  # seconds
JOBS: Final = 5_000
BACKLOG_LEASE: Final = 15.0  # seconds, as the worker that ships has
SENDERS: Final = 8
STANDSTILL: Final = 90.0  # seconds without a finished job; a lease and a repetition of the server's fit in twice


def recovery(_: Scale) -> str:
    """How soon another worker goes on, lease 5 s: after SIGKILL in a step just begun, and after SIGTERM in a step."""
    rows = []
    for program, name in PROGRAMS.items():
        killed = [_killed(program) for _ in range(RUNS)]
        left = [_left(program) for _ in range(RUNS)]
        what = ", ".join(sorted({what for what, _ in left}))
        rows.append((name, _spread(killed, ".1f"), _spread([1000 * seconds for _, seconds in left], ".0f"), what))
    header = ("worker", "SIGKILL to the step's new start, s", "SIGTERM: from the step's end to the next start, ms")
    return table((*header, "which is of"), rows) + f"\n\nMedian of {RUNS} (least to most)."


def _spread(figures: Sequence[float], form: str) -> str:
    return f"{statistics.median(figures):{form}} ({min(figures):{form}} to {max(figures):{form}})"


def _killed(program: str) -> float:
    """Return the seconds from the kill to the new start of the step."""
    with crew(Options()) as scene:
        holder, heir = _two(scene, program, STUCK)
        holder.process.kill()
        at = time.monotonic()
        return _first_line(scene, heir).at - at


def _left(program: str) -> tuple[str, float]:
    """Return what the other worker starts, and how many seconds after the end of the step that was under way."""
    with crew(Options()) as scene:
        holder, heir = _two(scene, program, LONG)
        holder.process.send_signal(signal.SIGTERM)
        begun = _first_line(scene, heir)
        ended = next(line for line in lines_in(scene.folder) if line.what == "ended")
        return "the next step" if begun.what == "followed" else "the same step again", begun.at - ended.at


def _two(scene: Crew, program: str, seconds: float) -> tuple[Crewman, Crewman]:
    """Start two workers and a job whose first step takes so long; return who has it, and who has not."""
    both = [scene.start(program, lease=LEASE) for _ in range(2)]
    scene.create("job", "slow", "job", seconds)
    began = wait_until(lambda: lines_in(scene.folder), lambda: f"nobody begins: {[man.said for man in both]}")[0]
    holder, heir = sorted(both, key=lambda man: man.process.pid != began.pid)
    return holder, heir


def _first_line(scene: Crew, man: Crewman) -> Line:
    """Return the first line of a worker, once it is there."""

    def found() -> Line | None:
        return next((line for line in lines_in(scene.folder) if line.pid == man.process.pid), None)

    return wait_until(found, lambda: f"it does not go on: {lines_in(scene.folder)} {man.said}")


def backlog(scale: Scale) -> str:
    """5,000 jobs of two tiny steps that wait for a worker with 4 slots: workflows a second, memory, peak of tasks."""
    count = min(JOBS, scale.workflows)
    rows = [(name, str(count), *_backlog(program, count)) for program, name in PROGRAMS.items()]
    return table(("worker", "jobs", "workflows/s", "RSS MB before", "RSS MB after", "asyncio tasks at most"), rows)


def _backlog(program: str, count: int) -> tuple[str, ...]:
    # The server announces what nobody heard again after its retry timeout, 30 s by default: so late does it begin.
    with crew(Options()) as scene:
        with ThreadPoolExecutor(SENDERS) as senders:
            list(senders.map(lambda n: scene.create(f"job-{n}", "tiny", n), range(count)))
        man = scene.start(program, lease=BACKLOG_LEASE)
        before = man.gauges["rss"]
        _finish(man, count)
        told = man.gauges
    rate = count / (told["last"] - told["first"])
    return f"{rate:.0f}", f"{before / 2**20:.0f}", f"{told['rss'] / 2**20:.0f}", str(told["tasks"])


def _finish(man: Crewman, count: int) -> None:
    """Return once all jobs are finished; a worker that goes on, however slowly, is waited for."""
    done = 0
    while done < count:
        some_more = partial(_has_finished, man, done + 1)
        wait_until(some_more, lambda: f"nothing more is finished: {man.gauges} {man.said}", STANDSTILL)
        done = man.gauges["finished"]


def _has_finished(man: Crewman, least: int) -> bool:
    return bool(man.gauges["finished"] >= least)
