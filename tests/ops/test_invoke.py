"""`longhand invoke`: what it sends, prints and ends with, for each state of an invocation."""

import json
from typing import Any

import pytest

from contract.job import is_job_id
from ops.exit_codes import ExitCode
from tests.ops.fake_server import Answer, Reply, Request, serve
from tests.ops.terminal import Ended, Terminal
from tests.waiting import wait_until

PROCESSING_ANSWER = {"status": "processing", "id": "a-1"}
DONE_ANSWER = {"status": "done", "id": "a-1", "result": 3628800}
FAILED_ANSWER = {"status": "failed", "id": "a-1", "error": {"code": "step_timeout", "message": "too slow"}}


def reply(status: int, body: dict[str, Any]) -> Reply:
    return Reply(status, json.dumps(body).encode())


def answer_with(*states: dict[str, Any]) -> Answer:
    """Accept an invocation, then answer with each state in turn."""
    remaining = [reply(404 if state["status"] == "not_found" else 200, state) for state in states]
    accepted = {"status": "accepted", "id": "a-1", "statusUrl": "/invocations/a-1", "state": "processing"}

    def answer(request: Request) -> Reply:
        if request.method == "POST":
            return reply(202, accepted)
        return remaining.pop(0) if len(remaining) > 1 else remaining[0]

    return answer


def run(terminal: Terminal, answer: Answer, *words: str) -> tuple[Ended, list[Request]]:
    with serve(answer) as fake:
        return terminal.run("invoke", *words, "--url", fake.url), fake.requests


def test_the_result_is_printed_alone_when_the_function_has_returned(nowhere: Terminal) -> None:
    ended, requests = run(nowhere, answer_with(PROCESSING_ANSWER, DONE_ANSWER), "factorial", "10")
    assert (ended.code, ended.out) == (0, "3628800\n")
    assert json.loads(requests[0].body) == {"function": "factorial", "args": [10]}
    assert [request.path for request in requests] == ["/invocations", *["/invocations/a-1"] * 2]


def test_an_invocation_that_is_gone_has_its_exit_code(nowhere: Terminal) -> None:
    ended, _ = run(nowhere, answer_with({"status": "not_found", "id": "a-1"}), "factorial", "10")
    assert (ended.code, ended.out) == (ExitCode.UNKNOWN, "")
    assert "longhand: the invocation a-1 does not exist: check the id\n" in ended.err


@pytest.mark.parametrize(
    ("state", "words", "code", "line"),
    [
        (FAILED_ANSWER, (), ExitCode.FAILED, "a-1: failed: step_timeout: too slow"),
        (PROCESSING_ANSWER, ("--no-wait",), ExitCode.RUNNING, "a-1: processing"),
        ({"status": "canceled", "id": "a-1"}, (), ExitCode.CANCELED, "a-1: canceled"),
        (DONE_ANSWER | {"result": "hello"}, (), ExitCode.OK, "hello"),
        (DONE_ANSWER | {"result": None}, (), ExitCode.OK, "null"),
        (DONE_ANSWER | {"result": ["é", 1]}, (), ExitCode.OK, '["é", 1]'),
        (DONE_ANSWER | {"result": 10**40}, (), ExitCode.OK, str(10**40)),
    ],
    ids=str,
)
def test_each_state_has_a_line_and_an_exit_code(
    nowhere: Terminal, state: dict[str, Any], words: tuple[str, ...], code: ExitCode, line: str
) -> None:
    ended, _ = run(nowhere, answer_with(state), "factorial", "10", *words)
    assert (ended.code, ended.out) == (code, f"{line}\n")


def test_json_is_the_answer_of_the_api(nowhere: Terminal) -> None:
    ended, _ = run(nowhere, answer_with(FAILED_ANSWER), "factorial", "10", "--json")
    assert (ended.code, json.loads(ended.out), ended.err) == (1, FAILED_ANSWER, "")


@pytest.mark.parametrize(
    ("words", "args"),
    [
        (("greet", "ada"), ["ada"]),
        (("greet", '"10"'), ["10"]),
        (("store", '{"a": [1, null]}', "true"), [{"a": [1, None]}, True]),
        (("tick",), []),
        (("add", "--", "-3", "1e3"), [-3, 1000.0]),
        (("add", "NaN", "1e999", "9" * 30), ["NaN", "1e999", int("9" * 30)]),
    ],
)
def test_an_argument_is_json_or_else_a_text(nowhere: Terminal, words: tuple[str, ...], args: list[Any]) -> None:
    with serve(answer_with(DONE_ANSWER)) as fake:
        nowhere.run("invoke", "--url", fake.url, *words)
    assert json.loads(fake.requests[0].body) == {"function": words[0], "args": args}


def test_an_id_is_sent_and_again_makes_one(nowhere: Terminal) -> None:
    """Such an id is one that the API takes, whatever the function's name is."""
    ids = [
        json.loads(run(nowhere, answer_with(DONE_ANSWER), "db.get/1", "10", *words)[1][0].body)["id"]
        for words in (("--id", "mine"), ("--again",), ("--again",))
    ]
    assert ids[0] == "mine"
    assert ids[1] != ids[2]
    assert all(one.startswith("db-get-1-") and is_job_id(one) for one in ids[1:])


def test_an_id_of_ones_own_and_a_new_one_exclude_each_other(nowhere: Terminal) -> None:
    ended, requests = run(nowhere, answer_with(DONE_ANSWER), "factorial", "10", "--id", "mine", "--again")
    assert (ended.code, requests, "leave one of them out" in ended.err) == (64, [], True)


def test_a_refused_invocation_says_why(nowhere: Terminal) -> None:
    problem = {"error": 'there is no function "nothing": the functions are factorial', "code": "unknown_function"}
    ended, _ = run(nowhere, lambda _: reply(400, problem), "nothing", "1")
    assert (ended.code, ended.out) == (65, "")
    assert "the functions are factorial" in ended.err
    assert "Traceback" not in ended.err


def test_ctrl_c_stops_waiting_and_the_invocation_continues(nowhere: Terminal) -> None:
    with (
        serve(answer_with(PROCESSING_ANSWER)) as fake,
        nowhere.start("invoke", "factorial", "10", "--url", fake.url) as waiting,
    ):
        assert waiting.stderr
        wait_until(lambda: "GET" in {request.method for request in fake.requests}, "it does not wait")
        waiting.send_signal(2)
        err = waiting.stderr.read()
        assert waiting.wait(60) == 130
    assert "stopped waiting; the invocation a-1 continues" in err
