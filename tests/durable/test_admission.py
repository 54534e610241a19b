"""What the server announces is taken in without growing: floods, repetitions, and what this worker does not know."""

import time
from concurrent.futures import ThreadPoolExecutor
from signal import SIGTERM

from tests.durable.scene import EMBEDDED, Scene
from tests.waiting import wait_until

FLOOD = 5_000
SLOTS = 4


@EMBEDDED
def test_a_flood_costs_neither_memory_nor_tasks(scene: Scene) -> None:
    """5,000 jobs wait as pairs of an id and a version; in the SDK's worker each message is a task."""
    for number in range(SLOTS):
        scene.create(f"first-{number}", "gated", f"first-{number}")
    man = scene.start(concurrency=SLOTS)
    for number in range(SLOTS):
        scene.evidence.wait_for(f"first-{number}", "arrived-1")
    before = man.gauges["memory"]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda number: scene.create(f"{number}", "pages", "none", 0), range(FLOOD)))
    man.wait_for("waiting", FLOOD)
    scene.evidence.open_gate()
    man.wait_for("done", FLOOD)
    assert man.gauges["tasks"] < 100
    assert man.gauges["memory"] - before < 60


@EMBEDDED
def test_without_the_gate_every_waiting_message_is_a_task(scene: Scene) -> None:
    """The trap, with a tenth of the flood."""
    man = scene.launch("plain", concurrency=SLOTS)
    for number in range(FLOOD // 10):
        scene.create(f"{number}", "gated", f"{number}")
    man.wait_for("tasks", FLOOD // 10)


def test_a_full_waiting_room_loses_nothing(scene: Scene) -> None:
    """What found no room is announced again."""
    man = scene.start(concurrency=1, max_queued=2)
    first = scene.create("first", "gated", "first")
    scene.evidence.wait_for(first, "arrived-1")
    jobs = [scene.create(f"{number}", "pages", f"{number}", 1) for number in range(6)]
    man.wait_for("dropped", 4)
    assert man.gauges["waiting"] == 2
    scene.evidence.open_gate()
    for job in jobs:
        assert scene.result(job) == {"number": 1, "text": "Page"}
    assert all(scene.evidence.events_of(job) == ["turned-0"] for job in jobs)


def test_an_unknown_version_is_parked_until_a_worker_knows_it(scene: Scene) -> None:
    """It neither fails nor keeps the worker busy, nor the slots from others."""
    old = scene.start(concurrency=1)
    jobs = [scene.create(f"{number}", "gated", f"{number}", version=2) for number in range(5)]
    old.wait_for("parked", 5)
    before, since = old.gauges["requests"], time.monotonic()
    assert scene.result(scene.create("known", "pages", "known", 1)) == {"number": 1, "text": "Page"}
    old.wait_for("FunctionNotFoundError", 15)
    rate = (old.gauges["requests"] - before) / (time.monotonic() - since)
    assert rate < 50
    assert [scene.client.get(job).state for job in jobs] == ["pending"] * 5
    assert "Traceback" not in old.log.read_text()
    scene.start(known="both")
    assert {scene.result(job) for job in jobs} == {"version 2 was here: 42"}
    old.send(SIGTERM)
    assert old.wait() == 0


@EMBEDDED
def test_without_parking_an_unknown_version_comes_back_at_once(scene: Scene) -> None:
    """The trap: released, sent again, released: many times a second."""
    man = scene.launch("plain")
    scene.create("a", "gated", "a", version=2)
    wait_until(lambda: man.log.read_text().count("releasing task") > 100, lambda: man.said)


def test_a_request_that_cannot_be_read_is_parked_until_it_is_cancelled(scene: Scene) -> None:
    man = scene.start()
    scene.create("a", "", param={"no": "function"})
    man.wait_for("parked")
    man.wait_for("DecodingError", 2)
    scene.settle("a", "rejected_canceled")
    wait_until(lambda: man.gauges["parked"] == 0, lambda: str(man.gauges))
    assert scene.client.get("a").state == "rejected_canceled"
