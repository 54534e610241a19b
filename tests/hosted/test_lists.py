"""Lists: the trigger asks the keeper with its token, and the keeper reads the server's Postgres."""

from contextlib import closing
from http import HTTPStatus

import pytest

from contract.job_lists import JobSummary
from contract.keeper import JobQuery, Rows
from durable.wire.errors import Unavailable
from lambdas.trigger.keeper_client import Keeper
from lambdas.trigger.ports import KeeperAddress
from tests.waiting import wait_until

from .hosted_system import HostedSystem
from .http_requests import Response, send_request
from .jobs import Jobs


def read_list(hosted: HostedSystem) -> Response | None:
    """Return the list once the keeper answers: it may have started a moment ago."""
    response = send_request(f"{hosted.url}/jobs?limit=200")
    return response if response.status == HTTPStatus.OK else None


def test_a_job_is_listed_from_its_202_to_its_end(jobs: Jobs) -> None:
    [job] = jobs.post("one")
    listed = wait_until(lambda: read_list(jobs.hosted), "the keeper lists jobs")
    [found] = [one for one in listed.body["jobs"] if one["id"] == job]
    assert (found["type"], found["requesterId"]) == ("invoice", "client")
    jobs.wait_until_done()
    done = send_request(f"{jobs.hosted.url}/jobs?state=done&requesterId=client&limit=200")
    assert job in [one["id"] for one in done.body["jobs"]]
    assert send_request(f"{jobs.hosted.url}/decisions").body == {"decisions": []}


def test_while_the_keeper_is_away_lists_are_503_and_jobs_are_done(jobs: Jobs) -> None:
    hosted = jobs.hosted
    wait_until(lambda: read_list(hosted), "the keeper lists jobs")
    hosted.keeper.kill()
    assert send_request(f"{hosted.url}/jobs").status == HTTPStatus.SERVICE_UNAVAILABLE
    jobs.post("one")
    jobs.wait_until_done()
    hosted.repair()
    wait_until(lambda: read_list(hosted), "the next keeper lists jobs")


def test_the_keeper_answers_no_other_token(hosted: HostedSystem) -> None:
    """Not even the worker's, which the server takes."""
    wait_until(lambda: read_list(hosted), "the keeper lists jobs")
    ask_as(hosted, hosted.template.function("Trigger")["RESONATE_TOKEN"])
    for token in (hosted.template.container("Worker")["RESONATE_TOKEN"], None):
        with pytest.raises(Unavailable, match="401"):
            ask_as(hosted, token)


def ask_as(hosted: HostedSystem, token: str | None) -> Rows[JobSummary]:
    """Ask the keeper as a caller with this token."""
    with closing(Keeper(KeeperAddress(url=hosted.keeper_url, token=token))) as keeper:
        return keeper.ask(JobQuery(limit=1), Rows[JobSummary])
