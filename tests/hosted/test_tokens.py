"""The keys are made anew as the documentation says, while jobs are under way."""

from .jobs import Jobs
from .system import Hosted
from .test_whole import FOREIGN
from .turnstile import What


def test_rotating_the_keys_loses_no_job_and_repeats_no_finished_step(jobs: Jobs) -> None:
    """Server, workers and trigger are replaced in this order. In between, who has an old token is refused."""
    hosted = jobs.hosted
    held = jobs.post_held(What.NOTICE, "late") + jobs.post_held(What.DOWNLOAD, "early")
    before = jobs.finished()
    former = hosted.declared.container("Worker")["RESONATE_TOKEN"]
    hosted.account.ask_to_rotate()
    hosted.make_keys("Update", Rotation="2")
    assert hosted.server.stop() == 0
    hosted.server = hosted.start_server()
    assert hosted.workers.pop().wait() == 1
    assert hosted.launch_worker(RESONATE_TOKEN=former).wait() == 1  # ECS starts what the service still says
    request = jobs.request("meanwhile")
    assert jobs.try_to_post(request).status >= 500
    assert jobs.state(request["jobId"]) is None
    hosted.turnstile.let(*held)
    hosted.workers.append(hosted.start_worker())
    hosted.trigger.stop()
    hosted.trigger, hosted.url = hosted.start_trigger()
    assert jobs.try_to_post(request).status == 202
    jobs.wait_until_done()
    jobs.prove_that_nothing_ran_twice(before)


def test_while_its_token_is_refused_the_trigger_asks_clients_to_come_back(hosted: Hosted, jobs: Jobs) -> None:
    """Nothing was recorded and the same request will be accepted: a 503, as for any other outage."""
    trigger, hosted.url = hosted.start_trigger(RESONATE_TOKEN=FOREIGN)
    try:
        answer = jobs.try_to_post(jobs.request("one"))
    finally:
        trigger.kill()
        hosted.trigger.kill()
        hosted.trigger, hosted.url = hosted.start_trigger()
    assert (answer.status, answer.retry_after) == (503, 2)
