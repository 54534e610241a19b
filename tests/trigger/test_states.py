"""What a promise says of its job, as it is passed on."""

import json
from base64 import b64encode

import pytest

from contract.answers import Failed, JobFailure
from contract.codes import UNEXPECTED_CODE, Code
from contract.names import Step
from durable import ErrorCode, PermanentError, error_of
from lambdas.trigger.status import status_of
from wire.records import Promise, Value


def failed_in(step: object) -> str | None:
    """Return the step that is told of a job which failed in one of this name."""
    error = json.dumps({"code": "document_damaged", "message": "it is cut off", "step": step})
    data = b64encode(json.dumps({"__type": "error", "message": error}).encode()).decode()
    value = Value(data=data)
    promise = Promise(id="doc/a", state="rejected", param=Value(), value=value, tags={}, timeout_at=1, created_at=0)
    told = status_of(promise, "a")
    assert isinstance(told, Failed)
    assert (told.error.code, told.error.message) == ("document_damaged", "it is cut off")
    return told.error.step


@pytest.mark.parametrize("step", Step)
def test_the_step_that_a_job_failed_in_is_named(step: Step) -> None:
    assert failed_in(step) == step


@pytest.mark.parametrize("step", ["read_pages", "parts of read_batch", "", None, 1, ["extract"], {"a": 1}])
def test_a_name_that_is_none_of_the_five_is_not_passed_on(step: object) -> None:
    """What failed is told all the same."""
    assert failed_in(step) is None


def test_an_unexpected_error_is_one_on_both_sides_and_its_text_stays_in_the_log() -> None:
    """The toolkit and the contract each name the code: neither may import the other."""
    failure = JobFailure.parse(str(error_of(OSError("/secret/path"))))
    assert {failure.code, str(ErrorCode.UNEXPECTED)} == {UNEXPECTED_CODE}
    assert "secret" not in failure.message


def test_an_error_of_the_toolkit_is_parsed_as_it_was_raised() -> None:
    raised = PermanentError(Code.ENCRYPTED, "it needs a password", Step.EXTRACT)
    assert JobFailure.parse(str(raised)) == JobFailure(
        code=Code.ENCRYPTED, message="it needs a password", step=Step.EXTRACT
    )
