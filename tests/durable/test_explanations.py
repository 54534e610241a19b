"""Why a job is where it is, from its promises and tasks alone."""

import subprocess
import sys
from dataclasses import replace
from datetime import timedelta

import pytest
from resonate.context import Context

from durable import PermanentError, map_workflows, step, with_name, workflow
from durable.history import Explanation, ParkingNote, Wait, WaitReason, explain, list_operations
from durable.testing import HANGING, WorkflowTest
from durable.wire.records import Promise, Task, Value
from local.server_process import ROOT


@step(timeout=30)
async def charge(cents: int) -> int:
    """Return what was charged, or refuse."""
    if cents < 0:
        raise PermanentError("negative", "an order has no negative amount")
    return cents


@workflow(name="charge_later")
async def charge_later(ctx: Context, cents: int) -> int:
    """Charge after a week."""
    await with_name(ctx, "grace period").sleep(timedelta(days=7))
    return await ctx.run(charge, cents)


@workflow(name="order")
async def order(ctx: Context, cents: int) -> int:
    """Charge at once, and more after a decision and a week."""
    await ctx.run(charge, cents)
    await with_name(ctx, "decision").promise(timedelta(days=3))
    await ctx.run(charge_later, cents)
    return sum((await map_workflows(ctx, charge_later, [1, 2], max_at_once=2, group="elsewhere")).get())


def test_each_wait_of_a_job_is_one_sentence() -> None:
    """The virtual clock makes them the same in every run."""
    with WorkflowTest(order, charge_later, groups={"elsewhere": []}) as test:
        test.replace(charge, 5, HANGING, 5)
        job = test.start(order, 5)
        assert job.why() == (
            "job-1 waits: job-1:2 'decision' waits for an answer since 2030-01-01T00:00:00Z, "
            "until 2030-01-04T00:00:00Z at the latest"
        )
        job.answer("yes")
        assert job.why() == "job-1 waits: job-1:3.1 sleeps until 2030-01-08T00:00:00Z"
        test.pass_time(days=7)
        assert job.why().startswith(
            "job-1 waits: job-1:3.2 step 'charge' is under way since 2030-01-08T00:00:00Z on worker "
        )
        test.kill_workers()
        test.pass_time(minutes=1)
        reason = "'charge_later' waits for a worker of the group elsewhere since 2030-01-08T00:00:15Z"
        assert job.why() == f"job-1 waits: job-1:4.1 {reason}; job-1:4.2 {reason}"


def test_a_job_that_has_ended_says_how() -> None:
    with WorkflowTest(order, charge_later) as test:
        failed, canceled = test.start(order, -1), test.start(order, 1)
        canceled.cancel()
        test.pass_time(days=400)
        late = test.start(order, 1)
        test.pass_time(days=400)
        assert failed.why() == (
            "job-1 has failed at 2030-01-01T00:00:00Z: negative in step charge: an order has no negative amount"
        )
        assert canceled.why() == "job-2 was canceled at 2030-01-01T00:00:00Z"
        assert late.state == "rejected"


ROOT_PROMISE = Promise(
    id="a", state="pending", param=Value.encode({"func": "order"}), value=Value(), timeout_at=9_000_000,
    tags={"resonate:target": "poll://any@orders"}, created_at=1_000,
)  # fmt: skip
CHARGE = Promise(
    id="a:1", state="pending", param=Value(), value=Value(), timeout_at=9_000_000, created_at=2_000,
    tags={"durable:name": "charge", "durable:call": "step;in=-;for=;run=1", "resonate:parent": "a"},
)  # fmt: skip
NOTE = ParkingNote(task="a", code="sequence_changed", message="other steps", worker="old", at=5.0)
TASK = Task(id="a", state="pending", version=2, resumes=0)


def explain_task(task: Task | None, *notes: ParkingNote, charge: Promise = CHARGE) -> Explanation:
    return explain(ROOT_PROMISE, list_operations("a", [ROOT_PROMISE, charge]), {"a": task} if task else {}, notes)


@pytest.mark.parametrize(
    ("task", "reasons"),
    [
        (TASK, [WaitReason.PARKED]),
        (Task(id="a", state="acquired", version=3, resumes=0, pid="old"), [WaitReason.PARKED]),
        (Task(id="a", state="acquired", version=3, resumes=0, pid="new"), [WaitReason.STEP]),
        (Task(id="a", state="halted", version=3, resumes=0), [WaitReason.HALTED, WaitReason.STEP]),
    ],
)
def test_a_task_is_parked_until_a_worker_that_can_run_it_has_it(task: Task, reasons: list[WaitReason]) -> None:
    assert [wait.reason for wait in explain_task(task, NOTE).waits] == reasons


def test_a_note_says_nothing_once_its_job_has_got_further() -> None:
    later = Promise(
        id="a:1", state="resolved", param=Value(), value=Value(), timeout_at=9_000_000, created_at=2_000,
        tags=CHARGE.tags, settled_at=6_000,
    )  # fmt: skip
    assert [wait.reason for wait in explain_task(TASK, NOTE, charge=later).waits] == [WaitReason.WORKER]
    assert [wait.message for wait in explain_task(TASK, NOTE, replace(NOTE, at=4.0, message="old")).waits] == [
        "other steps"
    ]


def test_an_interrupted_step_has_no_worker() -> None:
    worker, interrupted = explain_task(TASK).waits
    assert worker == Wait(reason=WaitReason.WORKER, promise="a", name="order", since=2.0, group="orders")
    assert str(interrupted) == ("a:1 step 'charge' is under way since 1970-01-01T00:00:02Z and no worker has it now")


@pytest.mark.parametrize("tags", [{}, {"resonate:target": "x", "durable:call": ";;=", "durable:name": ""}])
def test_records_of_any_other_client_are_explained_as_far_as_they_go(tags: dict[str, str]) -> None:
    root = Promise(
        id="a", state="pending", param=Value(data="?"), value=Value(data="?"), timeout_at=0, tags=tags, created_at=0
    )
    assert str(explain(root, [], {})).startswith("a waits: ")
    assert str(explain(root, [], {"a": TASK})).startswith("a waits: a '?' waits for a worker")


def test_the_history_of_a_job_needs_nothing_of_the_sdk() -> None:
    """A command and a function import it."""
    code = "import sys, durable.history; print(*{name.partition('.')[0] for name in sys.modules})"
    loaded = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert not {"resonate", "pydantic", "aiohttp", "asyncio"} & set(loaded.split())
