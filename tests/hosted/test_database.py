"""The database fails over, and old history goes, while jobs are under way: nothing is lost and nothing runs twice."""

from contract.names import promise_id
from local.server_process import free_port
from tests.keeper.postgres import connect
from tests.keeper.trees import DAY_SECONDS, ids, insert_history, now_ms
from tests.waiting import wait_until

from .asking import Answer
from .jobs import Jobs
from .system import Hosted
from .turnstile import What

# What statements of this server look like that a request about one promise begins with, and a search.
OF_ONE_ID = "WHERE p.id = ANY($1)"
OF_SEARCH = "tags @> $2"
AGES = 400 * DAY_SECONDS * 1000  # ms; older than any profile's retention


def test_a_killed_database_loses_no_job_and_repeats_no_finished_step(jobs: Jobs) -> None:
    """Jobs are done, before their last step, in their first one, and waiting for a worker, and steps end meanwhile."""
    hosted = jobs.hosted
    jobs.post("done-1", "done-2")
    jobs.wait_until_done()
    held = jobs.post_held(What.NOTICE, "late-1", "late-2") + jobs.post_held(What.DOWNLOAD, "early-1", "early-2")
    jobs.post("waits-1", "waits-2")
    before = jobs.finished()
    hosted.kill_database()
    hosted.turnstile.let(*held[::2])  # their steps end while nobody can write that down
    request = jobs.request("meanwhile")
    refused = jobs.try_to_post(request)
    hosted.turnstile.let()
    hosted.start_database()
    assert (refused.status, refused.retry_after, refused.body["code"]) == (503, 2, "unavailable")
    again = wait_until(lambda: accepted(jobs, request), lambda: "it is not accepted again")
    assert again.body["jobId"] == request["jobId"]
    jobs.wait_until_done()
    jobs.prove_that_nothing_ran_twice(before)
    assert hosted.server.is_running
    assert hosted.workers[0].is_running


def accepted(jobs: Jobs, request: dict[str, str]) -> Answer | None:
    answer = jobs.try_to_post(request)
    assert answer.status in (202, 503), answer
    return answer if answer.status == 202 else None


def test_a_step_that_ends_while_the_database_fails_over_is_written_down_and_not_repeated(jobs: Jobs) -> None:
    """Its worker's lease is good for longer than that takes."""
    hosted = jobs.hosted
    [job] = jobs.post_held(What.DOWNLOAD, "one")
    asked = hosted.name.asked
    written, before = asked["task.fence"], asked["task.fence"] + asked["task.get"]
    with hosted.hanging_database() as hanging:
        hosted.turnstile.let()
        wait_until(lambda: asked["task.fence"] > written, lambda: "no checkpoint is written")
        wait_until(lambda: hanging(OF_ONE_ID) == asked["task.fence"] + asked["task.get"] - before, lambda: "none hangs")
    hosted.start_database()
    jobs.wait_until_done()
    assert hosted.turnstile.came[What.DOWNLOAD, job] == 1


def test_a_worker_that_starts_while_the_database_fails_over_waits_for_it(hosted: Hosted) -> None:
    """Or its deployment would be rolled back for what is not its fault."""
    with hosted.hanging_database() as hanging:
        worker = hosted.launch_worker(WORKER_HEALTH_PORT=str(free_port()))
        wait_until(lambda: hanging(OF_SEARCH), lambda: f"it asks nothing: {worker.said}")
    hosted.start_database()
    wait_until(lambda: worker.has_said("worker_ready") or not worker.is_running, lambda: worker.said)
    assert worker.stop() == 0


def test_old_history_goes_and_a_job_that_is_older_than_that_goes_on(hosted: Hosted, jobs: Jobs) -> None:
    """Its finished steps are kept as long as it is pending, however long ago they were finished."""
    [done] = jobs.post("done")
    jobs.wait_until_done()
    [waits] = jobs.post_held(What.NOTICE, "waits")
    before = jobs.finished(waits)
    with connect(hosted.database) as sql:
        insert_history(sql, 20, settled=now_ms() - AGES)
        aged = "UPDATE promises SET created_at = created_at - %s, settled_at = settled_at - %s WHERE origin = ANY(%s)"
        sql.execute(aged, [AGES, AGES, [promise_id(done), promise_id(waits)]])
        wait_until(lambda: not any(n.startswith("old") for n in ids(sql)), lambda: str(ids(sql)))
        wait_until(lambda: promise_id(done) not in ids(sql), lambda: str(ids(sql)))
        assert before.checkpoints.keys() | {promise_id(waits)} <= ids(sql)
    before = jobs.finished(waits)
    hosted.turnstile.let()
    jobs.accepted.remove(done)
    jobs.wait_until_done()
    jobs.prove_that_nothing_ran_twice(before)
