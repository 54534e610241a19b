"""Running jobs survive a killed server, and two servers at the same time."""

from .aws_proxy import RequestKind
from .jobs import Jobs


def start_jobs(jobs: Jobs) -> list[str]:
    """Start jobs, and return those that are held: some in their first step, some before the last. Others are queued."""
    held = jobs.post_held(RequestKind.DOWNLOAD, "early-1", "early-2")
    held += jobs.post_held(RequestKind.RESULT, "late-1", "late-2")
    jobs.post("waits-1", "waits-2")
    return held


def test_a_killed_server_loses_no_job_and_repeats_no_finished_step(jobs: Jobs) -> None:
    """As in ECS, a server at another address replaces it, and the server's name leads there."""
    hosted = jobs.hosted
    held = start_jobs(jobs)
    before = jobs.find_finished()
    hosted.server.kill()
    request = jobs.request("meanwhile")
    refused = jobs.try_to_post(request)
    hosted.proxy.release(*held)
    hosted.server = hosted.start_server()
    assert (refused.status, refused.retry_after) == (503, 2)
    assert jobs.try_to_post(request).status == 202
    jobs.wait_until_done()
    jobs.assert_nothing_ran_twice(before)
    assert hosted.workers[0].is_running


def test_two_servers_at_the_same_time_lose_no_job_and_repeat_no_finished_step(jobs: Jobs) -> None:
    """Each may send messages for workers that listen to the other; the server repeats them later."""
    hosted = jobs.hosted
    held = start_jobs(jobs)
    before = jobs.find_finished()
    former, hosted.server = hosted.server, hosted.start_server()
    jobs.post("meanwhile-1", "meanwhile-2")
    hosted.proxy.release(*held)
    assert former.stop() == 0
    jobs.wait_until_done()
    jobs.assert_nothing_ran_twice(before)
