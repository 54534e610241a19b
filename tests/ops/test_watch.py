"""`longhand watch`: lines through a pipe, a table in a terminal, until the jobs have ended."""

import json

from contract.answers import JobState, Progress
from contract.job_lists import JobPage, JobSummary
from contract.jobs import Job, make_links
from contract.names import Step
from tests.ops.fake_server import Answer, Reply, serve
from tests.ops.terminal import Terminal

CREATED_TIME = "2026-11-29T10:00:00.123+00:00"


def reply_job(name: str, state: JobState, step: Step | None = None) -> Reply:
    progress = Progress(step=step, number=2, of=5, attempt=1, since=CREATED_TIME) if step else None
    job = Job(
        id=name,
        state=state,
        type="invoice",
        requester_id="ada",
        created_at=CREATED_TIME,
        links=make_links(name, state),
        progress=progress,
    )
    return Reply(200, job.to_json())


def answer_about_two() -> Answer:
    """One job is done at once; the other runs, the API restarts, and it is canceled."""
    slow = [
        reply_job("slow", JobState.PROCESSING, Step.EXTRACT),
        *[Reply(503, b"{}", {"Retry-After": "0"})] * 4,
        reply_job("slow", JobState.CANCELED),
    ]
    return lambda request: slow.pop(0) if request.path == "/jobs/slow" else reply_job("quick", JobState.DONE)


def test_named_jobs_are_watched_until_all_have_ended(nowhere: Terminal) -> None:
    with serve(answer_about_two()) as fake:
        ended = nowhere.run("watch", "quick", "slow", "--url", fake.url)
    assert ended.out.splitlines() == ["quick: done", "slow: processing: step 2 of 5: extract", "slow: canceled"]
    assert ended.code == 4
    assert [request.path for request in fake.requests].count("/jobs/quick") == 1


def test_a_terminal_has_a_table_that_changes(nowhere: Terminal) -> None:
    with serve(answer_about_two()) as fake:
        ended = nowhere.show("watch", "quick", "slow", "--url", fake.url, columns=100)
    assert ended.out.count("quick") > 1
    assert "created" in ended.out
    assert "canceled" in ended.out


def test_the_newest_jobs_are_watched_until_ctrl_c(nowhere: Terminal) -> None:
    summary = JobSummary(id="new", state=JobState.DONE, type="invoice", requester_id="ada", created_at=CREATED_TIME)
    page = Reply(200, JobPage(jobs=(summary,)).to_json())
    with serve(lambda _: page) as fake, nowhere.start("watch", "--limit", "7", "--url", fake.url) as watching:
        assert watching.stdout
        assert watching.stdout.readline() == "new: done\n"
        watching.send_signal(2)
        assert watching.wait(60) == 0
    assert fake.requests[0].path == "/jobs?limit=7"


def test_an_unknown_job_ends_the_watch(nowhere: Terminal) -> None:
    missing = Reply(404, json.dumps({"status": "not_found", "jobId": "a"}).encode())
    with serve(lambda _: missing) as fake:
        ended = nowhere.run("watch", "a", "--url", fake.url)
    assert (ended.code, ended.out) == (3, "")
