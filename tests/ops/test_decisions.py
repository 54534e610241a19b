"""Cancel and decide: what the command sends, prints and returns."""

import json

import pytest

from contract.answers import Decided, DecisionDetails, DecisionState, Reason
from tests.ops.fake_server import Answer, FakeServer, Reply, Request, serve
from tests.ops.terminal import Terminal
from tests.ops.test_waiting import DONE_REPLY, WAITING_REPLY

NO_JOB_REPLY = Reply(404, b'{"status":"not_found","jobId":"a"}')
DETAILS = DecisionDetails(
    id="a:7",
    job_id="a",
    reason=Reason.REVIEW,
    state=DecisionState.OPEN,
    since="2026-11-29T16:00:00.000+00:00",
    until="2026-12-02T16:00:00.000+00:00",
    message="approve or correct",
    findings=({"field": "amount", "value": 12.0, "evidence": {"page": 1, "quote": "Total 12.00", "confidence": 0.5}},),
)
CANCELED_REPLY = Reply(200, b'{"status":"canceled","jobId":"a"}')


def run(terminal: Terminal, answer: Answer, *words: str) -> tuple[int, str, str, FakeServer]:
    with serve(answer) as fake:
        ended = terminal.run(*words, "--url", fake.url)
    return ended.code, ended.out, ended.err, fake


def answer_waiting(request: Request) -> Reply:
    """Show a waiting job and its question, and take any decision."""
    if request.path.startswith("/status"):
        return WAITING_REPLY
    if request.method == "GET":
        return Reply(200, DETAILS.to_json())
    approve = json.loads(request.body)["approve"]
    return Reply(200, Decided(job_id="a", promise="doc/a:7", approve=approve, reviewer="ada").to_json())


@pytest.mark.parametrize("name", ["a", "a:7"])
def test_an_approval_answers_the_question_that_the_job_asks(nowhere: Terminal, name: str) -> None:
    code, out, _, fake = run(nowhere, answer_waiting, "decide", name, "approve", "--max-cost", "2.5")
    assert (code, out) == (0, "a: approved by ada; the job continues\n")
    decision = fake.requests[-1]
    assert (decision.method, decision.path) == ("POST", "/decisions/a:7")
    assert json.loads(decision.body) == {"approve": True, "maxCostUsd": 2.5}


def test_a_rejection_may_say_why(nowhere: Terminal) -> None:
    code, out, _, fake = run(nowhere, answer_waiting, "decide", "a", "reject", "--comment", "not ours", "--json")
    assert (code, json.loads(out)["approve"]) == (0, False)
    assert json.loads(fake.requests[-1].body) == {"approve": False, "comment": "not ours"}


def test_corrections_are_numbers_nothing_or_texts(nowhere: Terminal) -> None:
    words = [word for one in ("amount=12.50", "due=null", "vendor=A = B", 'number="7"') for word in ("--set", one)]
    _, _, _, fake = run(nowhere, answer_waiting, "decide", "a", "approve", *words)
    corrections = {"amount": 12.5, "due": None, "vendor": "A = B", "number": "7"}
    assert json.loads(fake.requests[-1].body) == {"approve": True, "corrections": corrections}


@pytest.mark.parametrize("words", [("approve", "--set", "amount"), ("--comment", "fine"), ("perhaps",)])
def test_what_is_no_decision_is_not_sent(nowhere: Terminal, words: tuple[str, ...]) -> None:
    code, _, _, fake = run(nowhere, answer_waiting, "decide", "a", *words)
    assert code == 64
    assert "POST" not in {request.method for request in fake.requests}


def test_without_a_verdict_the_question_is_shown(nowhere: Terminal) -> None:
    code, out, _, fake = run(nowhere, answer_waiting, "decide", "a")
    assert code == 0
    assert "a:7: open" in out
    assert "amount = 12.0 (confidence 0.50, page 1: Total 12.00)" in out
    assert {request.method for request in fake.requests} == {"GET"}


def test_a_job_that_does_not_wait_takes_no_decision(nowhere: Terminal) -> None:
    code, out, err, fake = run(nowhere, lambda _: DONE_REPLY, "decide", "a", "approve")
    assert (code, out) == (65, "")
    assert "longhand: the job a waits for no decision: it is done: see ./longhand status a\n" in err
    assert {request.method for request in fake.requests} == {"GET"}


@pytest.mark.parametrize("words", [("decide", "a", "approve"), ("cancel", "a")])
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
    code, _, _, fake = run(nowhere, answer_waiting, "decide", "a", "approve", "--max-cost", limit)
    assert code in (64, 65)
    assert "POST" not in {request.method for request in fake.requests}
