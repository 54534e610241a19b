"""Workers die, stop, drain and lose leases: their jobs resume on others, and no step runs twice at a time."""

import time
from signal import SIGCONT, SIGSTOP, SIGTERM

import pytest

from durable.wire.answers import EmptyAnswer
from durable.wire.requests import TaskContinue, TaskHalt
from local.server_process import Options
from tests.conftest import BOTH_SERVERS, StartServer
from tests.durable.worker_lab import EMBEDDED_SERVER, WorkerLab, end_leases

LEASE = 2.0


@BOTH_SERVERS
def test_another_worker_resumes_a_killed_workers_job_after_its_last_step(lab: WorkerLab) -> None:
    """Finished steps do not run again; the interrupted one does."""
    first = lab.start()
    lab.create("a", "gated", "a")
    lab.evidence.wait_for("a", "arrived-1")
    first.kill()
    second = lab.start()
    end_leases(lab.client, first)
    assert lab.evidence.wait_for("a", "arrived-1", times=2).pid == second.pid
    lab.evidence.open_gate()
    assert lab.result("a") == {"number": 2, "text": "Page"}
    done = ["turned-0", "arrived-1", "arrived-1", "passed-1", "left-1", "turned-1"]
    assert lab.evidence.events_of("a") == done


def test_a_worker_that_lost_its_lease_while_stopped_writes_nothing(lab: WorkerLab) -> None:
    """Another worker has its lease: it cancels its step, and takes other jobs."""
    first = lab.start(lease=LEASE)
    lab.create("a", "gated", "a")
    lab.evidence.wait_for("a", "arrived-1")
    first.send_signal(SIGSTOP)
    second = lab.start(lease=LEASE)
    assert lab.evidence.wait_for("a", "arrived-1", times=2).pid == second.pid
    first.send_signal(SIGCONT)
    assert lab.evidence.wait_for("a", "left-1").pid == first.pid
    lab.evidence.open_gate()
    assert lab.result("a") == {"number": 2, "text": "Page"}
    assert [line.pid for line in lab.evidence.lines() if line.event == "turned-1"] == [second.pid]
    second.kill()
    assert lab.result(lab.create("b", "pages", "b", 1)) == {"number": 1, "text": "Page"}
    assert lab.evidence.wait_for("b", "turned-0").pid == first.pid


def test_a_frozen_server_never_runs_a_step_twice_at_a_time(lab: WorkerLab) -> None:
    """When the lease may have lapsed, every step of a fan-out ends before the server can deliver the task again."""
    worker = lab.start(lease=LEASE)
    lab.create("a", "fan", "a", 3)
    for number in range(3):
        lab.evidence.wait_for("a", f"arrived-{number}")
    lab.server.process.send_signal(SIGSTOP)
    for number in range(3):
        lab.evidence.wait_for("a", f"left-{number}")
    time.sleep(1)  # nothing may start while the server is frozen
    lab.server.process.send_signal(SIGCONT)
    for number in range(3):
        lab.evidence.wait_for("a", f"arrived-{number}", times=2)
    lab.evidence.open_gate()
    assert lab.result("a") == [0, 1, 2]
    for number in range(3):
        assert lab.evidence.max_concurrent("a", f"arrived-{number}", f"left-{number}") == 1
    assert worker.gauges["lease lapsed"] == 1


@EMBEDDED_SERVER
@pytest.mark.parametrize(("program", "max_concurrent"), [("worker", 1), ("sdk_worker", 2)])
def test_a_stopped_worker_never_runs_a_step_twice_at_a_time(lab: WorkerLab, program: str, max_concurrent: int) -> None:
    """The server announces its own task again. The SDK's worker starts it beside the running step."""
    worker = lab.launch(program, lease=LEASE)
    lab.create("a", "gated", "a")
    lab.evidence.wait_for("a", "arrived-1")
    worker.send_signal(SIGSTOP)
    time.sleep(LEASE + 0.5)  # until the lease is over
    worker.send_signal(SIGCONT)
    lab.evidence.wait_for("a", "arrived-1", times=2)
    lab.evidence.open_gate()
    lab.result("a")
    assert lab.evidence.max_concurrent("a", "arrived-1", "left-1") == max_concurrent


@pytest.mark.parametrize("state", ["rejected_canceled", "resolved"])
def test_settling_a_job_from_outside_cancels_its_running_step(lab: WorkerLab, state: str) -> None:
    """The step is canceled within about one heartbeat, and the worker takes other jobs."""
    worker = lab.start(lease=LEASE)
    lab.create("a", "gated", "a")
    lab.evidence.wait_for("a", "arrived-1")
    lab.settle("a", state)
    lab.evidence.wait_for("a", "left-1")
    worker.wait_for("settled from outside")
    assert lab.result(lab.create("b", "pages", "b", 1)) == {"number": 1, "text": "Page"}
    assert lab.evidence.events_of("a") == ["turned-0", "arrived-1", "left-1"]


def test_halting_a_job_cancels_its_step_and_continuing_runs_it_again(lab: WorkerLab) -> None:
    worker = lab.start(lease=LEASE)
    lab.create("a", "gated", "a")
    lab.evidence.wait_for("a", "arrived-1")
    lab.client.ask(TaskHalt(id="a"), EmptyAnswer)
    lab.evidence.wait_for("a", "left-1")
    worker.wait_for("halted")
    lab.client.ask(TaskContinue(id="a"), EmptyAnswer)
    lab.evidence.wait_for("a", "arrived-1", times=2)
    lab.evidence.open_gate()
    assert lab.result("a") == {"number": 2, "text": "Page"}


