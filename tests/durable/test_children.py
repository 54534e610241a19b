"""Child processes return results, stay within their limits, and never outlive the worker."""

import asyncio
import os
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from signal import SIGSTOP
from typing import Any

import psutil
import pytest

from durable import JobError, Limits, child_usage, run_in_child
from durable.run import EndReason, Run, Tools
from tests.durable import child_work
from tests.durable.worker_lab import EMBEDDED_SERVER, WorkerLab
from tests.processes import find_processes
from tests.waiting import wait_until

# Unique in this run of the tests; a process name has at most 15 characters.
CANCELLED_MARK = f"{os.getpid()}-cancel"
STRAY_MARK = f"{os.getpid()}-stray"


def test_a_child_gets_a_request_and_returns_a_result() -> None:
    """What the function prints is not part of the answer."""
    assert asyncio.run(run_in_child(child_work.double, 21)) == 42


def test_a_child_gets_no_environment() -> None:
    """It has a session of its own, so that it can be killed with its children, and dumps no core."""
    found = asyncio.run(run_in_child(child_work.describe, None))
    assert found.keys() <= {"session", "core", "LC_CTYPE"}  # the last is Python's own
    assert (found["session"], found["core"]) == ("True", "0")


@pytest.mark.parametrize(
    ("function", "limits", "code", "retry"),
    [
        (child_work.crash, {}, "child_crashed", False),
        (child_work.exit_silently, {}, "child_crashed", False),
        (child_work.spin, {"cpu": 1}, "child_cpu", False),
        (child_work.hang, {"wall": 0.3}, "child_timeout", False),
        (child_work.hoard, {}, "child_memory", False),
        (child_work.answer_too_much, {"answer": 1_000_000}, "child_answer", False),
        (child_work.answer_wrong_type, {}, "child_answer", False),
        (child_work.refuse, {}, "locked", False),
    ],
)
def test_each_way_a_child_fails_has_a_code(
    function: Callable[[None], Any], limits: dict[str, Any], code: str, *, retry: bool
) -> None:
    with pytest.raises(JobError) as caught:
        asyncio.run(run_in_child(function, None, limits=Limits(**limits)))
    assert (caught.value.code, caught.value.retry) == (code, retry)


def test_a_child_that_was_not_done_in_time_is_started_once_more(tmp_path: Path) -> None:
    """The machine may have been busy. A second child that is not done is due to its input."""
    mark = tmp_path / "began"
    assert asyncio.run(run_in_child(child_work.hang_once, str(mark), limits=Limits(wall=3))) == "done"
    assert mark.exists()


def test_a_child_may_limit_the_cpu_time_of_a_part_of_its_work() -> None:
    before = child_usage().cpu_seconds
    rest_of_first_second = 0
    with pytest.raises(JobError) as caught:
        asyncio.run(run_in_child(child_work.spin_with_limit, rest_of_first_second, limits=Limits(cpu=30)))
    assert caught.value.code == "child_cpu"
    assert child_usage().cpu_seconds - before < 10


def test_a_child_cannot_write_a_large_file(tmp_path: Path) -> None:
    with pytest.raises(JobError) as caught:
        asyncio.run(run_in_child(child_work.write_much, str(tmp_path), limits=Limits(file=2**20)))
    assert caught.value.code == "child_file_size"
    assert (tmp_path / "much").stat().st_size <= 2**20


def test_a_canceled_child_is_killed() -> None:
    """The cancellation returns once the child is dead."""

    async def scenario() -> None:
        sleeping = asyncio.create_task(run_in_child(child_work.nap, child_work.Nap(seconds=60, mark=CANCELLED_MARK)))
        await asyncio.to_thread(wait_until, lambda: find_processes(CANCELLED_MARK), lambda: "no child sleeps")
        sleeping.cancel()
        with pytest.raises(asyncio.CancelledError):
            await sleeping
        assert find_processes(CANCELLED_MARK) == []

    asyncio.run(scenario())


def test_a_child_that_no_step_awaits_ends_with_its_run() -> None:
    """Otherwise it would work beside the next run of the same task."""

    async def scenario() -> None:
        run = Run("job", 1, Tools())
        strays = []

        async def start_stray() -> None:
            strays.append(
                asyncio.create_task(run_in_child(child_work.nap, child_work.Nap(seconds=60, mark=STRAY_MARK)))
            )
            await asyncio.Event().wait()

        executing = asyncio.create_task(run.execute(start_stray()))
        await asyncio.to_thread(wait_until, lambda: find_processes(STRAY_MARK), lambda: "no child sleeps")
        run.end(EndReason.LEASE_LAPSED)
        await executing
        with pytest.raises(JobError, match="SIGKILL"):
            await strays[0]
        assert find_processes(STRAY_MARK) == []

    asyncio.run(scenario())


def test_a_function_that_a_child_cannot_import_is_refused() -> None:
    def local(number: int) -> int:
        return number

    with pytest.raises(TypeError, match="must be a function of a module"):
        asyncio.run(run_in_child(local, 1))


@EMBEDDED_SERVER
@pytest.mark.parametrize("is_stopped", [False, True])
def test_a_child_dies_with_its_worker(lab: WorkerLab, *, is_stopped: bool) -> None:
    """Even when the worker is killed, and even when it was stopped before. So does the fork server."""
    worker = lab.start()
    mark = f"child-{os.getpid()}-{is_stopped:d}"
    lab.create("a", "sleeping_child", mark, 60)
    wait_until(lambda: find_processes(mark), lambda: worker.log_tail)
    descendants = psutil.Process(worker.pid).children(recursive=True)
    if is_stopped:
        worker.send_signal(SIGSTOP)
    worker.kill()
    wait_until(lambda: not any(one.is_running() for one in descendants), lambda: "one still runs")


@EMBEDDED_SERVER
def test_the_child_of_a_canceled_job_is_killed(lab: WorkerLab) -> None:
    worker = lab.start(lease=1.0)
    mark = f"child-{os.getpid()}-c"
    lab.create("a", "sleeping_child", mark, 60)
    wait_until(lambda: find_processes(mark), lambda: worker.log_tail)
    lab.settle("a", "rejected_canceled")
    wait_until(lambda: not find_processes(mark), lambda: worker.log_tail)


@EMBEDDED_SERVER
def test_waiting_for_a_slot_does_not_count_against_the_steps_timeout(lab: WorkerLab) -> None:
    """Six steps of 1 s each share one slot; each step has 5 s, in which a child also has to start."""
    lab.start(slots=1, concurrency=6)
    jobs = [lab.create(f"{number}", "queued_child", f"child-{number}", 1.0) for number in range(6)]
    times = sorted(lab.result(job) for job in jobs)
    assert all(end < start for (_, end), (start, _) in pairwise(times))
