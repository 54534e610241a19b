"""Our worker runtime compared with the SDK's facade: how soon another worker resumes, and the load of a backlog.

Both run the same workflows with the same lease and concurrency; only the runtime differs.
"""

import signal
import statistics
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Final

from local.server_process import Options

from .report import format_table
from .scale import Scale
from .worker_lab import PROGRAMS, MeasuredWorker, WorkerLab, open_lab
from .worker_process import wait_until
from .workflows import ENDLESS_STEP_SECONDS, SHORT_STEP_SECONDS, StepLine, read_lines

RUNS: Final = 3
LEASE_SECONDS: Final = 5.0
MAX_JOBS: Final = 5_000
BACKLOG_LEASE_SECONDS: Final = 15.0  # that of the shipped worker
SENDERS: Final = 8
MAX_IDLE_SECONDS: Final = 90.0  # without a finished job: twice a lease and a repetition of the server


def measure_recovery(_: Scale) -> str:
    """How soon another worker resumes, lease 5 s: after SIGKILL and after SIGTERM during a step."""
    rows = []
    for program, name in PROGRAMS.items():
        after_kill = [_measure_kill(program) for _ in range(RUNS)]
        after_stop = [_measure_stop(program) for _ in range(RUNS)]
        resumed = ", ".join(sorted({step for step, _ in after_stop}))
        rows.append(
            (
                name,
                _format_spread(after_kill, ".1f"),
                _format_spread([1000 * seconds for _, seconds in after_stop], ".0f"),
                resumed,
            )
        )
    header = ("worker", "SIGKILL to the step's new start, s", "SIGTERM: from the step's end to the next start, ms")
    return format_table((*header, "which is"), rows) + f"\n\nMedian of {RUNS} (minimum to maximum)."


def _format_spread(figures: Sequence[float], form: str) -> str:
    return f"{statistics.median(figures):{form}} ({min(figures):{form}} to {max(figures):{form}})"


def _measure_kill(program: str) -> float:
    """Return the seconds from the kill to the restart of the step."""
    with open_lab(Options()) as lab:
        busy, idle = _start_two(lab, program, ENDLESS_STEP_SECONDS)
        busy.process.kill()
        at = time.monotonic()
        return _wait_for_line(lab, idle).at - at


def _measure_stop(program: str) -> tuple[str, float]:
    """Return which step the other worker starts, and the seconds after the end of the running one."""
    with open_lab(Options()) as lab:
        busy, idle = _start_two(lab, program, SHORT_STEP_SECONDS)
        busy.process.send_signal(signal.SIGTERM)
        resumed = _wait_for_line(lab, idle)
        ended = next(line for line in read_lines(lab.folder) if line.event == "ended")
        return "the next step" if resumed.event == "followed" else "the same step again", resumed.at - ended.at


def _start_two(lab: WorkerLab, program: str, seconds: float) -> tuple[MeasuredWorker, MeasuredWorker]:
    """Start two workers and a job with a first step of these seconds; return the worker that has it, and the other."""
    both = [lab.start(program, lease=LEASE_SECONDS) for _ in range(2)]
    lab.create("job", "slow", "job", seconds)
    began = wait_until(
        lambda: read_lines(lab.folder),
        lambda: f"no worker starts the job: {[worker.describe_exit() for worker in both]}",
    )[0]
    busy, idle = sorted(both, key=lambda worker: worker.process.pid != began.pid)
    return busy, idle


def _wait_for_line(lab: WorkerLab, worker: MeasuredWorker) -> StepLine:
    """Return the first line of a worker, once it exists."""

    def find_line() -> StepLine | None:
        return next((line for line in read_lines(lab.folder) if line.pid == worker.process.pid), None)

    return wait_until(
        find_line, lambda: f"the worker starts no step: {read_lines(lab.folder)} {worker.describe_exit()}"
    )


def measure_backlog(scale: Scale) -> str:
    """A backlog of 5,000 jobs with two tiny steps, for a worker with 4 slots: rate, memory and asyncio tasks."""
    count = min(MAX_JOBS, scale.workflows)
    rows = [(name, str(count), *_run_backlog(program, count)) for program, name in PROGRAMS.items()]
    return format_table(
        ("worker", "jobs", "workflows/s", "RSS MB before", "RSS MB after", "asyncio tasks at most"), rows
    )


def _run_backlog(program: str, count: int) -> tuple[str, ...]:
    # The server repeats an unheard message after its retry timeout of 30 s, so the worker starts that late.
    with open_lab(Options()) as lab:
        with ThreadPoolExecutor(SENDERS) as senders:
            list(senders.map(lambda n: lab.create(f"job-{n}", "tiny", n), range(count)))
        worker = lab.start(program, lease=BACKLOG_LEASE_SECONDS)
        before = worker.gauges["rss"]
        _wait_until_finished(worker, count)
        gauges = worker.gauges
    rate = count / (gauges["last"] - gauges["first"])
    return f"{rate:.0f}", f"{before / 2**20:.0f}", f"{gauges['rss'] / 2**20:.0f}", str(gauges["tasks"])


def _wait_until_finished(worker: MeasuredWorker, count: int) -> None:
    """Return once all jobs are finished; a slow worker may take any time as long as it makes progress."""
    done = 0
    while done < count:
        wait_until(
            partial(_has_more, worker, done),
            lambda: f"no further job is finished: {worker.gauges} {worker.describe_exit()}",
            MAX_IDLE_SECONDS,
        )
        done = worker.gauges["finished"]


def _has_more(worker: MeasuredWorker, done: int) -> bool:
    return bool(worker.gauges["finished"] > done)
