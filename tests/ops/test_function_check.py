"""The doctor has a function run, and tells a broken one from a deployment that has none."""

import json
from collections.abc import Mapping
from itertools import count

import pytest

from durable.wire.clock import Clock
from ops.api import Api
from ops.doctor.check import Outcome, Verdict
from ops.doctor.context import ApiContext
from ops.doctor.function_check import check_functions
from ops.errors import UserError
from tests.ops.fake_server import Reply, Request, serve

ACCEPTED_ANSWER = {"status": "accepted", "id": "a", "statusUrl": "/invocations/a", "state": "processing"}


def check(status: int, accepted: Mapping[str, object], state: Mapping[str, object]) -> Outcome:
    """Run the check against an API that answers so; each look at the clock takes ten seconds."""

    def answer(request: Request) -> Reply:
        is_read = request.method == "GET"
        return Reply(200 if is_read else status, json.dumps(state if is_read else accepted).encode())

    seconds = count(step=10)
    clock = Clock(monotonic=lambda: float(next(seconds)), sleep=lambda _: None)
    with serve(answer) as fake:
        return check_functions(ApiContext(api=Api(fake.url, sleep=lambda _: None), clock=clock))


def test_a_function_that_returns_its_result_passes() -> None:
    outcome = check(202, ACCEPTED_ANSWER, {"status": "done", "id": "a", "result": 6})
    assert (outcome.verdict, "factorial(3)" in outcome.sentence) == (Verdict.OK, True)


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ({"status": "done", "id": "a", "result": 7}, "otherwise than with its result (done)"),
        ({"status": "failed", "id": "a", "error": {"code": "step_timeout", "message": "m"}}, "(step_timeout: m)"),
        ({"status": "processing", "id": "a"}, "has not finished after 30 s"),
    ],
)
def test_a_broken_function_fails_with_the_logs_as_remedy(state: dict[str, object], words: str) -> None:
    outcome = check(202, ACCEPTED_ANSWER, state)
    assert outcome.verdict is Verdict.FAILED
    assert words in outcome.sentence
    assert "logs functions" in outcome.remedy


def test_a_deployment_without_functions_is_no_failure() -> None:
    outcome = check(400, {"error": "there is no function", "code": "unknown_function"}, {})
    assert (outcome.verdict, "functions=off" in outcome.sentence) == (Verdict.SKIPPED, True)


def test_an_api_that_refuses_invocations_is_explained() -> None:
    with pytest.raises(UserError, match="access denied"):
        check(403, {"message": "Forbidden"}, {})
