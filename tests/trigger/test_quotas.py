"""The quota of jobs within an hour, counted by a real keeper: a job beyond it is a 429 that says when there is room."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from contract.keeper import MAX_COUNT
from durable.wire.client import Client
from durable.wire.clock import Clock
from lambdas.trigger import settings
from lambdas.trigger.ports import KeeperAddress
from local.server_process import free_port

from .conftest import JOB, Api, Reply, api_over

HOUR = 3_600
URL = "https://example.com/a.pdf"


@dataclass
class Later:
    """The time, moved on by a test."""

    seconds: float = 0.0

    def clock(self) -> Clock:
        return Clock(now=lambda: time.time() + self.seconds)


@pytest.fixture
def later() -> Later:
    return Later()


@pytest.fixture
def open_api(client: Client, folder: Path, keeper_url: str, later: Later) -> Callable[..., Api]:
    """Return a function that opens the API with quotas."""
    return lambda **quotas: api_over(
        client, folder, keeper=KeeperAddress(url=keeper_url), clock=later.clock(), **quotas
    )


def submit(api: Api, *names: str, requester: str = "me") -> list[Reply]:
    return [api.submit(jobId=name, requesterId=requester) for name in names]


def send_batch(api: Api, count: int, name: str = "b") -> Reply:
    items = [{"documentUrl": URL}] * count
    return api.send("POST", "/batches", json.dumps({"batchId": name, "requesterId": "me", "items": items}))


def wait_of(reply: Reply) -> int:
    assert (reply.status, reply.body["code"]) == (429, "too_many_jobs_per_hour")
    return int(reply.headers["Retry-After"])


def test_a_job_beyond_the_quota_is_accepted_when_the_answer_says(open_api: Callable[..., Api], later: Later) -> None:
    api = open_api(max_hourly_jobs=2)
    first, second, third = submit(api, "one", "two", "three")
    assert first.headers["RateLimit-Policy"] == f'"jobsPerHour";q=2;w={HOUR}'
    assert [one.headers["RateLimit"] for one in (first, second)] == ['"jobsPerHour";r=1', '"jobsPerHour";r=0']
    seconds = wait_of(third)
    assert HOUR - 60 < seconds <= HOUR
    assert third.headers["RateLimit"] == f'"jobsPerHour";r=0;t={seconds}'
    assert api.status("three").status == 404
    assert submit(api, "four", requester="another")[0].status == 202
    later.seconds = seconds - 2
    assert wait_of(submit(api, "three")[0]) <= 2
    later.seconds = seconds
    assert submit(api, "three")[0].status == 202


def test_what_was_accepted_before_is_accepted_again(open_api: Callable[..., Api]) -> None:
    api = open_api(max_hourly_jobs=1)
    assert [one.status for one in submit(api, "one", "one")] == [202, 202]
    assert wait_of(api.send("POST", "/jobs", json.dumps(JOB | {"jobId": "two"}))) > 0
    assert api.send("POST", "/jobs", json.dumps(JOB | {"jobId": "one"})).status == 202


def test_a_canceled_job_counts_and_so_does_its_retry(open_api: Callable[..., Api]) -> None:
    api = open_api(max_hourly_jobs=2)
    for name in ("one", "two"):
        submit(api, name)
        api.send("POST", f"/jobs/{name}/cancel")
    assert wait_of(api.send("POST", "/jobs/one/retry")) > 0
    more = open_api(max_hourly_jobs=3)
    retried = more.send("POST", "/jobs/one/retry")
    assert (retried.status, retried.headers["RateLimit"]) == (202, '"jobsPerHour";r=0')
    assert more.send("POST", "/jobs/one/retry").status == 202  # the same job
    assert wait_of(more.send("POST", "/jobs/two/retry")) > 0


def test_a_batch_needs_room_for_all_its_jobs(open_api: Callable[..., Api], later: Later) -> None:
    api = open_api(max_hourly_jobs=5)
    submit(api, "one")
    later.seconds = 10
    submit(api, "two")
    refused = send_batch(api, 4)
    seconds = wait_of(refused)
    assert refused.headers["RateLimit"] == f'"jobsPerHour";r=3;t={seconds}'
    assert HOUR - 70 < seconds <= HOUR - 10  # one of two must grow old
    accepted = send_batch(api, 3)
    assert (accepted.status, accepted.headers["RateLimit"]) == (202, '"jobsPerHour";r=0')
    assert send_batch(api, 3).status == 202  # the same batch


def test_a_batch_that_no_wait_would_help_is_the_clients_mistake(open_api: Callable[..., Api]) -> None:
    for quota, words in (("max_hourly_jobs", "send within an hour"), ("max_open_jobs", "have at a time")):
        reply = send_batch(open_api(**{quota: 2}), 3)
        assert (reply.status, reply.body["code"]) == (400, "bad_request")
        assert f"3 items, and a requester may {words} 2 jobs" in reply.body["error"]


def test_both_quotas_are_named_and_the_hour_says_when(open_api: Callable[..., Api]) -> None:
    api = open_api(max_open_jobs=3, max_hourly_jobs=2)
    [accepted] = submit(api, "one")
    assert accepted.headers["RateLimit-Policy"] == f'"openJobs";q=3, "jobsPerHour";q=2;w={HOUR}'
    assert accepted.headers["RateLimit"] == '"openJobs";r=2, "jobsPerHour";r=1'
    submit(api, "two")
    for full in (api, open_api(max_open_jobs=2, max_hourly_jobs=2)):
        assert wait_of(submit(full, "three")[0]) > HOUR - 60
    api.send("POST", "/jobs/one/cancel")
    assert submit(open_api(max_open_jobs=2, max_hourly_jobs=3), "three")[0].status == 202


def test_a_keeper_that_is_away_refuses_no_job(client: Client, folder: Path) -> None:
    away = KeeperAddress(url=f"http://127.0.0.1:{free_port()}")
    api = api_over(client, folder, keeper=away, max_hourly_jobs=1)
    replies = submit(api, "one", "two")
    assert [(one.status, "RateLimit" in one.headers) for one in replies] == [(202, False), (202, False)]


def test_the_largest_quota_of_the_settings_is_what_the_keeper_counts() -> None:
    assert settings.MAX_COUNTED_JOBS == MAX_COUNT
