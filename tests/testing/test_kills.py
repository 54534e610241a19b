"""What the certifier says in one process is what happens when SIGKILL ends worker processes."""

from collections import Counter

import pytest

from durable.testing import Trial, certify
from durable.testing.request_log import Cut, Fault, Point
from tests.durable.worker_lab import WorkerLab, end_leases
from tests.testing.flows import place_order
from tests.testing.killing_proxy import serve_killing_proxy

JOB = "job-1"
FAULTS = [
    Fault(Point("task.fence create", f"{JOB}:2", 1), "before"),
    Fault(Point("task.fence settle", f"{JOB}:2", 1), "before"),
    Fault(Point("task.fence settle", f"{JOB}:3", 1), "after"),
    Fault(Point("task.fulfill settle", JOB, 1), "before"),
]


def order(trial: Trial) -> str:
    """Place an order that fails."""
    with trial.test(place_order) as test:
        return test.start_as(JOB, place_order, "lamp").error().code


@pytest.fixture(scope="module")
def certified() -> dict[tuple[Point, Cut], tuple[object, Counter[str]]]:
    """What the certifier says of every kill: the outcome, and how often each body began."""
    certificate = certify(order, cuts=("before", "after"))
    return {run.fault: (run.outcome, run.bodies) for run in certificate.runs if run.fault}


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: f"{fault.cut} {fault.point}")
def test_a_killed_process_does_what_the_certifier_says(
    lab: WorkerLab, fault: Fault, certified: dict[Fault, tuple[object, Counter[str]]]
) -> None:
    def kill() -> None:
        lab.workers[0].kill()

    with serve_killing_proxy(lab.server.url, fault, kill) as url:
        first = lab.start(known="kit", url=url)
        lab.create(JOB, "order", "lamp")
        first.wait_for_exit()
    lab.start(known="kit")
    end_leases(lab.client, first)
    code = lab.error(JOB)["code"]
    bodies = Counter(event["step"] for event in lab.step_events() if event["kind"] == "started")
    assert (code, bodies) == certified[fault]