def test_canceling_a_job_cancels_its_parts(lab: WorkerLab) -> None:
    """Even a part that is a task of its own: the server would let it run on."""
    lab.start(lease=LEASE)
    lab.create("a", "delegating", "a")
    lab.evidence.wait_for("a", "arrived-1")
    lab.settle("a", "rejected_canceled")
    lab.evidence.wait_for("a", "left-1")
    assert lab.wait("a:1").state == "rejected_canceled"
    assert lab.evidence.events_of("a") == ["turned-0", "arrived-1", "left-1"]


def test_a_detached_call_outlives_its_canceled_job(lab: WorkerLab) -> None:
    """Its step goes on while the parts of the job are canceled."""
    worker = lab.start(lease=LEASE)
    lab.create("a", "detaching", "a")
    lab.evidence.wait_for("a", "arrived-1")
    lab.evidence.wait_for("a-detached", "arrived-1")
    lab.settle("a", "rejected_canceled")
    assert lab.wait("a:2").state == "rejected_canceled"
    time.sleep(LEASE)  # each run is checked three times in a lease
    assert worker.gauges["running"] == 1
    lab.evidence.open_gate()
    lab.evidence.wait_for("a-detached", "turned-1")
    [detached] = [promise for promise in lab.children("a") if promise.startswith("a:d") and "." not in promise]
    assert lab.result(detached) == {"number": 2, "text": "Page"}


def test_a_step_may_run_longer_than_two_leases(lab: WorkerLab) -> None:
    """A lease is renewed after a third of it."""
    worker = lab.start(lease=LEASE)
    lab.create("a", "gated", "a")
    lab.evidence.wait_for("a", "arrived-1")
    time.sleep(2.5 * LEASE)  # the server ends leases by its clock
    lab.evidence.open_gate()
    lab.result("a")
    assert lab.evidence.events_of("a").count("arrived-1") == 1
    assert "lease lapsed" not in worker.gauges


@pytest.mark.parametrize("server", [Options(retry_timeout=60_000)], ids=["late repeats"], indirect=True)
def test_a_draining_worker_finishes_its_step_and_passes_on_the_rest(lab: WorkerLab) -> None:
    """The job resumes on another worker after the step; queued jobs start there at once; the exit code is 0."""
    first = lab.start(lease=20.0, concurrency=1)
    lab.create("a", "gated", "a")
    lab.evidence.wait_for("a", "arrived-1")
    for number in range(5):
        lab.create(f"w{number}", "pages", f"w{number}", 1)
    first.wait_for("waiting", 5)
    second = lab.start(lease=20.0)
    first.send_signal(SIGTERM)
    for number in range(5):  # the server would announce them again after a minute
        assert lab.result(f"w{number}") == {"number": 1, "text": "Page"}
    lab.evidence.open_gate()
    assert first.wait_for_exit() == 0
    lab.result("a")
    steps = [(line.event, line.pid) for line in lab.evidence.lines() if line.job == "a"]
    assert steps[-2:] == [("left-1", first.pid), ("turned-1", second.pid)]


@pytest.mark.parametrize(("grace", "signals"), [(0.2, 1), (60.0, 2)])
def test_a_step_that_outlasts_the_grace_runs_again_on_another_worker(
    lab: WorkerLab, grace: float, signals: int
) -> None:
    """It does so after the grace, or at once after a second signal; the lease would take a minute."""
    first = lab.start(lease=60.0, grace=grace)
    lab.create("a", "gated", "a")
    lab.evidence.wait_for("a", "arrived-1")
    second = lab.start(lease=60.0)
    first.send_signal(SIGTERM)
    if signals > 1:
        first.wait_until_not_ready()
        first.send_signal(SIGTERM)
    assert lab.evidence.wait_for("a", "arrived-1", times=2).pid == second.pid
    assert first.wait_for_exit() == 0
    assert lab.evidence.max_concurrent("a", "arrived-1", "left-1") == 1


def test_a_worker_exits_although_the_server_is_frozen(lab: WorkerLab) -> None:
    first = lab.start(lease=60.0, grace=60.0)
    lab.create("a", "gated", "a")
    lab.evidence.wait_for("a", "arrived-1")
    lab.server.process.send_signal(SIGSTOP)
    first.send_signal(SIGTERM)
    first.wait_until_not_ready()
    first.send_signal(SIGTERM)
    assert first.wait_for_exit() == 0
    lab.server.process.send_signal(SIGCONT)
    assert lab.evidence.events_of("a")[-1] == "left-1"


@EMBEDDED_SERVER
def test_a_step_that_ignores_its_cancellation_cannot_block_the_exit(lab: WorkerLab) -> None:
    """The log names the step, and the exit code is 1."""
    worker = lab.start(lease=60.0, grace=0.0, cleanup_timeout=0.5)
    lab.create("a", "stubborn", "a")
    lab.evidence.wait_for("a", "ignores")
    worker.send_signal(SIGTERM)
    assert worker.wait_for_exit() == 1
    assert "a step of a ignores its cancellation" in worker.log.read_text()


@BOTH_SERVERS
def test_a_worker_survives_a_restart_of_the_server(lab: WorkerLab, start_server: StartServer) -> None:
    """It is not ready meanwhile, reconnects, and writes the result of the running step."""
    worker = lab.start(lease=20.0)
    lab.create("a", "gated", "a")
    lab.evidence.wait_for("a", "arrived-1")
    lab.server.kill()
    worker.wait_until_not_ready()
    lab.evidence.open_gate()
    lab.evidence.wait_for("a", "left-1")
    start_server(lab.server_program, folder=lab.server.log.parent, port=lab.server.port)
    assert lab.result("a") == {"number": 2, "text": "Page"}
    assert lab.evidence.events_of("a").count("arrived-1") == 1
    worker.wait_for("ready")
