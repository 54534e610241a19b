"""Parts of a job that run elsewhere: so many at a time, results in order, and the first failure when all have ended."""

import signal

from tests.calls import HOUR
from tests.durable.worker_lab import WorkerLab
from tests.waiting import wait_until


def test_results_come_in_order_however_the_parts_end(lab: WorkerLab) -> None:
    lab.start(concurrency=8)
    lab.start(concurrency=8)
    job = lab.create("wide", "apart", "wide", 10, 4, [])
    lab.evidence.open_gate()
    assert lab.result(job) == list(range(10))


def test_no_more_are_under_way_than_may_be(lab: WorkerLab) -> None:
    lab.start(concurrency=20)
    job = lab.create("wide", "apart", "wide", 10, 4, [])
    for number in range(4):
        lab.evidence.wait_for("wide", f"began-{number}")
    assert sorted(lab.evidence.events_of("wide")) == [f"began-{number}" for number in range(4)]
    assert len(lab.children(job)) == 1 + 4 + 4  # all parts as one, and each with its step
    lab.evidence.open_gate()
    assert lab.result(job) == list(range(10))
    now = most = 0
    for what in lab.evidence.events_of("wide"):
        now += what.startswith("began-") - what.startswith("did-")
        most = max(most, now)
    assert most <= 4


def test_one_that_is_held_up_holds_up_no_other(lab: WorkerLab) -> None:
    """It has one of the places, and the others go on in the rest."""
    lab.start(concurrency=2)
    job = lab.create("wide", "held_up", "wide", 10, 2)
    for number in range(1, 10):
        lab.evidence.wait_for("wide", f"did-{number}")
    assert lab.client.get(job).state == "pending"
    lab.evidence.open_gate()
    assert lab.result(job) == list(range(10))


def test_what_comes_after_a_failure_is_done_however_many_parts_had_begun(lab: WorkerLab) -> None:
    """A step is known by its place in the sequence: it must not be taken for a part that began in that place."""
    lab.start(concurrency=2)
    job = lab.create("wide", "told", "wide", 6, 2)
    for number in range(1, 6):
        lab.evidence.wait_for("wide", f"did-{number}")
    lab.evidence.open_gate()
    assert lab.error(job)["code"] == "bad"
    assert lab.evidence.events_of("wide").count("told") == 1


def test_a_failure_lets_those_come_to_their_end_that_have_begun_and_no_others_begin(lab: WorkerLab) -> None:
    """What fails the job is the first in order, whichever was first in time."""
    lab.start(concurrency=20)
    job = lab.create("wide", "apart", "wide", 10, 4, [1, 2])
    for number in range(4):
        lab.evidence.wait_for("wide", f"began-{number}")
    lab.evidence.open_gate()
    error = lab.error(job)
    assert (error["code"], error["message"], error["step"]) == ("bad", "number 1 is bad", "work")
    began = {what for what in lab.evidence.events_of("wide") if what.startswith("began-")}
    # Numbers 0 and 3 may have ended when nothing had failed yet, and then others took their places.
    assert began <= {f"began-{number}" for number in range(6)}
    assert {"did-0", "did-3"} <= set(lab.evidence.events_of("wide"))


def test_parts_have_as_long_as_whoever_waits_for_them(lab: WorkerLab) -> None:
    """A part, and all of them together: the SDK would give each a day, and a job may work for longer."""
    lab.start(concurrency=3)
    job = lab.create("wide", "apart", "wide", 2, 2, [], lifetime=30 * 24 * HOUR)
    for number in range(2):
        lab.evidence.wait_for("wide", f"began-{number}")
    one, *others = [lab.client.get(f"{job}{part}").timeout_at for part in ("", ":1", ":1.1", ":1.2")]
    assert others == [one] * 3
    lab.evidence.open_gate()
    assert lab.result(job) == [0, 1]


def test_whoever_waits_for_parts_holds_nothing(lab: WorkerLab) -> None:
    """One place is enough for a job and its parts."""
    lab.start(concurrency=1)
    job = lab.create("wide", "apart", "wide", 3, 3, [])
    lab.evidence.wait_for("wide", "began-0")
    lab.evidence.open_gate()
    assert lab.result(job) == [0, 1, 2]


def test_a_worker_that_waits_for_parts_may_die(lab: WorkerLab) -> None:
    lab.start(concurrency=1)
    job = lab.create("wide", "apart", "wide", 4, 4, [])
    lab.evidence.wait_for("wide", "began-0")
    lab.workers[0].send_signal(signal.SIGKILL)
    lab.evidence.open_gate()
    lab.start(concurrency=1)
    assert lab.result(job) == [0, 1, 2, 3]
    assert lab.evidence.events_of("wide").count("began-1") == 1


def test_the_parts_of_a_canceled_job_go_with_it_also_those_that_wait(lab: WorkerLab) -> None:
    worker = lab.start(concurrency=1, lease=1.0)
    job = lab.create("wide", "apart", "wide", 12, 12, [])
    lab.evidence.wait_for("wide", "began-0")
    lab.settle(job, "rejected_canceled")

    def all_ended() -> bool:
        found = [lab.client.get(one) for one in lab.children(job)]
        return all(one.state == "rejected_canceled" for one in found if one.tags["resonate:scope"] == "global")

    wait_until(lambda: all_ended() or None, lambda: f"{lab.children(job)}")
    wait_until(lambda: worker.gauges["running"] == 0 or None, lambda: f"{worker.gauges}")
    assert len(lab.evidence.events_of("wide")) <= 2
