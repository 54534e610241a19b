"""The keys are rotated as documented, while jobs are running."""

from .aws_proxy import RequestKind
from .hosted_system import HostedSystem
from .jobs import Jobs
from .test_whole import FOREIGN_TOKEN


def test_rotating_the_keys_loses_no_job_and_repeats_no_finished_step(jobs: Jobs) -> None:
    """Server, workers and trigger are replaced in this order. In between, old tokens are refused."""
    hosted = jobs.hosted
    held = jobs.post_held(RequestKind.RESULT, "late") + jobs.post_held(RequestKind.DOWNLOAD, "early")
    before = jobs.find_finished()
    former = hosted.template.container("Worker")["RESONATE_TOKEN"]
    hosted.account.request_rotation()
    hosted.make_keys("Update", Rotation="2")
    assert hosted.server.stop() == 0
    hosted.server = hosted.start_server()
    assert hosted.workers.pop().wait() == 1
    assert hosted.launch_worker(RESONATE_TOKEN=former).wait() == 1  # ECS starts it with the former task definition
    request = jobs.request("meanwhile")
    assert jobs.try_to_post(request).status >= 500
    assert jobs.state(request["jobId"]) is None
    hosted.proxy.release(*held)
    hosted.workers.append(hosted.start_worker())
    hosted.trigger.stop()
    hosted.trigger, hosted.url = hosted.start_trigger()
    assert jobs.try_to_post(request).status == 202
    jobs.wait_until_done()
    jobs.assert_nothing_ran_twice(before)


def test_a_trigger_whose_token_is_refused_answers_503(hosted: HostedSystem, jobs: Jobs) -> None:
    """Nothing is recorded, and the same request is accepted later, as after any other outage."""
    trigger, hosted.url = hosted.start_trigger(RESONATE_TOKEN=FOREIGN_TOKEN)
    try:
        response = jobs.try_to_post(jobs.request("one"))
    finally:
        trigger.kill()
        hosted.trigger.kill()
        hosted.trigger, hosted.url = hosted.start_trigger()
    assert (response.status, response.retry_after) == (503, 2)
