"""Polite polling: an answer that the client holds is not sent again, and each answer says when to ask again."""

import json

import pytest

from durable.wire.client import Client
from lambdas.trigger.status import choose_poll_seconds

from .conftest import JOB, Api, settle


def poll(api: Api, tags: str = "", path: str = "/status/job-1") -> tuple[int, str, dict[str, str]]:
    """Return status, body and headers of an answer, for a client that holds those with these tags."""
    reply = api.send("GET", path, headers={"if-none-match": tags} if tags else {})
    return reply.status, reply.text, reply.headers


def test_an_answer_that_the_client_holds_has_no_body(api: Api, client: Client) -> None:
    api.submit()
    code, body, headers = poll(api)
    assert (code, json.loads(body)["status"], headers["Cache-Control"]) == (200, "processing", "private, no-cache")
    again = poll(api, headers["ETag"])
    assert again == (304, "", {name: headers[name] for name in ("ETag", "Cache-Control", "Retry-After")})
    settle(client, "resolved", {"jobId": "job-1"})
    code, body, ended = poll(api, headers["ETag"])
    assert (code, json.loads(body)["status"]) == (200, "done")
    assert ended["ETag"] != headers["ETag"]


@pytest.mark.parametrize(
    ("held", "code"),
    [("{tag}", 304), ("W/{tag}", 304), ('"other", {tag}', 304), ("*", 304), ('"other"', 200), ("", 200), ("tag", 200)],
)
def test_each_form_of_if_none_match_is_understood(api: Api, held: str, code: int) -> None:
    api.submit()
    tag = poll(api)[2]["ETag"]
    assert poll(api, held.format(tag=tag))[0] == code


@pytest.mark.parametrize("path", ["/jobs/job-1", "/jobs/job-1/why", "/jobs/job-1/history"])
def test_other_answers_about_a_job_can_be_held_too(api: Api, path: str) -> None:
    api.submit()
    tag = poll(api, path=path)[2]["ETag"]
    assert poll(api, tag, path)[:2] == (304, "")


@pytest.mark.parametrize("held", ['"any"', "*"])
def test_a_problem_has_no_tag(api: Api, held: str) -> None:
    code, _, headers = poll(api, held, "/status/unknown")
    assert (code, "ETag" in headers) == (404, False)


def test_no_cache_keeps_a_problem_or_the_answer_to_a_post(api: Api) -> None:
    """A browser would keep a 410 for ever, and a 404 as long as it likes."""
    replies = [api.send("GET", "/status/unknown"), api.send("GET", "/no/route"), api.submit(), api.submit()]
    assert {reply.headers["Cache-Control"] for reply in replies} == {"no-store"}


@pytest.mark.parametrize("path", ["/status/job-1", "/jobs/job-1"])
def test_only_a_job_that_runs_says_when_to_ask_again(api: Api, client: Client, path: str) -> None:
    api.submit()
    assert poll(api, path=path)[2]["Retry-After"] == "1"
    settle(client, "rejected_canceled")
    assert "Retry-After" not in poll(api, path=path)[2]


@pytest.mark.parametrize(("age", "seconds"), [(-5, 1), (0, 1), (19, 1), (60, 6), (300, 30), (86_400, 30)])
def test_a_job_that_takes_longer_is_asked_about_less_often(age: float, seconds: int) -> None:
    assert choose_poll_seconds(age) == seconds


def test_an_accepted_job_has_its_location(api: Api) -> None:
    assert api.submit().headers["Location"] == f"/status/{JOB['jobId']}"
