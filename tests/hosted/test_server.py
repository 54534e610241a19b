"""The server is killed, restarted, and doubled for a moment, while jobs are under way."""

from .jobs import Jobs
from .turnstile import What


def under_way(jobs: Jobs) -> list[str]:
    """Send jobs, and return those that are held: before their last step, and in their first one."""
    held = jobs.post_held(What.NOTICE, "late-1", "late-2") + jobs.post_held(What.DOWNLOAD, "early-1", "early-2")
    jobs.post("waits-1", "waits-2")
    return held


def test_a_killed_server_loses_no_job_and_repeats_no_finished_step(jobs: Jobs) -> None:
    """Its place is taken by another one at another address, as a task of ECS has; the name leads there."""
    hosted = jobs.hosted
    held = under_way(jobs)
    before = jobs.finished()
    hosted.server.kill()
    request = jobs.request("meanwhile")
    refused = jobs.try_to_post(request)
    hosted.turnstile.let(*held)
    hosted.server = hosted.start_server()
    assert (refused.status, refused.retry_after) == (503, 2)
    assert jobs.try_to_post(request).status == 202
    jobs.wait_until_done()
    jobs.prove_that_nothing_ran_twice(before)
    assert hosted.workers[0].is_running


def test_two_servers_for_a_moment_lose_no_job_and_repeat_no_finished_step(jobs: Jobs) -> None:
    """Each may take messages for workers that hear the other one; they are sent again when the first one is gone."""
    hosted = jobs.hosted
    held = under_way(jobs)
    before = jobs.finished()
    former, hosted.server = hosted.server, hosted.start_server()
    jobs.post("meanwhile-1", "meanwhile-2")
    hosted.turnstile.let(*held)
    assert former.stop() == 0
    jobs.wait_until_done()
    jobs.prove_that_nothing_ran_twice(before)
