"""The bridge keeps each task safe when calls fail: none is lost, none runs twice, and none is called for ever."""

import asyncio
import itertools
import os
import signal
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import pytest
from msgspec import convert

from durable import Clock
from durable.runtime.bridge import MAX_FAILURES
from durable.wire.answers import AcquiredTask, OneTask
from durable.wire.function_calls import FunctionCall
from durable.wire.requests import TaskAcquire, TaskGet
from tests.conftest import BOTH_SERVERS
from tests.waiting import wait_until

from .conftest import FREQUENT_ANNOUNCEMENTS
from .fake_lambda import Invoke, Reply, fail, find_none, run_in_process, run_in_thread, throttle
from .function_lab import FunctionLab

HUNG_UP = None


def first(times: int, fault: Invoke, then: Invoke) -> Invoke:
    """Return a function whose first calls end otherwise."""
    numbers = itertools.count()
    return lambda event: fault(event) if next(numbers) < times else then(event)


def die_with_task(lab: FunctionLab, pid: str | None = None) -> Invoke:
    """Return a function that acquires its task, or another one that did so under another name, and is killed."""

    def invoke(event: Mapping[str, Any]) -> Reply:
        call = convert(event, FunctionCall)
        task = call.data.task
        lab.evidence.note(task.id, "dies")
        request = TaskAcquire(id=task.id, version=task.version, pid=pid or call.head.pid or "", ttl=300_000)
        lab.client.ask(request, AcquiredTask)
        return fail(event)

    return invoke


async def sleep_less(seconds: float) -> None:
    """Sleep for a hundredth of the time: pauses between calls grow to five seconds."""
    await asyncio.sleep(seconds / 100)


@FREQUENT_ANNOUNCEMENTS
@pytest.mark.parametrize("fault", [throttle, find_none, fail], ids=["throttled", "not set up", "fails at its start"])
def test_a_task_waits_until_its_function_can_be_called(lab: FunctionLab, fault: Invoke) -> None:
    """However often the calls fail: the task was never begun. So the server announces it again by itself."""
    times = MAX_FAILURES + 2
    lab.fake.invoke = first(times, fault, lab.fake.invoke)
    with lab.bridge(Clock(sleep=sleep_less), max_parking_pause=0.05):
        lab.create("a", "pages", "a", 1)
        lab.result("a")
    assert lab.fake.count("a") > times
    assert lab.evidence.events_of("a") == ["turned-0"]


@BOTH_SERVERS
def test_a_task_whose_function_dies_again_and_again_fails(lab: FunctionLab) -> None:
    lab.fake.invoke = die_with_task(lab)
    with lab.bridge():
        lab.create("a", "pages", "a", 1)
        error = lab.error("a")
    assert (error["code"], error["retry"]) == ("function_failed", False)
    assert "8 times in a row, at last with: " in error["message"]
    assert lab.evidence.events_of("a") == ["dies"] * MAX_FAILURES
    assert "the function failed: " in lab.notes_of("a")[0]


def test_a_failed_call_releases_nothing_that_another_function_holds(lab: FunctionLab) -> None:
    """The server announced the task twice, and the other function runs: a release would begin it a second time."""
    lab.fake.invoke = die_with_task(lab, pid="another")
    with lab.bridge() as bridge:
        lab.create("a", "greeting", "b")
        wait_until(lambda: lab.notes_of("a"), "the failure is not noted")
        wait_until(lambda: not bridge.gauges["parked"], "the task is still parked")
    task = lab.client.ask(TaskGet(id="a"), OneTask).task
    assert (task.state, task.version, task.pid) == ("acquired", 1, "another")


