"""Workers are replaced, set back, killed and refused, while jobs are under way."""

import pytest

from contract.names import promise_id
from local.server_process import free_port
from tests.waiting import wait_until

from .jobs import Jobs
from .program import Program
from .system import Hosted
from .test_whole import FOREIGN
from .turnstile import What

NEXT = "tests.hosted.next_release"


def test_a_killed_worker_loses_no_job_and_repeats_no_finished_step(jobs: Jobs) -> None:
    """As Spot may do it, without a warning; ECS starts another one."""
    hosted = jobs.hosted
    held = jobs.post_held(What.NOTICE, "late") + jobs.post_held(What.DOWNLOAD, "early")
    before = jobs.finished()
    hosted.workers.pop().kill()
    hosted.turnstile.let(*held)
    hosted.workers.append(hosted.start_worker())
    jobs.wait_until_done()
    jobs.prove_that_nothing_ran_twice(before)


def test_a_rolling_deployment_hands_every_job_on_and_repeats_no_finished_step(jobs: Jobs) -> None:
    """A step that ends within the grace is finished by the worker that leaves; one that does not begins again."""
    hosted = jobs.hosted
    jobs.post_held(What.NOTICE, "late-1", "late-2")
    ends, does_not_end = jobs.post_held(What.DOWNLOAD, "early-1", "early-2")
    jobs.post("waits-1", "waits-2")
    before = jobs.finished()
    [former] = hosted.workers
    hosted.workers.append(hosted.start_worker())
    former.tell_to_stop()
    hosted.turnstile.let(ends)
    assert former.wait() == 0
    hosted.turnstile.let()
    jobs.wait_until_done()
    jobs.prove_that_nothing_ran_twice(before)
    came = hosted.turnstile.came
    assert (came[What.DOWNLOAD, ends], came[What.DOWNLOAD, does_not_end]) == (1, 2)


@pytest.fixture
def newer(hosted: Hosted) -> Program:
    """A worker of the next release; the present one has left for it."""
    newer = hosted.start_worker(NEXT)
    assert hosted.workers.pop().stop() == 0
    return newer


def test_a_rollback_keeps_jobs_of_the_newer_release_until_it_is_there_again(jobs: Jobs, newer: Program) -> None:
    """The former release goes on with jobs of its version, and neither fails nor touches those of a newer one."""
    hosted = jobs.hosted
    held = jobs.post_held(What.NOTICE, "present")
    [later] = held_later = jobs.post_held(What.DOWNLOAD, "later", post=jobs.post_for_next_release)
    before = jobs.finished()
    hosted.workers.append(hosted.start_worker())
    newer.tell_to_stop()
    assert newer.wait() == 0
    hosted.turnstile.let(*held, *held_later)
    hosted.workers[0].wait_for("parked", task=promise_id(later))
    wait_until(lambda: jobs.state(held[0]) == "resolved", lambda: f"{held} is not done")
    assert jobs.state(later) == "pending"
    again = hosted.start_worker(NEXT)
    jobs.wait_until_done()
    jobs.prove_that_nothing_ran_twice(before)
    assert again.stop() == 0


def test_a_worker_that_is_refused_ends_and_says_why_in_one_sentence(hosted: Hosted) -> None:
    """So that ECS replaces it, and whoever reads its log knows what for."""
    worker = hosted.launch_worker(RESONATE_TOKEN=FOREIGN, WORKER_HEALTH_PORT=str(free_port()))
    assert worker.wait() == 1
    [line] = [line for line in worker.lines if line["level"] in ("error", "critical")]
    assert (line["event"], line["message"]) == ("worker_failed", "the server refused the stream: 401")
    assert "Traceback" not in worker.said
