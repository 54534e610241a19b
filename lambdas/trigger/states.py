"""What a durable promise says about its job. Values are read as JSON and never as anything that could run."""

import base64
import json
from typing import Any

from contract.answers import Canceled, Done, Failed, JobFailure, JobState, Processing, StatusAnswer
from contract.codes import UNEXPECTED, Code, told_of
from contract.names import Step
from wire.records import Promise, Value

STATES = {
    "pending": JobState.PROCESSING,
    "resolved": JobState.DONE,
    "rejected": JobState.FAILED,
    "rejected_timedout": JobState.FAILED,
    "rejected_canceled": JobState.CANCELED,
}


def state_of(promise: Promise) -> JobState:
    """Where the job is."""
    return STATES[promise.state]


def status_of(promise: Promise, job_id: str) -> StatusAnswer:
    """What is answered to who asks for the job."""
    match promise.state:
        case "pending":
            return Processing(job_id=job_id)
        case "resolved":
            result = _decoded(promise.value)
            return Done(job_id=job_id, result=result if isinstance(result, dict) else {"value": result})
        case "rejected":
            return Failed(job_id=job_id, error=_failure(_decoded(promise.value)))
        case "rejected_timedout":
            sentence = "the job was not done by its deadline"
            return Failed(job_id=job_id, error=JobFailure(code=Code.DEADLINE, message=sentence))
        case "rejected_canceled":
            return Canceled(job_id=job_id)


def _decoded(value: Value) -> Any:  # noqa: ANN401 - any JSON
    try:
        return json.loads(base64.b64decode(value.data or "bnVsbA==", validate=True))
    except (ValueError, RecursionError):
        return None


def _failure(value: object) -> JobFailure:
    """Our errors cross as JSON in the message of the SDK's; whatever else was written is still a failure."""
    text = value.get("message") if isinstance(value, dict) else None
    try:
        carried = json.loads(text) if isinstance(text, str) else {}
        failure = JobFailure(code=carried["code"], message=carried["message"], step=_step(carried.get("step")))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        failure = JobFailure(code=UNEXPECTED, message="")
    return failure.model_copy(update={"message": told_of(failure.code, failure.message)})


def _step(name: object) -> str | None:
    """Return the name if it is one of the five: an estimate has others, and what we did not write may have any."""
    return str(name) if name in list(Step) else None