def test_a_function_that_began_behind_a_fault_of_lambda_keeps_its_task(lab: FunctionLab) -> None:
    """The next call fails at its start, and must not release what the first one holds."""
    begin = die_with_task(lab)

    def begin_behind_fault(event: Mapping[str, Any]) -> Reply:
        begin(event)
        return Reply(status=HTTPStatus.BAD_GATEWAY)

    lab.fake.invoke = first(1, begin_behind_fault, fail)
    with lab.bridge() as bridge:
        lab.create("a", "greeting", "b")
        wait_until(lambda: lab.notes_of("a"), "the failure is not noted")
        wait_until(lambda: not bridge.gauges["parked"], "the task is still parked")
    task = lab.client.ask(TaskGet(id="a"), OneTask).task
    assert (task.state, task.pid) == ("acquired", lab.fake.events[0]["head"]["pid"])


def test_a_function_that_runs_its_task_is_forgiven_its_failures(lab: FunctionLab) -> None:
    """Each of the tasks of this job is suspended once between its failures."""
    turns = itertools.cycle([die_with_task(lab)] * (MAX_FAILURES - 1) + [lab.fake.invoke])
    lab.fake.invoke = lambda event: next(turns)(event)  # noqa: PLW0108 - each call has another one
    with lab.bridge(max_parking_pause=0.02, concurrency=1):
        lab.create("a", "factorial", 2)
        assert lab.result("a") == 2


@BOTH_SERVERS
def test_a_killed_function_repeats_only_the_step_that_it_was_killed_in(lab: FunctionLab) -> None:
    lab.fake.invoke = run_in_process(lab.server.url)
    with lab.bridge():
        lab.create("a", "gated", "a")
        container = lab.evidence.wait_for("a", "arrived-1")
        os.kill(container.pid, signal.SIGKILL)
        lab.evidence.wait_for("a", "arrived-1", times=2)
        lab.evidence.open_gate()
        lab.result("a")
    assert lab.evidence.events_of("a") == ["turned-0", "arrived-1", "arrived-1", "passed-1", "left-1", "turned-1"]


def test_a_call_without_an_answer_begins_no_second_function(lab: FunctionLab) -> None:
    """The function works on: its lease is its own."""
    worker = lab.make_worker()

    def run_and_hang_up(event: Mapping[str, Any]) -> Reply | None:
        run_in_thread(worker)(event)
        return HUNG_UP

    lab.fake.invoke = run_and_hang_up
    with lab.bridge():
        lab.create("a", "pages", "a", 2)
        lab.result("a")
    assert lab.evidence.events_of("a") == ["turned-0", "turned-1"]
    assert lab.fake.count("a") == 1


def test_an_answer_that_is_none_is_noted_and_the_task_is_called_again(lab: FunctionLab) -> None:
    lab.fake.invoke = first(1, lambda _: Reply(body={"statusCode": 200}), lab.fake.invoke)
    with lab.bridge():
        lab.create("a", "greeting", "b")
        assert lab.result("a") == "hello b"
    assert "answers what no function worker answers" in lab.notes_of("a")[0]


def test_a_function_that_lost_the_server_has_its_task_released(lab: FunctionLab) -> None:
    """Its lease would hold the task for minutes."""
    die = die_with_task(lab)

    def lose(event: Mapping[str, Any]) -> Reply:
        die(event)
        return Reply(body={"status": "lost", "version": 1})

    lab.fake.invoke = first(1, lose, lab.fake.invoke)
    with lab.bridge():
        lab.create("a", "greeting", "b")
        assert lab.result("a") == "hello b"


def test_a_task_that_the_function_parks_is_in_the_log_of_the_worker(
    lab: FunctionLab, caplog: pytest.LogCaptureFixture
) -> None:
    """An alarm counts such lines in the workers' log, and not in that of the function."""
    with lab.bridge():
        lab.create("a", "unheard_of", 1)
        wait_until(lambda: [line for line in caplog.records if "parked: the function" in line.message], "no line")
    line = next(line for line in caplog.records if "parked: the function" in line.message)
    assert line.__dict__["fields"] == {"event": "parked", "promiseId": "a", "task": "a"}
