"""Announced tasks take bounded memory: floods, repetitions, and tasks that this worker does not know."""

import time
from concurrent.futures import ThreadPoolExecutor
from signal import SIGTERM

import pytest

from local.server_process import Options
from tests.durable.worker_lab import EMBEDDED_SERVER, WorkerLab
from tests.waiting import wait_until

FLOOD = 200
SOAK_FLOOD = 2_000
SLOTS = 4


def announce_slowly(flood: int) -> Options:
    """Return options under which a server repeats ten messages a second of so many jobs.

    It repeats all of them as long as they wait. If that took longer than the period, nothing else would ever be done;
    so few leave time on the slowest machine.
    """
    return Options(retry_timeout=flood * 100, timeouts_interval=200)


@EMBEDDED_SERVER
@pytest.mark.parametrize(
    ("server", "flood"),
    [
        pytest.param(announce_slowly(FLOOD), FLOOD, id="a few"),
        pytest.param(announce_slowly(SOAK_FLOOD), SOAK_FLOOD, id="many", marks=pytest.mark.soak),
    ],
    indirect=["server"],
)
def test_a_flood_costs_neither_memory_nor_tasks(lab: WorkerLab, flood: int) -> None:
    """Queued jobs wait as pairs of an id and a version; in the SDK's worker each message is an asyncio task."""
    worker = lab.start(concurrency=SLOTS)
    for number in range(SLOTS):
        lab.create(f"first-{number}", "gated", f"first-{number}")
    for number in range(SLOTS):
        lab.evidence.wait_for(f"first-{number}", "arrived-1")
    before = worker.gauges["memory"]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda number: lab.create(f"{number}", "pages", "none", 0), range(flood)))
    worker.wait_for_growth("waiting", flood)
    lab.evidence.open_gate()
    worker.wait_for_growth("done", flood)
    assert worker.gauges["tasks"] < 100
    assert worker.gauges["memory"] - before < 60


@EMBEDDED_SERVER
def test_without_the_gate_every_queued_message_is_an_asyncio_task(lab: WorkerLab) -> None:
    """The trap."""
    worker = lab.launch("sdk_worker", concurrency=SLOTS)
    for number in range(FLOOD):
        lab.create(f"{number}", "gated", f"{number}")
    worker.wait_for("tasks", FLOOD)


def test_a_full_queue_loses_no_job(lab: WorkerLab) -> None:
    """The server announces again what the queue had no room for."""
    worker = lab.start(concurrency=1, max_queued=2)
    first = lab.create("first", "gated", "first")
    lab.evidence.wait_for(first, "arrived-1")
    jobs = [lab.create(f"{number}", "pages", f"{number}", 1) for number in range(6)]
    worker.wait_for("dropped", 4)
    assert worker.gauges["waiting"] == 2
    lab.evidence.open_gate()
    for job in jobs:
        assert lab.result(job) == {"number": 1, "text": "Page"}
    assert all(lab.evidence.events_of(job) == ["turned-0"] for job in jobs)


def test_a_job_of_an_unknown_version_is_parked_until_a_worker_knows_it(lab: WorkerLab) -> None:
    """It neither fails, nor keeps the worker busy, nor takes a slot."""
    old = lab.start(concurrency=1, max_parking_pause=1.0)
    jobs = [lab.create(f"{number}", "gated", f"{number}", version=2) for number in range(5)]
    old.wait_for("parked", 5)
    before, since = old.gauges["requests"], time.monotonic()
    assert lab.result(lab.create("known", "pages", "known", 1)) == {"number": 1, "text": "Page"}
    old.wait_for("FunctionNotFoundError", 15)
    rate = (old.gauges["requests"] - before) / (time.monotonic() - since)
    assert rate < 50
    assert [lab.client.get(job).state for job in jobs] == ["pending"] * 5
    assert "Traceback" not in old.log.read_text()
    lab.start(known="both")
    assert {lab.result(job) for job in jobs} == {"version 2 was here: 42"}
    old.send_signal(SIGTERM)
    assert old.wait_for_exit() == 0


@EMBEDDED_SERVER
def test_without_parking_an_unknown_version_is_redelivered_at_once(lab: WorkerLab) -> None:
    """The trap: the SDK releases the task and gets it again, many times a second."""
    worker = lab.launch("sdk_worker")
    lab.create("a", "gated", "a", version=2)
    wait_until(lambda: worker.log.read_text().count("releasing task") > 100, lambda: worker.log_tail)


def test_an_unreadable_request_is_parked_until_it_is_canceled(lab: WorkerLab) -> None:
    worker = lab.start()
    lab.create("a", "", param={"no": "function"})
    worker.wait_for("parked")
    worker.wait_for("DecodingError", 2)
    lab.settle("a", "rejected_canceled")
    wait_until(lambda: worker.gauges["parked"] == 0, lambda: str(worker.gauges))
    assert lab.client.get("a").state == "rejected_canceled"
