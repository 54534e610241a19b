"""Running jobs survive killed workers, deployments and rollbacks; a refused worker exits."""

import pytest

from contract.names import promise_id
from local.server_process import free_port
from tests.waiting import wait_until

from .aws_proxy import RequestKind
from .hosted_system import HostedSystem
from .jobs import Jobs
from .program import Program
from .test_whole import FOREIGN_TOKEN

NEXT_RELEASE = "tests.hosted.next_release"


def test_a_killed_worker_loses_no_job_and_repeats_no_finished_step(jobs: Jobs) -> None:
    """As Spot may do without a warning; ECS starts another worker."""
    hosted = jobs.hosted
    held = jobs.post_held(RequestKind.RESULT, "late") + jobs.post_held(RequestKind.DOWNLOAD, "early")
    before = jobs.find_finished()
    hosted.workers.pop().kill()
    hosted.proxy.release(*held)
    hosted.workers.append(hosted.start_worker())
    jobs.wait_until_done()
    jobs.assert_nothing_ran_twice(before)


def test_a_rolling_deployment_loses_no_job_and_repeats_no_finished_step(jobs: Jobs) -> None:
    """A step that ends within the grace is recorded by the draining worker; another one starts over."""
    hosted = jobs.hosted
    ends, does_not_end = jobs.post_held(RequestKind.DOWNLOAD, "early-1", "early-2")
    jobs.post_held(RequestKind.RESULT, "late")  # one permit is left for the step that ends
    jobs.post("waits-1", "waits-2")
    before = jobs.find_finished()
    [former] = hosted.workers
    hosted.workers.append(hosted.start_worker())
    former.send_sigterm()
    hosted.proxy.release(ends)
    assert former.wait() == 0
    hosted.proxy.release()
    jobs.wait_until_done()
    jobs.assert_nothing_ran_twice(before)
    counts = hosted.proxy.counts
    assert (counts[RequestKind.DOWNLOAD, ends], counts[RequestKind.DOWNLOAD, does_not_end]) == (1, 2)


@pytest.fixture
def newer(hosted: HostedSystem) -> Program:
    """A worker of the next release, which has replaced the present one."""
    newer = hosted.start_worker(NEXT_RELEASE)
    assert hosted.workers.pop().stop() == 0
    return newer


def test_a_rollback_keeps_jobs_of_the_newer_release_for_its_return(jobs: Jobs, newer: Program) -> None:
    """The former release continues jobs of its version, and parks those of the newer one without failing them."""
    hosted = jobs.hosted
    held = jobs.post_held(RequestKind.RESULT, "present")
    [later] = held_later = jobs.post_held(RequestKind.DOWNLOAD, "later", post=jobs.post_for_next_release)
    before = jobs.find_finished()
    hosted.workers.append(hosted.start_worker())
    newer.send_sigterm()
    assert newer.wait() == 0
    hosted.proxy.release(*held, *held_later)
    hosted.workers[0].wait_for("parked", task=promise_id(later))
    wait_until(lambda: jobs.state(held[0]) == "resolved", lambda: f"{held} is not done")
    assert jobs.state(later) == "pending"
    again = hosted.start_worker(NEXT_RELEASE)
    jobs.wait_until_done()
    jobs.assert_nothing_ran_twice(before)
    assert again.stop() == 0


def test_a_refused_worker_exits_and_logs_the_reason_in_one_sentence(hosted: HostedSystem) -> None:
    """So ECS replaces it, and an operator finds the reason in the log."""
    worker = hosted.launch_worker(RESONATE_TOKEN=FOREIGN_TOKEN, WORKER_HEALTH_PORT=str(free_port()))
    assert worker.wait() == 1
    [line] = [line for line in worker.lines if line["level"] in ("error", "critical")]
    assert (line["event"], line["message"]) == ("worker_failed", "the server refused the stream: 401")
    assert "Traceback" not in worker.log_text
