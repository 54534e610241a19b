"""Retries after durable waits, which hold no worker, until the work deadline."""

import json
import math
from typing import Any

import pytest
from resonate.error import ApplicationError

from durable import TemporaryError, error_of
from durable.wire.records import Promise
from durable.wire.requests import PromiseSearch
from tests.durable.worker_lab import EMBEDDED_SERVER, WorkerLab, end_leases
from tests.waiting import wait_until

HOUR = 3_600


def make_errand(job: str, *refusals: dict[str, Any], **options: object) -> dict[str, Any]:
    return {"job": job, "refusals": list(refusals), **options}


def make_refusals(*seconds: float, durable_attempts: int | None = None) -> list[dict[str, Any]]:
    return [{"after": one, "durable_attempts": durable_attempts} for one in seconds]


def find_timers(lab: WorkerLab, job: str) -> list[Promise]:
    """Return every durable sleep of a job, oldest first."""
    found = lab.client.search_all(PromiseSearch(tags={"resonate:origin": job}))
    return sorted(
        (one for one in found if "resonate:timer" in one.tags), key=lambda one: int(one.id.rpartition(":")[2])
    )


def wait_for_sleep(lab: WorkerLab, job: str, number: int = 1) -> Promise:
    """Return the job's n-th durable sleep, once it is in that one."""

    def find_sleep() -> Promise | None:
        sleeps = find_timers(lab, job)
        return sleeps[-1] if len(sleeps) == number and sleeps[-1].state == "pending" else None

    return wait_until(
        find_sleep,
        lambda: f"{job} does not sleep: {find_timers(lab, job)} {[worker.log_tail for worker in lab.workers]}",
    )


def end_sleep(lab: WorkerLab, job: str, number: int = 1) -> float:
    """End a sleep, as the server does at its time, and return how many seconds it would have lasted."""
    sleep = wait_for_sleep(lab, job, number)
    lab.settle(sleep.id, "resolved")
    return (sleep.timeout_at - sleep.created_at) / 1_000


def test_a_long_wait_holds_no_worker_and_each_try_is_a_step(lab: WorkerLab) -> None:
    """Each wait is as long as requested, plus jitter."""
    worker = lab.start()
    job = lab.create("a", "patient", make_errand("a", *make_refusals(61, 3_000)))
    wait_for_sleep(lab, job)
    wait_until(lambda: worker.gauges["running"] == 0 or None, lambda: f"{worker.gauges}")
    assert 60.9 <= end_sleep(lab, job) <= 61 + 15
    assert 2_999.9 <= end_sleep(lab, job, 2) <= 3_000 + 30
    assert lab.result(job) == 3
    assert len(lab.children(job)) == 1 + 3 + 2
    events = [(event["kind"], event["code"]) for event in lab.step_events() if event["step"] == "ask"]
    assert events == [("started", None), ("retrying", "busy")] * 2 + [("started", None), ("done", None)]


def test_a_worker_may_die_during_a_durable_wait(lab: WorkerLab) -> None:
    first = lab.start()
    job = lab.create("a", "patient", make_errand("a", *make_refusals(61, 61)))
    end_sleep(lab, job)
    wait_for_sleep(lab, job, 2)
    first.kill()
    end_sleep(lab, job, 2)
    lab.start()
    end_leases(lab.client, first)
    assert lab.result(job) == 3
    assert lab.evidence.events_of("a") == ["asked"] * 3


def test_a_short_wait_stays_in_memory_and_becomes_durable_after_two_attempts(lab: WorkerLab) -> None:
    """Each durable attempt has two attempts in memory."""
    lab.start()
    soon = lab.create("a", "patient", make_errand("a", *make_refusals(0)))
    assert lab.result(soon) == 2
    assert find_timers(lab, soon) == []
    job = lab.create("b", "patient", make_errand("b", *make_refusals(0, 0)))
    assert end_sleep(lab, job) >= 59.9
    assert lab.result(job) == 3


@EMBEDDED_SERVER
def test_pauses_grow_to_an_hour_and_a_day_has_fewer_than_36(lab: WorkerLab) -> None:
    lab.start(lease=60)
    job = lab.create("a", "patient", make_errand("a", *make_refusals(0), is_forever=True))
    for number in range(1, 9):
        end_sleep(lab, job, number)  # the job's deadline may have shortened it
    pauses = [pause for event in lab.step_events() if (pause := event["pause"]) and pause > 1]
    assert len(pauses) >= 8
    for seconds, least in zip(pauses[:8], (60, 120, 240, 480, 960, 1_920, HOUR, HOUR), strict=True):
        assert least <= seconds <= least * 1.25
    assert len(pauses) + (24 * HOUR - sum(pauses)) / HOUR < 36


def test_an_error_with_limited_tries_fails_after_that_many_in_a_row(lab: WorkerLab) -> None:
    """Another error in between starts the row anew."""
    lab.start()
    job = lab.create("a", "patient", make_errand("a", *make_refusals(61, durable_attempts=3), is_forever=True))
    for number in (1, 2):
        end_sleep(lab, job, number)
    error = lab.error(job)
    assert (error["code"], error["message"], error["step"]) == ("busy", "come in 61 s", "ask")
    assert lab.evidence.events_of("a") == ["asked"] * 3
    mixed = [*make_refusals(61, 61, durable_attempts=3), *make_refusals(61), *make_refusals(61, 61, durable_attempts=3)]
    other = lab.create("b", "patient", make_errand("b", *mixed))
    for number in range(1, 6):
        end_sleep(lab, other, number)
    assert lab.result(other) == 6


@pytest.mark.parametrize("after", [700, 10**12, 1e300])
def test_a_wait_beyond_the_work_deadline_fails_at_once(lab: WorkerLab, after: float) -> None:
    lab.start()
    job = lab.create("a", "patient", make_errand("a", *make_refusals(after), seconds=600))
    error = lab.error(job)
    assert (error["code"], error["step"], error["retry"]) == ("work_deadline", "ask", False)
    assert f"busy, come in {after:g} s" in error["message"]
    assert find_timers(lab, job) == []


@EMBEDDED_SERVER
def test_a_pause_that_has_grown_beyond_the_work_deadline_fails_at_once(lab: WorkerLab) -> None:
    lab.start()
    job = lab.create("a", "patient", make_errand("a", *make_refusals(0), is_forever=True, seconds=100))
    end_sleep(lab, job)
    assert lab.error(job)["code"] == "work_deadline"
    assert len(find_timers(lab, job)) == 1


@EMBEDDED_SERVER
def test_a_durable_wait_ends_with_the_job(lab: WorkerLab) -> None:
    lab.start()
    job = lab.create("a", "patient", make_errand("a", *make_refusals(1e300)))
    assert wait_for_sleep(lab, job).timeout_at <= lab.client.get(job).timeout_at


@EMBEDDED_SERVER
def test_without_durable_retries_a_long_wait_fails_the_step(lab: WorkerLab) -> None:
    """Nor is the step retried at once."""
    lab.start()
    job = lab.create("a", "impatient", make_errand("a", *make_refusals(61)))
    error = lab.error(job)
    assert (error["code"], error["retry"], error["after"]) == ("busy", True, 61)
    assert lab.evidence.events_of("a") == ["asked"]
    assert [event["kind"] for event in lab.step_events()] == ["started", "failed"]


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
