"""Promises keep what they were made for, so a resumed job never takes the result of one call for that of another."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from durable import Context, all_of, workflow
from durable.history import WaitReason, read_job
from durable.runtime import Settings
from durable.testing import WorkflowTest
from durable.wire.answers import OneTask
from durable.wire.call_record import END_HEADER, CallKind, CallRecord, EndRecord
from durable.wire.errors import NotFound
from durable.wire.requests import PromiseSearch, TaskGet
from tests.calls import HOUR
from tests.conftest import BOTH_SERVERS
from tests.durable.conftest import DrivenPlace
from tests.durable.worker_lab import EMBEDDED_SERVER, WorkerLab, end_leases
from tests.testing.flows import approval
from tests.waiting import wait_until


def read_calls(lab: WorkerLab, job: str) -> dict[str, str]:
    """Return the call of each promise that a job made, by place."""
    made = lab.client.search_all(PromiseSearch(tags={"resonate:origin": job}))
    return {one.id.removeprefix(job): str(CallRecord.read(one.tags)) for one in made if one.id != job}


def wait_for_question(lab: WorkerLab, job: str, place: int) -> str:
    """Return the promise that a job makes at a place, once its task is suspended."""
    question = f"{job}:{place}"

    def is_suspended() -> bool:
        try:
            lab.client.get(question)
        except NotFound:
            return False
        return lab.client.ask(TaskGet(id=job), OneTask).task.state == "suspended"

    wait_until(is_suspended, lambda: f"{job} does not wait: {[worker.log_tail for worker in lab.workers]}")
    return question


@BOTH_SERVERS
def test_each_promise_of_a_job_keeps_the_name_and_kind_of_its_call(lab: WorkerLab) -> None:
    lab.start()
    lab.result(lab.create("a", "nested", "a"))
    assert read_calls(lab, "a") == {
        ":1": "workflow 'pages'",
        ":1.1": "step 'turn'",
        ":2": "part 'pages'",
        ":2.1": "step 'turn'",
        ":2.2": "step 'turn'",
        ":3": "sleep 'sleep'",
    }


@BOTH_SERVERS
def test_a_call_that_has_ended_keeps_its_worker_attempts_and_times(lab: WorkerLab) -> None:
    """They are written with its value, so they cost no request. A part was ended by a worker, too."""
    worker = lab.start()
    lab.result(lab.create("a", "nested", "a"))
    ended = {one.id.removeprefix("a"): one for one in read_job(lab.client, "a").operations}
    step = ended[":1.1"]
    assert step.started_at is not None
    assert step.ended_at is not None
    assert step.settled_at is not None
    assert step.created_at - 1 <= step.started_at <= step.ended_at <= step.settled_at + 1  # by two clocks
    assert step.attempts == 1
    assert {ended[place].worker for place in (":1", ":1.1", ":2", ":2.1")} == {step.worker}
    assert f"-{worker.pid}-" in str(step.worker)
    assert [(ended[place].attempts, ended[place].started_at) for place in (":1", ":2")] == [(None, None)] * 2
    assert ended[":3"].worker is None  # the server ends a sleep


def test_the_end_of_a_failed_step_has_all_its_attempts(lab: WorkerLab) -> None:
    lab.start()
    lab.wait(lab.create("a", "faulty", "late"))
    [late] = read_job(lab.client, "a").operations
    assert (late.state, late.attempts) == ("rejected", 3)


@pytest.mark.parametrize("header", ["", ";;", "x", "a;b;c", "9" * 5_000 + ";;;"])
def test_a_header_of_another_program_is_no_end(header: str) -> None:
    end = EndRecord.read({END_HEADER: header})
    assert end is None or end.attempts is None


def test_parts_have_names(lab: WorkerLab) -> None:
    lab.start()
    lab.evidence.open_gate()
    lab.result(lab.create("wide", "apart", "wide", 2, 2, []))
    assert read_calls(lab, "wide") == {
        ":1": "scope 'parts of piece'",
        ":1.1": "part 'piece'",
        ":1.1.1": "step 'work'",
        ":1.2": "part 'piece'",
        ":1.2.1": "step 'work'",
    }


def test_questions_have_names(workflow_test: Callable[..., WorkflowTest]) -> None:
    test = workflow_test(approval)
    job = test.start(approval, "holidays")
    job.answer(1)
    assert job.result() == "answered: 1"
    calls = {one.id.removeprefix(job.id): (one.kind, one.name) for one in job.operations()}
    assert calls == {":1": (CallKind.PROMISE, "announce"), ":2": (CallKind.STEP, "announce")}


@pytest.mark.parametrize(
    ("changed", "place", "recorded", "called"),
    [
        ("reordered", 1, "step 'read_iban'", "step 'read_email'"),
        ("inserted", 2, "step 'read_email'", "step 'check_fraud'"),
        ("delegated", 2, "step 'read_email'", "part 'partner'"),
        ("removed", 2, "step 'read_email'", "promise 'promise'"),
    ],
)
def test_a_job_whose_code_changed_is_parked_with_both_names_until_its_code_is_back(
    lab: WorkerLab, changed: str, place: int, recorded: str, called: str
) -> None:
    """Without the check its next call would get the result of another step."""
    first = lab.start(known="first")
    question = wait_for_question(lab, lab.create("a", "pay", "a"), 3)
    first.kill()
    end_leases(lab.client, first)
    second = lab.start(known=changed)
    lab.settle(question, "resolved", "yes")
    [line, *_] = wait_until(
        lambda: [one for one in second.log_lines if one.get("event") == "parked"], lambda: second.log_tail
    )
    assert (line["promiseId"], line["code"]) == ("a", "sequence_changed")
    assert line["error"].startswith(f"a:{place} was recorded as {recorded}, and the code now calls {called} there: ")
    [wait] = wait_until(
        lambda: [one for one in read_job(lab.client, "a").explain().waits if one.reason is WaitReason.PARKED],
        lambda: second.log_tail,
    )
    assert (wait.code, wait.message) == ("sequence_changed", line["error"])
    second.kill()
    end_leases(lab.client, second)
    lab.start(known="first")
    assert lab.result("a") == ["DE02", "ada@example.org", "yes"]
    assert lab.evidence.events_of("a") == ["iban", "email"]


def test_a_renamed_function_whose_step_keeps_its_name_changes_nothing(lab: WorkerLab) -> None:
    first = lab.start(known="first")
    question = wait_for_question(lab, lab.create("a", "pay", "a"), 3)
    first.kill()
    end_leases(lab.client, first)
    lab.start(known="renamed")
    lab.settle(question, "resolved", "yes")
    assert lab.result("a") == ["DE02", "ada@example.org", "yes"]


@EMBEDDED_SERVER
def test_a_job_without_names_in_its_records_is_resumed(lab: WorkerLab) -> None:
    """The SDK's own worker writes none."""
    first = lab.launch("sdk_worker", lease=2.0)
    lab.create("a", "gated", "a")
    lab.evidence.wait_for("a", "arrived-1")
    assert read_calls(lab, "a") == {":1": "None", ":2": "None"}
    first.kill()
    lab.start()
    lab.evidence.open_gate()
    assert lab.result("a") == {"number": 2, "text": "Page"}
    assert lab.evidence.events_of("a").count("turned-0") == 1


