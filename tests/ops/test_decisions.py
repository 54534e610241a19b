"""Cancel, approve and reject: what the command sends, prints and returns."""

import json

import pytest

from tests.ops.fake_server import Answer, FakeServer, Reply, Request, serve
from tests.ops.terminal import Terminal
from tests.ops.test_waiting import DONE_REPLY, WAITING_REPLY

NO_JOB_REPLY = Reply(404, b'{"status":"not_found","jobId":"a"}')
CANCELED_REPLY = Reply(200, b'{"status":"canceled","jobId":"a"}')


def run(terminal: Terminal, answer: Answer, *words: str) -> tuple[int, str, str, FakeServer]:
    with serve(answer) as fake:
        ended = terminal.run(*words, "--url", fake.url)
    return ended.code, ended.out, ended.err, fake


def answer_waiting(request: Request) -> Reply:
    """Show a waiting job, and take any decision."""
    if request.method == "GET":
        return WAITING_REPLY
    approve = json.dumps(json.loads(request.body)["approve"])
    return Reply(200, f'{{"status":"decided","jobId":"a","promise":"doc/a:7","approve":{approve}}}'.encode())


def test_approve_raises_the_limit_of_the_question_that_the_job_asks(nowhere: Terminal) -> None:
    code, out, _, fake = run(nowhere, answer_waiting, "approve", "a", "--max-cost", "2.5")
    assert (code, out) == (0, "a: approved; the job continues\n")
    decision = fake.requests[-1]
    assert (decision.method, decision.path) == ("POST", "/jobs/a/decision")
    assert json.loads(decision.body) == {"promise": "doc/a:7", "approve": True, "maxCostUsd": 2.5}


def test_reject_refuses_it(nowhere: Terminal) -> None:
    code, out, _, fake = run(nowhere, answer_waiting, "reject", "a", "--json")
    assert (code, json.loads(out)["approve"]) == (0, False)
    assert json.loads(fake.requests[-1].body) == {"promise": "doc/a:7", "approve": False}


@pytest.mark.parametrize("words", [("approve", "a", "--max-cost", "1"), ("reject", "a")])
def test_a_job_that_does_not_wait_takes_no_decision(nowhere: Terminal, words: tuple[str, ...]) -> None:
    code, out, err, fake = run(nowhere, lambda _: DONE_REPLY, *words)
    assert (code, out) == (65, "")
    assert "longhand: the job a does not wait for approval: it is done: see ./longhand status a\n" in err
    assert {request.method for request in fake.requests} == {"GET"}


@pytest.mark.parametrize("words", [("approve", "a", "--max-cost", "1"), ("reject", "a"), ("cancel", "a")])
def test_an_unknown_job_has_its_exit_code(nowhere: Terminal, words: tuple[str, ...]) -> None:
    code, out, err, _ = run(nowhere, lambda _: NO_JOB_REPLY, *words)
    assert (code, out) == (3, "")
    assert "longhand: the job a does not exist: check the id\n" in err


def test_an_id_that_no_job_can_have_is_not_sent(nowhere: Terminal) -> None:
    code, _, err, fake = run(nowhere, lambda _: CANCELED_REPLY, "cancel", "../a")
    assert (code, fake.requests) == (3, [])
    assert "does not exist" in err


def test_a_canceled_job_is_canceled(nowhere: Terminal) -> None:
    code, out, _, fake = run(nowhere, lambda _: CANCELED_REPLY, "cancel", "a")
    assert (code, out) == (0, "a: canceled\n")
    assert [(request.method, request.path) for request in fake.requests] == [("POST", "/jobs/a/cancel")]


def test_a_refusal_is_one_sentence(nowhere: Terminal) -> None:
    refusal = Reply(409, b'{"error":"job a has ended: it is done","code":"job_ended"}')
    code, out, err, _ = run(nowhere, lambda _: refusal, "cancel", "a")
    assert (code, out) == (65, "")
    assert "job a has ended: it is done" in err


@pytest.mark.parametrize("limit", ["-1", "10001", "much", "nan"])
def test_a_limit_that_is_none_is_refused_before_anything_is_sent(nowhere: Terminal, limit: str) -> None:
    code, _, _, fake = run(nowhere, answer_waiting, "approve", "a", "--max-cost", limit)
    assert code in (64, 65)
    assert "POST" not in {request.method for request in fake.requests}
