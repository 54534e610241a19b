"""The error of a failed job, from the worker to the answer of the API."""

import json
from base64 import b64encode

import pytest

from contract.answers import Failed, JobFailure
from contract.codes import UNEXPECTED_CODE, Code
from contract.names import Step
from durable import ErrorCode, PermanentError, error_of
from durable.wire.records import Promise, Value
from lambdas.trigger.status import status_of


def step_in_answer(step: object) -> str | None:
    """Return the step that the API shows of a job that failed in this step."""
    error = json.dumps({"code": "document_damaged", "message": "it is truncated", "step": step})
    data = b64encode(json.dumps({"__type": "error", "message": error}).encode()).decode()
    value = Value(data=data)
    promise = Promise(id="doc/a", state="rejected", param=Value(), value=value, tags={}, timeout_at=1, created_at=0)
    answer = status_of(promise, "a")
    assert isinstance(answer, Failed)
    assert (answer.error.code, answer.error.message) == ("document_damaged", "it is truncated")
    return answer.error.step


@pytest.mark.parametrize("step", Step)
def test_the_step_that_a_job_failed_in_is_named(step: Step) -> None:
    assert step_in_answer(step) == step


@pytest.mark.parametrize("step", ["read_pages", "parts of read_batch", "", None, 1, ["extract"], {"a": 1}])
def test_an_unknown_step_is_not_shown(step: object) -> None:
    """The error itself is shown."""
    assert step_in_answer(step) is None


def test_an_unexpected_error_has_one_code_on_both_sides_and_its_text_stays_in_the_log() -> None:
    """The toolkit and the contract both define the code: neither may import the other."""
    failure = JobFailure.parse(str(error_of(OSError("/secret/path"))))
    assert {failure.code, str(ErrorCode.UNEXPECTED)} == {UNEXPECTED_CODE}
    assert "secret" not in failure.message


def test_an_error_of_the_toolkit_keeps_code_message_and_step() -> None:
    raised = PermanentError(Code.ENCRYPTED, "it needs a password", Step.EXTRACT)
    assert JobFailure.parse(str(raised)) == JobFailure(
        code=Code.ENCRYPTED, message="it needs a password", step=Step.EXTRACT
    )
