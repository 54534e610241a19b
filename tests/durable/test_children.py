"""Child processes do what they are asked, stay within their limits, and never outlive the worker."""

import asyncio
import os
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from signal import SIGSTOP
from typing import Any

import psutil
import pytest

from durable import JobError, Limits, run_in_child
from durable.run import EndReason, Run, Tools
from tests.durable import child_work
from tests.durable.worker_lab import EMBEDDED, WorkerLab
from tests.waiting import wait_until

# Names of processes have 15 characters; another run of these tests has other ones.
CANCELLED = f"{os.getpid()}-cancel"
STRAY = f"{os.getpid()}-stray"


def seats(mark: str) -> list[int]:
    """The children that sit under this mark."""
    found = psutil.process_iter(["name"])
    return [one.pid for one in found if one.info["name"] == mark]


def test_values_go_in_and_out() -> None:
    """What is printed on the way is not the answer."""
    assert asyncio.run(run_in_child(child_work.double, 21)) == 42


def test_a_child_gets_no_environment() -> None:
    """And a session of its own, so that it can be ended with all it started; and leaves no core behind."""
    found = asyncio.run(run_in_child(child_work.describe, None))
    assert found.keys() <= {"session", "core", "LC_CTYPE"}  # the last is Python's own
    assert (found["session"], found["core"]) == ("True", "0")


@pytest.mark.parametrize(
    ("function", "limits", "code", "retry"),
    [
        (child_work.crash, {}, "child_crashed", False),
        (child_work.leave, {}, "child_crashed", False),
        (child_work.spin, {"cpu": 1}, "child_cpu", False),
        (child_work.spin, {"wall": 0.3}, "child_timeout", True),
        (child_work.hoard, {}, "child_memory", False),
        (child_work.say_much, {"answer": 1_000_000}, "child_answer", False),
        (child_work.say_wrong, {}, "child_answer", False),
        (child_work.refuse, {}, "locked", False),
    ],
)
def test_what_a_child_may_not_do_is_an_error_with_a_code(
    function: Callable[[None], Any], limits: dict[str, Any], code: str, *, retry: bool
) -> None:
    with pytest.raises(JobError) as caught:
        asyncio.run(run_in_child(function, None, limits=Limits(**limits)))
    assert (caught.value.code, caught.value.retry) == (code, retry)


def test_a_child_writes_no_large_file(tmp_path: Path) -> None:
    with pytest.raises(JobError) as caught:
        asyncio.run(run_in_child(child_work.write_much, str(tmp_path), limits=Limits(file=2**20)))
    assert caught.value.code == "child_file_size"
    assert (tmp_path / "much").stat().st_size <= 2**20


def test_a_cancelled_child_is_gone() -> None:
    """Whoever cancels it waits until it is."""

    async def cancel() -> None:
        sitting = asyncio.create_task(run_in_child(child_work.sit, child_work.Seat(seconds=60, mark=CANCELLED)))
        await asyncio.to_thread(wait_until, lambda: seats(CANCELLED), lambda: "nobody sits")
        sitting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await sitting
        assert seats(CANCELLED) == []

    asyncio.run(cancel())


def test_a_child_that_its_step_does_not_await_ends_with_the_run() -> None:
    """Otherwise it would work beside the next run of the same task."""

    async def leave() -> None:
        run = Run("job", 1, Tools())
        strays = []

        async def begin() -> None:
            strays.append(asyncio.create_task(run_in_child(child_work.sit, child_work.Seat(seconds=60, mark=STRAY))))
            await asyncio.Event().wait()

        carried = asyncio.create_task(run.execute(begin()))
        await asyncio.to_thread(wait_until, lambda: seats(STRAY), lambda: "nobody sits")
        run.end(EndReason.LEASE_LAPSED)
        await carried
        with pytest.raises(JobError, match="SIGKILL"):
            await strays[0]
        assert seats(STRAY) == []

    asyncio.run(leave())


def test_a_function_that_a_child_cannot_import_is_refused() -> None:
    def local(number: int) -> int:
        return number

    with pytest.raises(TypeError, match="must be a function of a module"):
        asyncio.run(run_in_child(local, 1))


@EMBEDDED
@pytest.mark.parametrize("is_stopped", [False, True])
def test_a_child_dies_with_its_worker(lab: WorkerLab, *, is_stopped: bool) -> None:
    """Also when the worker is killed and has no say in it, also when it was stopped before."""
    worker = lab.start()
    mark = f"seat-{os.getpid()}-{is_stopped:d}"
    lab.create("a", "sitting", mark, 60)
    wait_until(lambda: seats(mark), lambda: worker.log_tail)
    if is_stopped:
        worker.send_signal(SIGSTOP)
    worker.kill()
    wait_until(lambda: not seats(mark), lambda: "it still sits", timeout=10)


@EMBEDDED
def test_a_cancelled_jobs_child_is_ended(lab: WorkerLab) -> None:
    worker = lab.start(lease=1.0)
    mark = f"seat-{os.getpid()}-c"
    lab.create("a", "sitting", mark, 60)
    wait_until(lambda: seats(mark), lambda: worker.log_tail)
    lab.settle("a", "rejected_canceled")
    wait_until(lambda: not seats(mark), lambda: worker.log_tail)


@EMBEDDED
def test_children_wait_for_a_slot_and_their_steps_time_waits_with_them(lab: WorkerLab) -> None:
    """Six steps of 1 s each, one slot, and a time limit of 5 s for each step, which starts a child too."""
    lab.start(slots=1, concurrency=6)
    jobs = [lab.create(f"{number}", "crowded", f"seat-{number}", 1.0) for number in range(6)]
    times = sorted(lab.result(job) for job in jobs)
    assert all(left < began for (_, left), (began, _) in pairwise(times))
