"""An API that is unreachable, throttling, foreign or denies access: one sentence, a remedy and an exit code."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.utils import formatdate

import pytest

from contract.answers import Done, Processing
from contract.job import DocumentJob
from longhand_client import Pace
from ops.api import Api
from ops.errors import UserError
from ops.exit_codes import ExitCode
from ops.job_watch import watch_job
from tests.ops.fake_server import Answer, FakeServer, Reply, Request, serve
from tests.ops.terminal import Terminal

JOB = DocumentJob(job_id="a", document_url="https://example.com/a.pdf", requester_id="me")
ACCEPTED_REPLY = Reply(
    202, b'{"status":"accepted","jobId":"a","statusUrl":"/status/a","message":"","state":"processing"}'
)
RUNNING_REPLY = Reply(200, b'{"status":"processing","jobId":"a"}')
STEP_REPLY = Reply(
    200,
    b'{"status":"processing","jobId":"a","progress":{"step":"extract","number":2,"of":5,"attempt":1,"since":"x",'
    b'"pages":{"done":1,"of":4}}}',
)
DONE_REPLY = Reply(200, b'{"status":"done","jobId":"a","result":{}}')
UNAVAILABLE_REPLY = Reply(503, b'{"error":"the server does not respond","code":"unavailable"}', {"Retry-After": "2"})


def answer_in_turn(*replies: Reply) -> Answer:
    """Answer with each reply in turn, then with the last one."""
    remaining = list(replies)
    return lambda _: remaining.pop(0) if len(remaining) > 1 else remaining[0]


@contextmanager
def open_api(answer: Answer) -> Iterator[tuple[Api, FakeServer, list[float]]]:
    pauses: list[float] = []
    with serve(answer) as fake:
        yield Api(fake.url, sleep=pauses.append), fake, pauses


def error_of(answer: Answer, ask: Callable[[Api], object] = lambda api: api.status("a")) -> UserError:
    with open_api(answer) as (client, _, _), pytest.raises(UserError) as raised:
        ask(client)
    return raised.value


def test_requests_are_retried_after_the_seconds_of_retry_after() -> None:
    with open_api(answer_in_turn(UNAVAILABLE_REPLY, Reply(502, b"<html>"), ACCEPTED_REPLY)) as (client, fake, pauses):
        assert client.process_document(JOB).job_id == "a"
    assert [request.path for request in fake.requests] == ["/process-document"] * 3
    assert pauses == [2, 2]
    assert json.loads(fake.requests[-1].body) == {
        "jobId": "a",
        "documentUrl": "https://example.com/a.pdf",
        "requesterId": "me",
        "type": "report",
    }


def test_a_retry_after_of_an_hour_is_cut_to_ten_seconds() -> None:
    with open_api(answer_in_turn(Reply(503, b"", {"Retry-After": "3600"}), RUNNING_REPLY)) as (client, _, pauses):
        client.status("a")
    assert pauses == [10]


@pytest.mark.parametrize(
    ("reply", "code", "words"),
    [
        (
            UNAVAILABLE_REPLY,
            ExitCode.UNAVAILABLE,
            "behind it does not (the server does not respond): run ./longhand doctor",
        ),
        (Reply(429, b"{}"), ExitCode.BUSY, "is throttling requests (HTTP 429)"),
        (
            Reply(429, b'{"error":"estimated 32 times in this hour"}'),
            ExitCode.BUSY,
            "(estimated 32 times in this hour)",
        ),
        (Reply(500, b'{"message":"Internal Server Error"}'), ExitCode.UNAVAILABLE, "Internal Server Error"),
        (Reply(403, b'{"message":"Forbidden"}'), ExitCode.DENIED, "(Forbidden): use authorized credentials"),
        (Reply(401, b'{"message":"Unauthorized"}'), ExitCode.DENIED, "--token"),
        (Reply(409, b'{"error":"jobId a belongs to another request","code":"x"}'), ExitCode.REFUSED, "another request"),
        (Reply(404, b'{"message":"Not Found"}'), ExitCode.CONFIG, "check the address"),
        (Reply(200, b"<html>"), ExitCode.CONFIG, "is not this API's"),
        (Reply(200, b"\xff\xfe"), ExitCode.CONFIG, "is not this API's"),
        (Reply(302, b"", {"Location": "http://127.0.0.1:9/"}), ExitCode.REFUSED, "HTTP 302"),
    ],
)
def test_every_error_response_is_explained_in_one_sentence(reply: Reply, code: ExitCode, words: str) -> None:
    error = error_of(lambda _: reply)
    assert error.code == code
    assert words in str(error)


@pytest.mark.parametrize(("seconds", "words"), [(-600, "10 minutes ahead of"), (600, "10 minutes behind")])
def test_an_expired_signature_is_reported_as_a_wrong_clock(seconds: int, words: str) -> None:
    def refuse(_: Request) -> Reply:
        headers = {"Date": formatdate(time.time() + seconds, usegmt=True)}
        return Reply(403, b'{"message":"Signature expired: 20260101T000000Z is now earlier than"}', headers)

    error = error_of(refuse)
    assert words in str(error)
    assert "timedatectl" in str(error)


def test_an_api_that_does_not_respond_is_reported_with_the_remedy() -> None:
    with pytest.raises(UserError, match=r"does not respond.*: start it") as raised:
        Api("http://127.0.0.1:9", remedy="start it").status("a")
    assert raised.value.code == ExitCode.UNAVAILABLE


@pytest.mark.parametrize("url", ["nonsense", "ftp://a/b", "http://"])
def test_an_invalid_api_address_is_reported(nowhere: Terminal, url: str) -> None:
    ended = nowhere.run("status", "a", "--url", url)
    assert ended.code in (ExitCode.CONFIG, ExitCode.UNAVAILABLE)
    assert ended.err.splitlines()[-1].startswith("longhand: ")
    assert "Traceback" not in ended.err


def test_watching_shows_each_change_once_and_survives_an_api_restart() -> None:
    replies = (RUNNING_REPLY, RUNNING_REPLY, STEP_REPLY, *[Reply(502)] * 4, STEP_REPLY, DONE_REPLY)
    with open_api(answer_in_turn(*replies)) as (client, _, _):
        answers = list(watch_job(client, "a"))
    assert [type(answer) for answer in answers] == [Processing, Processing, Done]


def test_watching_ends_after_a_long_api_outage() -> None:
    now = iter(range(0, 10_000, 50))
    with open_api(answer_in_turn(RUNNING_REPLY, Reply(503))) as (client, _, _), pytest.raises(UserError):
        list(watch_job(client, "a", Pace(now=lambda: next(now))))


def test_ctrl_c_stops_watching_and_the_job_continues(nowhere: Terminal) -> None:
    with serve(lambda _: STEP_REPLY) as fake, nowhere.start("status", "a", "--watch", "--url", fake.url) as watching:
        assert watching.stderr
        for line in watching.stderr:
            if "page 1 of 4" in line:
                break
        watching.send_signal(2)
        err = watching.stderr.read()
        assert watching.wait(60) == 130
    assert err == "longhand: stopped watching; the job a continues: watch it again: ./longhand status a --watch\n"


def test_unknown_fields_of_an_answer_are_ignored() -> None:
    with open_api(lambda _: Reply(200, b'{"status":"canceled","jobId":"a","by":"me"}')) as (client, _, _):
        assert client.status("a").status == "canceled"


def test_the_token_is_sent_and_never_printed(nowhere: Terminal) -> None:
    with_token = nowhere.with_environ(LONGHAND_TOKEN="s3cret")  # noqa: S106 - not a real one
    with serve(lambda _: Reply(401, b'{"message":"no"}')) as fake:
        ended = with_token.run("status", "a", "--url", fake.url, "--auth", "jwt")
    assert fake.requests[0].headers["Authorization"] == "Bearer s3cret"
    assert ended.code == 77
    assert "s3cret" not in ended.out + ended.err
    assert "s3cret" not in with_token.run("status", "--help").out


def test_auth_jwt_without_a_token_names_the_variable_to_set(nowhere: Terminal) -> None:
    ended = nowhere.run("status", "a", "--url", "http://127.0.0.1:9", "--auth", "jwt")
    assert (ended.code, "LONGHAND_TOKEN" in ended.err) == (64, True)


@pytest.mark.parametrize("job_id", ["", "..", "a/b", "a b", "x" * 129])
def test_an_invalid_job_id_is_not_found_without_a_request(job_id: str) -> None:
    with open_api(lambda _: DONE_REPLY) as (client, fake, _):
        assert client.read_status(job_id).status == "not_found"
    assert fake.requests == []
