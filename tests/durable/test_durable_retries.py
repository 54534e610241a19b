"""Waits that are too long for memory: slept durably, by nobody, as long as there is time for work; and no longer."""

import json
import math
from typing import Any

import pytest
from resonate.error import ApplicationError

from durable import TemporaryError, error_of
from tests.durable.worker_lab import EMBEDDED, WorkerLab
from tests.waiting import wait_until
from wire.records import Promise
from wire.requests import PromiseSearch

HOUR = 3_600


def errand(job: str, *refusals: dict[str, Any], **how: object) -> dict[str, Any]:
    return {"job": job, "refusals": list(refusals), **how}


def told(*seconds: float, tries: int | None = None) -> list[dict[str, Any]]:
    return [{"after": one, "tries": tries} for one in seconds]


def timers(lab: WorkerLab, job: str) -> list[Promise]:
    """Return every durable sleep of a job, oldest first."""
    found = lab.client.search_all(PromiseSearch(tags={"resonate:origin": job}))
    timers = [one for one in found if "resonate:timer" in one.tags]
    return sorted(timers, key=lambda one: int(one.id.rpartition(":")[2]))


def sleeping(lab: WorkerLab, job: str, number: int = 1) -> Promise:
    """Return the sleep that a job is in, once it is its so-manieth."""

    def found() -> Promise | None:
        slept = timers(lab, job)
        return slept[-1] if len(slept) == number and slept[-1].state == "pending" else None

    return wait_until(
        found, lambda: f"{job} does not sleep: {timers(lab, job)} {[worker.log_tail for worker in lab.workers]}"
    )


def pass_time(lab: WorkerLab, job: str, number: int = 1) -> float:
    """Let a sleep end, as the server does when its time has come; return how many seconds it would have lasted."""
    sleep = sleeping(lab, job, number)
    lab.settle(sleep.id, "resolved")
    return (sleep.timeout_at - sleep.created_at) / 1_000


def test_a_long_wait_is_slept_by_nobody_and_each_try_is_a_step_of_its_own(lab: WorkerLab) -> None:
    """What is asked for is waited, and a share of chance more."""
    worker = lab.start()
    job = lab.create("a", "patient", errand("a", *told(61, 3_000)))
    sleeping(lab, job)
    wait_until(lambda: worker.gauges["running"] == 0 or None, lambda: f"{worker.gauges}")
    assert 60.9 <= pass_time(lab, job) <= 61 + 15
    assert 2_999.9 <= pass_time(lab, job, 2) <= 3_000 + 30
    assert lab.result(job) == 3
    assert len(lab.children(job)) == 1 + 3 + 2
    told_of = [(event["kind"], event["code"]) for event in lab.step_events() if event["step"] == "ask"]
    assert told_of == [("started", None), ("retrying", "busy")] * 2 + [("started", None), ("done", None)]


def test_a_worker_that_dies_meanwhile_is_not_missed(lab: WorkerLab) -> None:
    first = lab.start()
    job = lab.create("a", "patient", errand("a", *told(61, 61)))
    pass_time(lab, job)
    sleeping(lab, job, 2)
    first.kill()
    pass_time(lab, job, 2)
    lab.start()
    assert lab.result(job) == 3
    assert lab.evidence.events_of("a") == ["asked"] * 3


def test_a_short_wait_is_waited_in_memory_and_becomes_a_long_one_if_it_does_not_help(lab: WorkerLab) -> None:
    """Each durable try has two in memory."""
    lab.start()
    soon = lab.create("a", "patient", errand("a", *told(0)))
    assert lab.result(soon) == 2
    assert timers(lab, soon) == []
    job = lab.create("b", "patient", errand("b", *told(0, 0)))
    assert pass_time(lab, job) >= 59.9
    assert lab.result(job) == 3


@EMBEDDED
def test_pauses_grow_up_to_an_hour_and_a_day_has_a_few_dozen(lab: WorkerLab) -> None:
    lab.start(lease=60)
    job = lab.create("a", "patient", errand("a", *told(0), is_for_ever=True))
    for number in range(1, 9):
        pass_time(lab, job, number)  # which the job's own deadline may have cut short
    pauses = [pause for event in lab.step_events() if (pause := event["pause"]) and pause > 1]
    assert len(pauses) >= 8
    for seconds, least in zip(pauses[:8], (60, 120, 240, 480, 960, 1_920, HOUR, HOUR), strict=True):
        assert least <= seconds <= least * 1.25
    assert len(pauses) + (24 * HOUR - sum(pauses)) / HOUR < 36


