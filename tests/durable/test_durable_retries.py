"""Retries after durable waits, which hold no worker, until the work deadline."""

import json
import logging
import math
from dataclasses import replace
from datetime import timedelta

import pytest
from resonate.context import Context
from resonate.error import ApplicationError

from durable import (
    DurableRetry,
    Retry,
    TemporaryError,
    error_of,
    run_with_durable_retries,
    step,
    work_until,
    workflow,
)
from durable.testing import DriverOptions, Job, WorkflowTest
from tests.durable.conftest import DrivenPlace

HOUR = 3_600


@step(timeout=30)
async def set_deadline() -> float | None:
    """Return the work deadline, if there is one."""
    return None


@step(timeout=30, retry=Retry(attempts=2, first=0.01))
async def ask() -> int:
    """Return the number of the attempt; tests replace it."""
    raise AssertionError


@workflow(name="patient")
async def patient(ctx: Context) -> int:
    """Ask with durable retries until it succeeds or the deadline is over."""
    until = await ctx.run(set_deadline)
    with work_until(math.inf if until is None else until):
        return await run_with_durable_retries(ctx, ask)


@workflow(name="impatient")
async def impatient(ctx: Context) -> int:
    """Ask without durable retries."""
    return await ctx.run(ask)


def refuse(*seconds: float, durable_attempts: int | None = None) -> list[TemporaryError]:
    """Return errors that ask for these waits."""
    return [
        TemporaryError("busy", f"come in {one:g} s", after=one, durable_attempts=durable_attempts) for one in seconds
    ]


def start(test: WorkflowTest, *outcomes: object, work_seconds: float | None = None) -> Job[int]:
    """Start a job whose step comes out like this, within so many seconds of work."""
    test.replace(ask, *outcomes)
    test.replace(set_deadline, None if work_seconds is None else test.now + work_seconds)
    return test.start(patient)


def sleeps_of(job: Job[int]) -> list[float]:
    """Return how many seconds each of a job's durable sleeps lasts."""
    return [one.timeout_at - one.created_at for one in job.operations("sleep")]


@pytest.mark.parametrize(("draw", "waits"), [(0.0, [61, 3_000]), (1.0, [61 + 15, 3_000 + 30])])
def test_a_long_wait_holds_no_worker_and_each_try_is_a_step(
    place: DrivenPlace, draw: float, waits: list[float], caplog: pytest.LogCaptureFixture
) -> None:
    """Each wait is as long as requested, plus jitter."""
    caplog.set_level(logging.DEBUG, "durable.attempts")
    with WorkflowTest(patient, on=replace(place, options=DriverOptions(draw=draw))) as test:
        job = start(test, *refuse(61, 3_000), 3)
        assert test.requests[-1].kind == "task.suspend"
        assert job.result() == 3
        assert sleeps_of(job) == pytest.approx(waits, abs=0.01)
        assert [one.state for one in job.operations("ask")] == ["rejected", "rejected", "resolved"]
        assert len(job.operations()) == 1 + 3 + 2
    fields = [record.__dict__["fields"] for record in caplog.records if "fields" in record.__dict__]
    events = [(one["event"], one.get("code")) for one in fields if one.get("step") == "ask"]
    retried = [("step_started", None), ("step_retrying", "busy")]
    assert events == [*retried, *retried, ("step_started", None), ("step_done", None)]


def test_a_worker_may_die_during_a_durable_wait(place: DrivenPlace) -> None:
    with WorkflowTest(patient, on=place) as test:
        job = start(test, *refuse(61, 61), 3)
        test.pass_time(seconds=70)
        assert len(sleeps_of(job)) == 2
        test.kill_workers()
        assert job.result() == 3
        assert len(test.calls(ask)) == 3


def test_a_short_wait_stays_in_memory_and_becomes_durable_after_two_attempts(place: DrivenPlace) -> None:
    """Each durable attempt has two attempts in memory."""
    with WorkflowTest(patient, on=place) as test:
        soon = start(test, *refuse(0), 2)
        assert soon.result() == 2
        assert sleeps_of(soon) == []
        job = start(test, *refuse(0, 0), 3)
        assert job.result() == 3
        assert sleeps_of(job) == pytest.approx([60], abs=0.01)


@pytest.mark.parametrize("draw", [0.0, 1.0])
def test_pauses_grow_to_an_hour_and_a_day_has_fewer_than_36(place: DrivenPlace, draw: float) -> None:
    with WorkflowTest(patient, on=replace(place, options=DriverOptions(draw=draw))) as test:
        job = start(test, *refuse(0))
        test.pass_time(days=1)
        pauses = sleeps_of(job)
        expected = [60, 120, 240, 480, 960, 1_920, HOUR, HOUR]
        assert pauses[:8] == pytest.approx([one * (1 + draw / 4) for one in expected], abs=0.01)
        assert len(job.operations("ask")) < 36


