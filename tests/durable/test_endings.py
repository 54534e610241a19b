"""Workers die, stop, leave and lose their leases; jobs go on elsewhere, and no step is ever twice under way."""

import time
from signal import SIGCONT, SIGSTOP, SIGTERM

import pytest

from local.server_process import Options
from tests.conftest import StartServer
from tests.durable.scene import EMBEDDED, Scene
from wire.answers import EmptyAnswer
from wire.requests import TaskContinue, TaskHalt

LEASE = 2.0


def test_a_killed_workers_job_goes_on_elsewhere_after_its_last_finished_step(scene: Scene) -> None:
    """What is finished is not done again, what was under way is."""
    first = scene.start(lease=LEASE)
    scene.create("a", "gated", "a")
    scene.evidence.wait_for("a", "arrived-1")
    first.end()
    second = scene.start(lease=LEASE)
    assert scene.evidence.wait_for("a", "arrived-1", times=2).pid == second.pid
    scene.evidence.open_gate()
    assert scene.result("a") == {"number": 2, "text": "Page"}
    done = ["turned-0", "arrived-1", "arrived-1", "passed-1", "left-1", "turned-1"]
    assert scene.evidence.events_of("a") == done


def test_a_stopped_worker_that_comes_back_late_changes_nothing(scene: Scene) -> None:
    """Its lease is somebody else's; it ends what it was doing, and goes on with other jobs."""
    first = scene.start(lease=LEASE)
    scene.create("a", "gated", "a")
    scene.evidence.wait_for("a", "arrived-1")
    first.send(SIGSTOP)
    second = scene.start(lease=LEASE)
    assert scene.evidence.wait_for("a", "arrived-1", times=2).pid == second.pid
    first.send(SIGCONT)
    assert scene.evidence.wait_for("a", "left-1").pid == first.pid
    scene.evidence.open_gate()
    assert scene.result("a") == {"number": 2, "text": "Page"}
    assert [line.pid for line in scene.evidence.lines() if line.event == "turned-1"] == [second.pid]
    second.end()
    assert scene.result(scene.create("b", "pages", "b", 1)) == {"number": 1, "text": "Page"}
    assert scene.evidence.wait_for("b", "turned-0").pid == first.pid


def test_a_frozen_server_never_doubles_a_step(scene: Scene) -> None:
    """When the lease may have lapsed, every step of a fan-out ends, before the server can send the task again."""
    man = scene.start(lease=LEASE)
    scene.create("a", "fan", "a", 3)
    for number in range(3):
        scene.evidence.wait_for("a", f"arrived-{number}")
    scene.server.process.send_signal(SIGSTOP)
    for number in range(3):
        scene.evidence.wait_for("a", f"left-{number}")
    time.sleep(1)  # nothing is to happen now, while the server is away
    scene.server.process.send_signal(SIGCONT)
    for number in range(3):
        scene.evidence.wait_for("a", f"arrived-{number}", times=2)
    scene.evidence.open_gate()
    assert scene.result("a") == [0, 1, 2]
    for number in range(3):
        assert scene.evidence.max_concurrent("a", f"arrived-{number}", f"left-{number}") == 1
    assert man.gauges["lease lapsed"] == 1


@EMBEDDED
@pytest.mark.parametrize(("program", "most"), [("worker", 1), ("plain", 2)])
def test_a_worker_that_was_stopped_never_doubles_a_step(scene: Scene, program: str, most: int) -> None:
    """It finds its own task announced again. The SDK's worker starts it beside what it is still doing."""
    man = scene.launch(program, lease=LEASE)
    scene.create("a", "gated", "a")
    scene.evidence.wait_for("a", "arrived-1")
    man.send(SIGSTOP)
    time.sleep(LEASE + 0.5)  # until the server has taken the lease away
    man.send(SIGCONT)
    scene.evidence.wait_for("a", "arrived-1", times=2)
    scene.evidence.open_gate()
    scene.result("a")
    assert scene.evidence.max_concurrent("a", "arrived-1", "left-1") == most


@pytest.mark.parametrize("state", ["rejected_canceled", "resolved"])
def test_a_job_that_is_settled_from_outside_stops_its_running_step(scene: Scene, state: str) -> None:
    """The step is cancelled within about a heartbeat, and the worker goes on."""
    man = scene.start(lease=LEASE)
    scene.create("a", "gated", "a")
    scene.evidence.wait_for("a", "arrived-1")
    scene.settle("a", state)
    scene.evidence.wait_for("a", "left-1")
    man.wait_for("settled from outside")
    assert scene.result(scene.create("b", "pages", "b", 1)) == {"number": 1, "text": "Page"}
    assert scene.evidence.events_of("a") == ["turned-0", "arrived-1", "left-1"]


def test_a_halted_jobs_step_stops_and_begins_anew_when_the_job_goes_on(scene: Scene) -> None:
    man = scene.start(lease=LEASE)
    scene.create("a", "gated", "a")
    scene.evidence.wait_for("a", "arrived-1")
    scene.client.ask(TaskHalt(id="a"), EmptyAnswer)
    scene.evidence.wait_for("a", "left-1")
    man.wait_for("halted")
    scene.client.ask(TaskContinue(id="a"), EmptyAnswer)
    scene.evidence.wait_for("a", "arrived-1", times=2)
    scene.evidence.open_gate()
    assert scene.result("a") == {"number": 2, "text": "Page"}


