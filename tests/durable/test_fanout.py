"""Parts of a job on other workers: their concurrency, the order of results, and failures."""

from tests.calls import HOUR
from tests.conftest import BOTH_SERVERS
from tests.durable.worker_lab import WorkerLab, end_leases
from tests.waiting import wait_until


@BOTH_SERVERS
def test_results_are_in_the_order_of_the_requests(lab: WorkerLab) -> None:
    lab.start(concurrency=8)
    lab.start(concurrency=8)
    job = lab.create("wide", "apart", "wide", 10, 4, [])
    lab.evidence.open_gate()
    assert lab.result(job) == list(range(10))


def test_no_more_parts_run_than_the_concurrency(lab: WorkerLab) -> None:
    lab.start(concurrency=20)
    job = lab.create("wide", "apart", "wide", 10, 4, [])
    for number in range(4):
        lab.evidence.wait_for("wide", f"began-{number}")
    assert sorted(lab.evidence.events_of("wide")) == [f"began-{number}" for number in range(4)]
    assert len(lab.children(job)) == 1 + 4 + 4  # one for all parts, and two for each that runs
    lab.evidence.open_gate()
    assert lab.result(job) == list(range(10))
    running = max_running = 0
    for what in lab.evidence.events_of("wide"):
        running += what.startswith("began-") - what.startswith("did-")
        max_running = max(max_running, running)
    assert max_running <= 4


def test_a_slow_part_does_not_block_the_others(lab: WorkerLab) -> None:
    """It occupies one place, and the others use the rest."""
    lab.start(concurrency=2)
    job = lab.create("wide", "with_slow_part", "wide", 10, 2)
    for number in range(1, 10):
        lab.evidence.wait_for("wide", f"did-{number}")
    assert lab.client.get(job).state == "pending"
    lab.evidence.open_gate()
    assert lab.result(job) == list(range(10))


def test_the_step_after_a_failure_runs_however_many_parts_have_started(lab: WorkerLab) -> None:
    """A step is known by its position: it must not be taken for a part that started at that position."""
    lab.start(concurrency=2)
    job = lab.create("wide", "catching", "wide", 6, 2)
    for number in range(1, 6):
        lab.evidence.wait_for("wide", f"did-{number}")
    lab.evidence.open_gate()
    assert lab.error(job)["code"] == "bad"
    assert lab.evidence.events_of("wide").count("failure-noted") == 1


def test_after_a_failure_running_parts_finish_and_no_others_start(lab: WorkerLab) -> None:
    """The job fails with the first failure in order, not in time."""
    lab.start(concurrency=20)
    job = lab.create("wide", "apart", "wide", 10, 4, [1, 2])
    for number in range(4):
        lab.evidence.wait_for("wide", f"began-{number}")
    lab.evidence.open_gate()
    error = lab.error(job)
    assert (error["code"], error["message"], error["step"]) == ("bad", "number 1 is bad", "work")
    started = {what for what in lab.evidence.events_of("wide") if what.startswith("began-")}
    # Parts 0 and 3 may end before the first failure, and then others take their places.
    assert started <= {f"began-{number}" for number in range(6)}
    assert {"did-0", "did-3"} <= set(lab.evidence.events_of("wide"))


def test_parts_inherit_the_callers_deadline(lab: WorkerLab) -> None:
    """The SDK would give each part a day, and a job may work longer."""
    lab.start(concurrency=3)
    job = lab.create("wide", "apart", "wide", 2, 2, [], lifetime=30 * 24 * HOUR)
    for number in range(2):
        lab.evidence.wait_for("wide", f"began-{number}")
    one, *others = [lab.client.get(f"{job}{part}").timeout_at for part in ("", ":1", ":1.1", ":1.2")]
    assert others == [one] * 3
    lab.evidence.open_gate()
    assert lab.result(job) == [0, 1]


def test_a_caller_that_waits_for_parts_holds_no_slot(lab: WorkerLab) -> None:
    """A concurrency of one is enough for a job and its parts."""
    lab.start(concurrency=1)
    job = lab.create("wide", "apart", "wide", 3, 3, [])
    lab.evidence.wait_for("wide", "began-0")
    lab.evidence.open_gate()
    assert lab.result(job) == [0, 1, 2]


@BOTH_SERVERS
def test_a_worker_may_die_while_its_job_waits_for_parts(lab: WorkerLab) -> None:
    first = lab.start(concurrency=1)
    job = lab.create("wide", "apart", "wide", 4, 4, [])
    lab.evidence.wait_for("wide", "began-0")
    first.kill()
    lab.evidence.open_gate()
    lab.start(concurrency=1)
    end_leases(lab.client, first)
    assert lab.result(job) == [0, 1, 2, 3]
    assert lab.evidence.events_of("wide").count("began-1") == 1


def test_running_and_queued_parts_of_a_canceled_job_are_canceled(lab: WorkerLab) -> None:
    worker = lab.start(concurrency=1, lease=1.0)
    job = lab.create("wide", "apart", "wide", 12, 12, [])
    lab.evidence.wait_for("wide", "began-0")
    lab.settle(job, "rejected_canceled")

    def are_all_canceled() -> bool:
        found = [lab.client.get(one) for one in lab.children(job)]
        return all(one.state == "rejected_canceled" for one in found if one.tags["resonate:scope"] == "global")

    wait_until(lambda: are_all_canceled() or None, lambda: f"{lab.children(job)}")
    wait_until(lambda: worker.gauges["running"] == 0 or None, lambda: f"{worker.gauges}")
    assert len(lab.evidence.events_of("wide")) <= 2
