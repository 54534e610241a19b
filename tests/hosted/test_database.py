"""A failover of the database and the deletion of old history lose no running job and repeat no finished step."""

from contract.names import promise_id
from local.server_process import free_port
from tests.keeper.postgres import connect
from tests.keeper.trees import DAY_SECONDS, ids, insert_history, now_ms
from tests.waiting import wait_until

from .aws_proxy import RequestKind
from .hosted_system import HostedSystem
from .http_requests import Response
from .jobs import Jobs

# Parts of the server's statements: the first one of a request for one promise, and a search.
PROMISE_QUERY = "WHERE p.id = ANY($1)"
SEARCH_QUERY = "tags @> $2"
OLD_AGE_MS = 400 * DAY_SECONDS * 1000  # older than any profile's retention


def test_a_killed_database_loses_no_job_and_repeats_no_finished_step(jobs: Jobs) -> None:
    """Jobs are done, before the last step, in the first step, or queued; and steps end during the outage."""
    hosted = jobs.hosted
    jobs.post("done-1", "done-2")
    jobs.wait_until_done()
    held = jobs.post_held(RequestKind.DOWNLOAD, "early-1", "early-2")
    held += jobs.post_held(RequestKind.RESULT, "late-1", "late-2")
    jobs.post("waits-1", "waits-2")
    before = jobs.find_finished()
    hosted.kill_database()
    hosted.proxy.release(*held[::2])  # their steps end while no checkpoint can be written
    request = jobs.request("meanwhile")
    refused = jobs.try_to_post(request)
    hosted.proxy.release()
    hosted.start_database()
    assert (refused.status, refused.retry_after, refused.body["code"]) == (503, 2, "unavailable")
    accepted = wait_until(lambda: post_or_none(jobs, request), lambda: "the job is not accepted after the outage")
    assert accepted.body["jobId"] == request["jobId"]
    jobs.wait_until_done()
    jobs.assert_nothing_ran_twice(before)
    assert hosted.server.is_running
    assert hosted.workers[0].is_running


def post_or_none(jobs: Jobs, request: dict[str, str]) -> Response | None:
    response = jobs.try_to_post(request)
    assert response.status in (202, 503), response
    return response if response.status == 202 else None


def test_a_step_that_ends_during_a_failover_is_recorded_and_not_repeated(jobs: Jobs) -> None:
    """The worker's lease lasts longer than the failover."""
    hosted = jobs.hosted
    [job] = jobs.post_held(RequestKind.DOWNLOAD, "one")
    requests = hosted.server_name.request_counts
    written, before = requests["task.fence"], requests["task.fence"] + requests["task.get"]
    with hosted.hang_database() as count_blocked:
        hosted.proxy.release()
        wait_until(lambda: requests["task.fence"] > written, lambda: "no checkpoint is written")
        wait_until(
            lambda: count_blocked(PROMISE_QUERY) == requests["task.fence"] + requests["task.get"] - before,
            lambda: "no statement is blocked",
        )
    hosted.start_database()
    jobs.wait_until_done()
    assert hosted.proxy.counts[RequestKind.DOWNLOAD, job] == 1


def test_a_worker_that_starts_during_a_failover_waits_for_the_database(hosted: HostedSystem) -> None:
    """Otherwise the failover would roll back a deployment."""
    with hosted.hang_database() as count_blocked:
        worker = hosted.launch_worker(WORKER_HEALTH_PORT=str(free_port()))
        wait_until(lambda: count_blocked(SEARCH_QUERY), lambda: f"the worker sends no search: {worker.log_text}")
    hosted.start_database()
    wait_until(lambda: worker.has_logged("worker_ready") or not worker.is_running, lambda: worker.log_text)
    assert worker.stop() == 0


def test_old_history_is_deleted_and_an_older_pending_job_continues(hosted: HostedSystem, jobs: Jobs) -> None:
    """The finished steps of a pending job are kept, however old they are."""
    [done] = jobs.post("done")
    jobs.wait_until_done()
    [pending] = jobs.post_held(RequestKind.RESULT, "pending")
    before = jobs.find_finished(pending)
    with connect(hosted.database) as sql:
        insert_history(sql, 20, settled=now_ms() - OLD_AGE_MS)
        make_older = (
            "UPDATE promises SET created_at = created_at - %s, settled_at = settled_at - %s WHERE origin = ANY(%s)"
        )
        sql.execute(make_older, [OLD_AGE_MS, OLD_AGE_MS, [promise_id(done), promise_id(pending)]])
        wait_until(lambda: not any(n.startswith("old") for n in ids(sql)), lambda: str(ids(sql)))
        wait_until(lambda: promise_id(done) not in ids(sql), lambda: str(ids(sql)))
        assert before.checkpoints.keys() | {promise_id(pending)} <= ids(sql)
    before = jobs.find_finished(pending)
    hosted.proxy.release()
    jobs.accepted.remove(done)
    jobs.wait_until_done()
    jobs.assert_nothing_ran_twice(before)