def test_a_cancelled_jobs_parts_end_with_it(scene: Scene) -> None:
    """Also one that is a task of its own, perhaps on another worker: the server would let it run on."""
    scene.start(lease=LEASE)
    scene.create("a", "delegating", "a")
    scene.evidence.wait_for("a", "arrived-1")
    scene.settle("a", "rejected_canceled")
    scene.evidence.wait_for("a", "left-1")
    assert scene.wait("a:1").state == "rejected_canceled"
    assert scene.evidence.events_of("a") == ["turned-0", "arrived-1", "left-1"]


def test_a_job_whose_step_outlives_two_leases_keeps_them(scene: Scene) -> None:
    """Each is renewed after a third of it, so there is time for a machine that stands still in between."""
    lease = 3.0
    man = scene.start(lease=lease)
    scene.create("a", "gated", "a")
    scene.evidence.wait_for("a", "arrived-1")
    time.sleep(2.5 * lease)  # the server ends a lease by the clock alone
    scene.evidence.open_gate()
    scene.result("a")
    assert scene.evidence.events_of("a").count("arrived-1") == 1
    assert "lease lapsed" not in man.gauges


@pytest.mark.parametrize("server", [Options(retry_timeout=60_000)], ids=["patient"], indirect=True)
def test_a_draining_worker_finishes_its_step_and_hands_over_the_rest(scene: Scene) -> None:
    """The job goes on elsewhere after the step; what waited behind it does at once; the exit code is 0."""
    first = scene.start(lease=20.0, concurrency=1)
    scene.create("a", "gated", "a")
    scene.evidence.wait_for("a", "arrived-1")
    for number in range(5):
        scene.create(f"w{number}", "pages", f"w{number}", 1)
    first.wait_for("waiting", 5)
    second = scene.start(lease=20.0)
    first.send(SIGTERM)
    for number in range(5):  # the server would announce them again in a minute
        assert scene.result(f"w{number}") == {"number": 1, "text": "Page"}
    scene.evidence.open_gate()
    assert first.wait() == 0
    scene.result("a")
    steps = [(line.event, line.pid) for line in scene.evidence.lines() if line.job == "a"]
    assert steps[-2:] == [("left-1", first.pid), ("turned-1", second.pid)]


@pytest.mark.parametrize(("grace", "signals"), [(0.2, 1), (60.0, 2)])
def test_a_step_that_is_not_done_in_time_begins_anew_elsewhere(scene: Scene, grace: float, signals: int) -> None:
    """When the grace is over, or at once when the second signal comes; never after the lease only."""
    first = scene.start(lease=60.0, grace=grace)
    scene.create("a", "gated", "a")
    scene.evidence.wait_for("a", "arrived-1")
    second = scene.start(lease=60.0)
    first.send(SIGTERM)
    if signals > 1:
        first.wait_until_not_ready()
        first.send(SIGTERM)
    assert scene.evidence.wait_for("a", "arrived-1", times=2).pid == second.pid
    assert first.wait() == 0
    assert scene.evidence.max_concurrent("a", "arrived-1", "left-1") == 1


def test_a_worker_leaves_although_the_server_is_frozen(scene: Scene) -> None:
    first = scene.start(lease=60.0, grace=60.0)
    scene.create("a", "gated", "a")
    scene.evidence.wait_for("a", "arrived-1")
    scene.server.process.send_signal(SIGSTOP)
    first.send(SIGTERM)
    first.wait_until_not_ready()
    first.send(SIGTERM)
    assert first.wait() == 0
    scene.server.process.send_signal(SIGCONT)
    assert scene.evidence.events_of("a")[-1] == "left-1"


@EMBEDDED
def test_a_step_that_ignores_its_cancellation_cannot_hold_the_exit(scene: Scene) -> None:
    """It is named, and the exit code says that something was wrong."""
    man = scene.start(lease=60.0, grace=0.0, cleanup_timeout=0.5)
    scene.create("a", "stubborn", "a")
    scene.evidence.wait_for("a", "ignores")
    man.send(SIGTERM)
    assert man.wait() == 1
    assert "a step of a ignores its cancellation" in man.log.read_text()


def test_a_worker_survives_a_restart_of_the_server(scene: Scene, start_server: StartServer) -> None:
    """It is not ready meanwhile, reconnects, and what was under way is written down."""
    man = scene.start(lease=20.0)
    scene.create("a", "gated", "a")
    scene.evidence.wait_for("a", "arrived-1")
    scene.server.kill()
    man.wait_until_not_ready()
    scene.evidence.open_gate()
    scene.evidence.wait_for("a", "left-1")
    start_server(scene.server_program, folder=scene.server.log.parent, port=scene.server.port)
    assert scene.result("a") == {"number": 2, "text": "Page"}
    assert scene.evidence.events_of("a").count("arrived-1") == 1
    man.wait_for("ready")
