"""Parts of a job that run elsewhere: so many at a time, results in order, and the first failure when all have ended."""

import signal

from tests.calls import HOUR
from tests.durable.scene import Scene
from tests.waiting import wait_until


def test_results_come_in_order_however_the_parts_end(scene: Scene) -> None:
    scene.start(concurrency=8)
    scene.start(concurrency=8)
    job = scene.create("wide", "apart", "wide", 10, 4, [])
    scene.evidence.open_gate()
    assert scene.result(job) == list(range(10))


def test_no_more_are_under_way_than_may_be(scene: Scene) -> None:
    scene.start(concurrency=20)
    job = scene.create("wide", "apart", "wide", 10, 4, [])
    for number in range(4):
        scene.evidence.wait_for("wide", f"began-{number}")
    assert sorted(scene.evidence.events_of("wide")) == [f"began-{number}" for number in range(4)]
    assert len(scene.children(job)) == 1 + 4 + 4  # all parts as one, and each with its step
    scene.evidence.open_gate()
    assert scene.result(job) == list(range(10))
    now = most = 0
    for what in scene.evidence.events_of("wide"):
        now += what.startswith("began-") - what.startswith("did-")
        most = max(most, now)
    assert most <= 4


def test_one_that_is_held_up_holds_up_no_other(scene: Scene) -> None:
    """It has one of the places, and the others go on in the rest."""
    scene.start(concurrency=2)
    job = scene.create("wide", "held_up", "wide", 10, 2)
    for number in range(1, 10):
        scene.evidence.wait_for("wide", f"did-{number}")
    assert scene.client.get(job).state == "pending"
    scene.evidence.open_gate()
    assert scene.result(job) == list(range(10))


def test_what_comes_after_a_failure_is_done_however_many_parts_had_begun(scene: Scene) -> None:
    """A step is known by its place in the sequence: it must not be taken for a part that began in that place."""
    scene.start(concurrency=2)
    job = scene.create("wide", "told", "wide", 6, 2)
    for number in range(1, 6):
        scene.evidence.wait_for("wide", f"did-{number}")
    scene.evidence.open_gate()
    assert scene.error(job)["code"] == "bad"
    assert scene.evidence.events_of("wide").count("told") == 1


def test_a_failure_lets_those_come_to_their_end_that_have_begun_and_no_others_begin(scene: Scene) -> None:
    """What fails the job is the first in order, whichever was first in time."""
    scene.start(concurrency=20)
    job = scene.create("wide", "apart", "wide", 10, 4, [1, 2])
    for number in range(4):
        scene.evidence.wait_for("wide", f"began-{number}")
    scene.evidence.open_gate()
    error = scene.error(job)
    assert (error["code"], error["message"], error["step"]) == ("bad", "number 1 is bad", "work")
    began = {what for what in scene.evidence.events_of("wide") if what.startswith("began-")}
    # Numbers 0 and 3 may have ended when nothing had failed yet, and then others took their places.
    assert began <= {f"began-{number}" for number in range(6)}
    assert {"did-0", "did-3"} <= set(scene.evidence.events_of("wide"))


def test_parts_have_as_long_as_whoever_waits_for_them(scene: Scene) -> None:
    """A part, and all of them together: the SDK would give each a day, and a job may work for longer."""
    scene.start(concurrency=3)
    job = scene.create("wide", "apart", "wide", 2, 2, [], lifetime=30 * 24 * HOUR)
    for number in range(2):
        scene.evidence.wait_for("wide", f"began-{number}")
    one, *others = [scene.client.get(f"{job}{part}").timeout_at for part in ("", ":1", ":1.1", ":1.2")]
    assert others == [one] * 3
    scene.evidence.open_gate()
    assert scene.result(job) == [0, 1]


def test_whoever_waits_for_parts_holds_nothing(scene: Scene) -> None:
    """One place is enough for a job and its parts."""
    scene.start(concurrency=1)
    job = scene.create("wide", "apart", "wide", 3, 3, [])
    scene.evidence.wait_for("wide", "began-0")
    scene.evidence.open_gate()
    assert scene.result(job) == [0, 1, 2]


def test_a_worker_that_waits_for_parts_may_die(scene: Scene) -> None:
    scene.start(concurrency=1)
    job = scene.create("wide", "apart", "wide", 4, 4, [])
    scene.evidence.wait_for("wide", "began-0")
    scene.crew[0].send(signal.SIGKILL)
    scene.evidence.open_gate()
    scene.start(concurrency=1)
    assert scene.result(job) == [0, 1, 2, 3]
    assert scene.evidence.events_of("wide").count("began-1") == 1


def test_the_parts_of_a_canceled_job_go_with_it_also_those_that_wait(scene: Scene) -> None:
    man = scene.start(concurrency=1, lease=1.0)
    job = scene.create("wide", "apart", "wide", 12, 12, [])
    scene.evidence.wait_for("wide", "began-0")
    scene.settle(job, "rejected_canceled")

    def all_ended() -> bool:
        found = [scene.client.get(one) for one in scene.children(job)]
        return all(one.state == "rejected_canceled" for one in found if one.tags["resonate:scope"] == "global")

    wait_until(lambda: all_ended() or None, lambda: f"{scene.children(job)}")
    wait_until(lambda: man.gauges["running"] == 0 or None, lambda: f"{man.gauges}")
    assert len(scene.evidence.events_of("wide")) <= 2