@EMBEDDED_SERVER
def test_calls_live_as_long_as_their_job(lab: WorkerLab) -> None:
    """The SDK by itself gives each a day, and a sleep within it ends with it."""
    lab.start()
    job = lab.create("a", "nested", "a", lifetime=30 * 24 * HOUR)
    lab.result(job)
    deadline = lab.client.get(job).timeout_at
    assert {lab.client.get(f"a:{place}").timeout_at for place in ("1", "1.1", "2", "2.1")} == {deadline}


@BOTH_SERVERS
def test_a_sleeping_job_has_no_task_that_workers_are_offered(lab: WorkerLab) -> None:
    """The SDK's own sleep is a task, which workers acquire and drop again until the sleep is over."""
    lab.start()
    job = lab.create("a", "nested", "a")
    lab.result(job)
    with pytest.raises(NotFound):
        lab.client.ask(TaskGet(id=f"{job}:3"), OneTask)
    assert lab.client.get(f"{job}:3").tags["resonate:branch"] == job


@workflow(name="doze")
async def doze(ctx: Context) -> str:
    """Sleep for eight leases, here and in a part."""
    nap = timedelta(seconds=8 * Settings(url="http://server", group="").lease)
    await all_of(ctx, ctx.sleep(nap), ctx.rpc(doze_elsewhere, nap.total_seconds()))
    return "awake"


@workflow(name="doze_elsewhere")
async def doze_elsewhere(ctx: Context, seconds: float) -> None:
    """Sleep."""
    await ctx.sleep(timedelta(seconds=seconds))


@BOTH_SERVERS
def test_workers_and_server_exchange_nothing_while_a_job_sleeps(
    place: DrivenPlace, workflow_test: Callable[..., WorkflowTest]
) -> None:
    """The SDK's own sleep would be offered to a worker, acquired and dropped at each lease."""
    test = workflow_test(doze, doze_elsewhere, on=place)
    job = test.start(doze)
    begun = len(test.requests)
    test.pass_time(seconds=8 * Settings(url="http://server", group="").lease - 1)
    assert (job.state, len(test.requests)) == ("pending", begun)
    assert job.result() == "awake"


@EMBEDDED_SERVER
def test_a_resumed_job_asks_for_its_parts_once(lab: WorkerLab) -> None:
    """Each of sixteen parts wakes it. If it asked for each part again each time, it would send 315 requests."""
    worker = lab.start(concurrency=20)
    lab.evidence.open_gate()
    lab.result(lab.create("wide", "apart", "wide", 16, 16, []))
    assert worker.gauges["requests"] < 200