def test_what_may_come_only_so_often_in_a_row_fails_then(lab: WorkerLab) -> None:
    """Something else in between, and it is not in a row."""
    lab.start()
    job = lab.create("a", "patient", errand("a", *told(61, tries=3), is_for_ever=True))
    for number in (1, 2):
        pass_time(lab, job, number)
    error = lab.error(job)
    assert (error["code"], error["message"], error["step"]) == ("busy", "come in 61 s", "ask")
    assert lab.evidence.events_of("a") == ["asked"] * 3
    mixed = [*told(61, 61, tries=3), *told(61), *told(61, 61, tries=3)]
    other = lab.create("b", "patient", errand("b", *mixed))
    for number in range(1, 6):
        pass_time(lab, other, number)
    assert lab.result(other) == 6


@pytest.mark.parametrize("after", [700, 10**12, 1e300])
def test_a_wait_beyond_the_time_for_work_fails_at_once_and_says_why(lab: WorkerLab, after: float) -> None:
    lab.start()
    job = lab.create("a", "patient", errand("a", *told(after), seconds=600))
    error = lab.error(job)
    assert (error["code"], error["step"], error["retry"]) == ("work_deadline", "ask", False)
    assert f"busy, come in {after:g} s" in error["message"]
    assert timers(lab, job) == []


@EMBEDDED
def test_a_pause_that_has_grown_beyond_the_time_for_work_is_not_slept_either(lab: WorkerLab) -> None:
    lab.start()
    job = lab.create("a", "patient", errand("a", *told(0), is_for_ever=True, seconds=100))
    pass_time(lab, job)
    assert lab.error(job)["code"] == "work_deadline"
    assert len(timers(lab, job)) == 1


@EMBEDDED
def test_a_wait_of_ages_lasts_no_longer_than_the_job(lab: WorkerLab) -> None:
    lab.start()
    job = lab.create("a", "patient", errand("a", *told(1e300)))
    assert sleeping(lab, job).timeout_at <= lab.client.get(job).timeout_at


@EMBEDDED
def test_where_nobody_waits_durably_a_long_wait_is_a_failure(lab: WorkerLab) -> None:
    """And no reason to try again at once."""
    lab.start()
    job = lab.create("a", "impatient", errand("a", *told(61)))
    error = lab.error(job)
    assert (error["code"], error["retry"], error["after"]) == ("busy", True, 61)
    assert lab.evidence.events_of("a") == ["asked"]
    assert [event["kind"] for event in lab.step_events()] == ["started", "failed"]


def test_how_long_to_wait_comes_back_from_the_text_of_an_error() -> None:
    whole = TemporaryError("a", "b", "c", after=61.5, tries=5)
    for error in (whole, TemporaryError("a", "b", after=0)):
        back = error_of(ApplicationError(str(error)))
        assert (back.after, back.tries) == (error.after, error.tries)
    assert not {"after", "tries"} & json.loads(str(TemporaryError("a", "b"))).keys()


@pytest.mark.parametrize(
    ("words", "after"),
    [
        *((f'"after": {word}', None) for word in ("null", '"soon"', "true", "[]", "{}", "-1", "NaN", "-Infinity")),
        ('"tries": "often", "after": 5', 5),
        ('"tries": 0, "after": 5', 5),
        ('"after": 1e999', 366 * 86_400),
        (f'"after": {10**400}', 366 * 86_400),
        ('"other": 1', None),
        ('"retry": false, "after": 5', None),
    ],
)
def test_nonsense_about_a_wait_is_no_wait(words: str, after: float | None) -> None:
    error = error_of(ApplicationError(f'{{"code": "busy", "message": "later", {words}}}'))
    assert (error.code, error.message, error.after, error.tries) == ("busy", "later", after, None)
    assert error.after is None or math.isfinite(error.after)
