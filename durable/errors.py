"""Errors of jobs and steps, which cross the wire.

    JobError                  code, message, step
    +-- TemporaryError        a retry may help, perhaps after some time, perhaps a few times only
    +-- PermanentError        a retry cannot help

The SDK keeps an exception's text and loses its type, so the text of these is JSON; `error_of` parses it. A workflow's
body catches by code: `except Exception as exc: if error_of(exc).code == ...`. This never catches a suspension: the
SDK's `Suspended` is a BaseException.
"""

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from typing import ClassVar, Final

from resonate.error import ApplicationError

MAX_WAIT_SECONDS: Final = 366 * 86_400.0  # a provider that asks for more is wrong
MAX_MESSAGE_CHARACTERS: Final = 1_000  # a message describes a failure, and must not carry a document
_NO_REASON_PREFIX: Final = "unknown error:"  # the SDK's text for a promise that was rejected without an error


class ErrorCode(StrEnum):
    """Codes of the toolkit itself; steps have their own."""

    UNEXPECTED = "unexpected"  # any exception except JobError
    NO_REASON = "no_reason"  # the promise was canceled, or its deadline passed
    CALL_UNANSWERED = "call_unanswered"  # the same, for a call of another workflow
    INVALID_ANSWER = "invalid_answer"  # to a question, after it was asked again several times
    NO_HEARTBEAT = "no_heartbeat"  # the client that works on an answer sent none in time
    CALLED_OFF = "called_off"  # the toolkit ended the call: another one was first, or enough had succeeded
    INTERRUPTED = "interrupted"  # an at-most-once step, which may have been done
    NOT_UNDONE = "not_undone"  # a step that undoes has failed
    CONDITION_NOT_MET = "condition_not_met"
    STEP_TIMEOUT = "step_timeout"  # an attempt, or no run of a function has the time for one
    FUNCTION_FAILED = "function_failed"  # again and again, with the same task
    WORK_DEADLINE = "work_deadline"  # the deadline of all steps has passed
    BAD_ARGUMENTS = "bad_arguments"
    RESULT_TYPE = "result_type"
    RESULT_TOO_LARGE = "result_too_large"
    TOO_MANY_ITEMS = "too_many_items"  # one map has too many
    CHILD_CRASHED = "child_crashed"
    CHILD_TIMEOUT = "child_timeout"
    CHILD_MEMORY = "child_memory"
    CHILD_CPU = "child_cpu"
    CHILD_FILE_SIZE = "child_file_size"
    CHILD_ANSWER = "child_answer"  # too large, or not of the annotated type


class JobError(Exception):
    """A code for programs, a message for people, and the step that failed."""

    retry: ClassVar[bool] = True
    after: float | None = None  # seconds until a retry may help, at least; None: no durable retry
    durable_attempts: int | None = None  # maximum in a row with this code; None: only the work deadline limits them

    def __init__(self, code: str, message: str, step: str | None = None) -> None:
        super().__init__(code, message[:MAX_MESSAGE_CHARACTERS], step)
        self.code = str(code)
        self.message = message[:MAX_MESSAGE_CHARACTERS]
        self.step = step

    def __str__(self) -> str:
        fields = {"code": self.code, "message": self.message, "step": self.step, "retry": self.retry}
        optional = {"after": self.after, "durableAttempts": self.durable_attempts}
        return json.dumps(fields | {name: value for name, value in optional.items() if value is not None})


class TemporaryError(JobError):
    """A retry may help; with `after`, also a durable one after at least that many seconds."""

    def __init__(
        self,
        code: str,
        message: str,
        step: str | None = None,
        *,
        after: float | None = None,
        durable_attempts: int | None = None,
    ) -> None:
        super().__init__(code, message, step)
        self.after = None if after is None else min(after, MAX_WAIT_SECONDS)
        self.durable_attempts = durable_attempts


class PermanentError(JobError):
    """A retry cannot help."""

    retry = False


def parse_error(text: str) -> JobError:
    """Return the error in a text; any other text becomes the message of a temporary error."""
    try:
        data = json.loads(text)
        fields = str(data["code"]), str(data["message"]), data.get("step") and str(data["step"])
        if data.get("retry") is False:
            return PermanentError(*fields)
        return TemporaryError(
            *fields, after=_parse_seconds(data.get("after")), durable_attempts=_parse_count(data.get("durableAttempts"))
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        code = ErrorCode.NO_REASON if text.startswith(_NO_REASON_PREFIX) else ErrorCode.UNEXPECTED
        return TemporaryError(code, text)


def _parse_seconds(given: object) -> float | None:
    if not isinstance(given, int | float) or isinstance(given, bool) or not given >= 0:  # or NaN
        return None
    return float(min(given, MAX_WAIT_SECONDS))


def _parse_count(given: object) -> int | None:
    return given if isinstance(given, int) and not isinstance(given, bool) and given > 0 else None


def error_of(exc: Exception) -> JobError:
    """Return the error that an exception is or carries."""
    if isinstance(exc, JobError):
        return exc
    if isinstance(exc, ApplicationError):
        return parse_error(exc.message)
    return TemporaryError(ErrorCode.UNEXPECTED, f"{type(exc).__name__}: {exc}")


def with_step(error: JobError, step: str) -> JobError:
    """Return the error as one of this step."""
    if not error.retry:
        return PermanentError(error.code, error.message, step)
    return TemporaryError(error.code, error.message, step, after=error.after, durable_attempts=error.durable_attempts)


@contextmanager
def attribute_errors_to(step: str) -> Iterator[None]:
    """Attribute every failure inside the block to this step: clients do not know its parts."""
    try:
        yield
    except (JobError, ApplicationError) as exc:
        raise with_step(error_of(exc), step) from exc


def most_severe[E: BaseException](errors: Iterable[E]) -> E:
    """Return the first error that a retry cannot help, or else the first."""
    return max(errors, key=lambda error: isinstance(error, JobError) and not error.retry)
