"""An API that is away, busy, not ours, or does not let us in: one sentence, what helps, and an exit code."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.utils import formatdate

import pytest

from contract.answers import Done, Processing
from contract.job import DocumentJob
from ops.api import Api
from ops.clock import Clock
from ops.errors import UserError
from ops.exit_codes import ExitCode
from ops.watch import watch_job
from tests.ops.terminal import Terminal
from tests.ops.web import Answer, Reply, Request, Web, serving

JOB = DocumentJob(job_id="a", document_url="https://example.com/a.pdf", requester_id="me")
ACCEPTED = Reply(202, b'{"status":"accepted","jobId":"a","statusUrl":"/status/a","message":"","state":"processing"}')
RUNNING = Reply(200, b'{"status":"processing","jobId":"a"}')
AT_STEP = Reply(
    200,
    b'{"status":"processing","jobId":"a","progress":{"step":"extract","number":2,"of":5,"attempt":1,"since":"x",'
    b'"pages":{"done":1,"of":4}}}',
)
DONE = Reply(200, b'{"status":"done","jobId":"a","result":{}}')
AWAY = Reply(503, b'{"error":"the job store does not answer","code":"unavailable"}', {"Retry-After": "2"})


def in_turn(*replies: Reply) -> Answer:
    """Answer with each in turn, and with the last one from then on."""
    left = list(replies)
    return lambda _: left.pop(0) if len(left) > 1 else left[0]


@contextmanager
def api(answer: Answer) -> Iterator[tuple[Api, Web, list[float]]]:
    pauses: list[float] = []
    with serving(answer) as web:
        yield Api(web.url, sleep=pauses.append), web, pauses


def fault_of(answer: Answer, ask: Callable[[Api], object] = lambda api: api.status("a")) -> UserError:
    with api(answer) as (client, _, _), pytest.raises(UserError) as raised:
        ask(client)
    return raised.value


def test_a_request_is_repeated_while_the_api_is_away_and_as_often_as_it_says() -> None:
    with api(in_turn(AWAY, Reply(502, b"<html>"), ACCEPTED)) as (client, web, pauses):
        assert client.submit(JOB).job_id == "a"
    assert [request.path for request in web.asked] == ["/process-document"] * 3
    assert pauses == [2, 2]
    assert json.loads(web.asked[-1].body) == {
        "jobId": "a",
        "documentUrl": "https://example.com/a.pdf",
        "requesterId": "me",
        "type": "report",
    }


def test_an_api_that_asks_for_an_hour_is_not_waited_for_so_long() -> None:
    with api(in_turn(Reply(503, b"", {"Retry-After": "3600"}), RUNNING)) as (client, _, pauses):
        client.status("a")
    assert pauses == [10]


@pytest.mark.parametrize(
    ("reply", "code", "words"),
    [
        (AWAY, ExitCode.UNAVAILABLE, "its job store does not (the job store does not answer): ./longhand doctor"),
        (Reply(429, b"{}"), ExitCode.BUSY, "takes no more requests for now (HTTP 429)"),
        (
            Reply(429, b'{"error":"estimated 32 times in this hour"}'),
            ExitCode.BUSY,
            "(estimated 32 times in this hour)",
        ),
        (Reply(500, b'{"message":"Internal Server Error"}'), ExitCode.UNAVAILABLE, "Internal Server Error"),
        (Reply(403, b'{"message":"Forbidden"}'), ExitCode.DENIED, "does not let us in (Forbidden)"),
        (Reply(401, b'{"message":"Unauthorized"}'), ExitCode.DENIED, "--token"),
        (Reply(409, b'{"error":"jobId a belongs to another request","code":"x"}'), ExitCode.REFUSED, "another request"),
        (Reply(404, b'{"message":"Not Found"}'), ExitCode.CONFIG, "check the address"),
        (Reply(200, b"<html>"), ExitCode.CONFIG, "not an answer of this API"),
        (Reply(200, b"\xff\xfe"), ExitCode.CONFIG, "not an answer of this API"),
        (Reply(302, b"", {"Location": "http://127.0.0.1:9/"}), ExitCode.REFUSED, "HTTP 302"),
    ],
)
def test_an_answer_that_is_none_ends_in_a_sentence(reply: Reply, code: ExitCode, words: str) -> None:
    fault = fault_of(lambda _: reply)
    assert fault.code == code
    assert words in str(fault)


@pytest.mark.parametrize(("seconds", "words"), [(-600, "10 minutes ahead of"), (600, "10 minutes behind")])
def test_a_refused_signature_is_a_clock_that_is_off(seconds: int, words: str) -> None:
    def refuse(_: Request) -> Reply:
        headers = {"Date": formatdate(time.time() + seconds, usegmt=True)}
        return Reply(403, b'{"message":"Signature expired: 20260101T000000Z is now earlier than"}', headers)

    fault = fault_of(refuse)
    assert words in str(fault)
    assert "timedatectl" in str(fault)


def test_nobody_there_is_said_with_what_helps() -> None:
    with pytest.raises(UserError, match=r"does not answer.*: start it") as raised:
        Api("http://127.0.0.1:9", remedy="start it").status("a")
    assert raised.value.code == ExitCode.UNAVAILABLE


@pytest.mark.parametrize("url", ["nonsense", "ftp://a/b", "http://"])
def test_an_address_that_is_none(nowhere: Terminal, url: str) -> None:
    ended = nowhere.run("status", "a", "--url", url)
    assert ended.code in (ExitCode.CONFIG, ExitCode.UNAVAILABLE)
    assert ended.err.splitlines()[-1].startswith("longhand: ")
    assert "Traceback" not in ended.err


def test_watching_shows_each_change_once_and_survives_a_restart_of_the_api() -> None:
    replies = (RUNNING, RUNNING, AT_STEP, *[Reply(502)] * 4, AT_STEP, DONE)
    with api(in_turn(*replies)) as (client, _, _):
        outcome = list(watch_job(client, "a", Clock(sleep=lambda _: None)))
    assert [type(answer) for answer in outcome] == [Processing, Processing, Done]


def test_watching_ends_when_the_api_stays_away() -> None:
    now = iter(range(0, 10_000, 50))
    with api(in_turn(RUNNING, Reply(503))) as (client, _, _), pytest.raises(UserError):
        list(watch_job(client, "a", Clock(monotonic=lambda: next(now), sleep=lambda _: None)))


def test_ctrl_c_ends_the_watching_and_not_the_job(nowhere: Terminal) -> None:
    with serving(lambda _: AT_STEP) as web, nowhere.start("status", "a", "--watch", "--url", web.url) as watching:
        assert watching.stderr
        for line in watching.stderr:
            if "page 1 of 4" in line:
                break
        watching.send_signal(2)
        err = watching.stderr.read()
        assert watching.wait(60) == 130
    assert err == "longhand: the job a goes on without anybody who looks: ./longhand status a --watch\n"


def test_an_answer_with_more_than_we_know_is_read() -> None:
    with api(lambda _: Reply(200, b'{"status":"canceled","jobId":"a","by":"me"}')) as (client, _, _):
        assert client.status("a").status == "canceled"


def test_a_token_goes_along_and_is_never_shown(nowhere: Terminal) -> None:
    keyed = nowhere.having(LONGHAND_TOKEN="s3cret")  # noqa: S106 - of nobody
    with serving(lambda _: Reply(401, b'{"message":"no"}')) as web:
        ended = keyed.run("status", "a", "--url", web.url, "--auth", "jwt")
    assert web.asked[0].headers["Authorization"] == "Bearer s3cret"
    assert ended.code == 77
    assert "s3cret" not in ended.out + ended.err
    assert "s3cret" not in keyed.run("status", "--help").out


def test_a_jwt_without_a_token_says_where_to_put_it(nowhere: Terminal) -> None:
    ended = nowhere.run("status", "a", "--url", "http://127.0.0.1:9", "--auth", "jwt")
    assert (ended.code, "LONGHAND_TOKEN" in ended.err) == (64, True)


@pytest.mark.parametrize("job_id", ["", "..", "a/b", "a b", "x" * 129])
def test_a_name_that_no_job_can_have_is_not_asked_for(job_id: str) -> None:
    with api(lambda _: DONE) as (client, web, _):
        assert client.status(job_id).status == "not_found"
    assert web.asked == []