def test_an_error_with_limited_tries_fails_after_that_many_in_a_row(place: DrivenPlace) -> None:
    """Another error in between starts the row anew."""
    with WorkflowTest(patient, on=place) as test:
        error = start(test, *refuse(61, durable_attempts=3)).error()
        assert (error.code, error.message, error.step) == ("busy", "come in 61 s", "ask")
        assert len(test.calls(ask)) == 3
        mixed = [*refuse(61, 61, durable_attempts=3), *refuse(61), *refuse(61, 61, durable_attempts=3)]
        assert start(test, *mixed, 6).result() == 6


@pytest.mark.parametrize("after", [700, 10**12, 1e300])
def test_a_wait_beyond_the_work_deadline_fails_at_once(place: DrivenPlace, after: float) -> None:
    with WorkflowTest(patient, on=place) as test:
        job = start(test, *refuse(after), work_seconds=600)
        error = job.error()
        assert (error.code, error.step, error.retry) == ("work_deadline", "ask", False)
        assert f"busy, come in {after:g} s" in error.message
        assert sleeps_of(job) == []


def test_a_pause_that_has_grown_beyond_the_work_deadline_fails_at_once(place: DrivenPlace) -> None:
    with WorkflowTest(patient, on=place) as test:
        job = start(test, *refuse(0), work_seconds=100)
        assert job.error().code == "work_deadline"
        assert len(sleeps_of(job)) == 1


def test_a_durable_wait_ends_with_the_job(place: DrivenPlace) -> None:
    with WorkflowTest(patient, on=place, lifetime=timedelta(hours=1)) as test:
        job = start(test, *refuse(1e300))
        assert sleeps_of(job) == pytest.approx([HOUR], abs=1)


def test_without_durable_retries_a_long_wait_fails_the_step(
    place: DrivenPlace, caplog: pytest.LogCaptureFixture
) -> None:
    """Nor is the step retried at once."""
    with WorkflowTest(impatient, on=place) as test:
        test.replace(ask, *refuse(61))
        error = test.start(impatient).error()
        assert (error.code, error.retry, error.after) == ("busy", True, 61)
        assert len(test.calls(ask)) == 1
    assert [record.getMessage() for record in caplog.records if "step ask" in record.getMessage()] == [
        "step ask failed"
    ]


def test_an_errors_wait_survives_the_wire() -> None:
    complete = TemporaryError("a", "b", "c", after=61.5, durable_attempts=5)
    for error in (complete, TemporaryError("a", "b", after=0)):
        parsed = error_of(ApplicationError(str(error)))
        assert (parsed.after, parsed.durable_attempts) == (error.after, error.durable_attempts)
    assert not {"after", "durableAttempts"} & json.loads(str(TemporaryError("a", "b"))).keys()


@pytest.mark.parametrize(
    ("field", "after"),
    [
        *((f'"after": {word}', None) for word in ("null", '"soon"', "true", "[]", "{}", "-1", "NaN", "-Infinity")),
        ('"durableAttempts": "often", "after": 5', 5),
        ('"durableAttempts": 0, "after": 5', 5),
        ('"after": 1e999', 366 * 86_400),
        (f'"after": {10**400}', 366 * 86_400),
        ('"other": 1', None),
        ('"retry": false, "after": 5', None),
    ],
)
def test_an_invalid_wait_is_ignored(field: str, after: float | None) -> None:
    error = error_of(ApplicationError(f'{{"code": "busy", "message": "later", {field}}}'))
    assert (error.code, error.message, error.after, error.durable_attempts) == ("busy", "later", after, None)
    assert error.after is None or math.isfinite(error.after)


@workflow(name="always_busy")
async def always_busy(_: Context) -> int:
    """Fail in the body itself, and not in a step, which would lengthen its pauses."""
    raise TemporaryError("busy", "come at once", after=0)


@workflow(name="hasty")
async def hasty(ctx: Context) -> int:
    """Retry a workflow."""
    return await DurableRetry(attempts=4).run(ctx, always_busy)


def test_the_pauses_between_runs_of_a_workflow_grow_too(place: DrivenPlace) -> None:
    """Else a workflow whose errors have `after=0` is run again without a pause, until its job's deadline."""
    with WorkflowTest(hasty, on=place) as test:
        job = test.start(hasty)
        assert job.error().code == "busy"
        assert sleeps_of(job) == pytest.approx([60, 120, 240], abs=0.01)
