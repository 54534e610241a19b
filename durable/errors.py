"""How a job or a step fails, as values that cross the wire.

    JobError                  code, message, step
    +-- TemporaryError        another try may help
    +-- PermanentError        another try cannot help

The SDK keeps an exception's text and loses its type, so ours are JSON in their text; `error_of` reads them back. A
workflow's body catches by code: `except Exception as exc: if error_of(exc).code == ...`.
"""

import json
from enum import StrEnum
from typing import ClassVar, Final

from resonate.error import ApplicationError

LONGEST: Final = 1_000  # characters of a message: it tells what happened, and must not carry what it happened to
_NO_REASON: Final = "unknown error:"  # how the SDK reads a promise that was rejected without an error


class Code(StrEnum):
    """What the toolkit itself finds; steps have codes of their own."""

    UNEXPECTED = "unexpected"  # an exception that nobody foresaw
    NO_REASON = "no_reason"  # the promise was cancelled, or its deadline passed
    STEP_TIMEOUT = "step_timeout"
    WORK_DEADLINE = "work_deadline"  # of all steps together
    BAD_ARGUMENTS = "bad_arguments"
    RESULT_TYPE = "result_type"
    RESULT_TOO_LARGE = "result_too_large"
    CHILD_CRASHED = "child_crashed"
    CHILD_TIMEOUT = "child_timeout"
    CHILD_MEMORY = "child_memory"
    CHILD_CPU = "child_cpu"
    CHILD_FILE_SIZE = "child_file_size"
    CHILD_ANSWER = "child_answer"  # too large, or not of the type that was promised


class JobError(Exception):
    """A code for programs, a message for people, and the step that it happened in."""

    retry: ClassVar[bool] = True

    def __init__(self, code: str, message: str, step: str | None = None) -> None:
        super().__init__(code, message[:LONGEST], step)
        self.code = str(code)
        self.message = message[:LONGEST]
        self.step = step

    def __str__(self) -> str:
        return json.dumps({"code": self.code, "message": self.message, "step": self.step, "retry": self.retry})


class TemporaryError(JobError):
    """Another try may help."""


class PermanentError(JobError):
    """Another try cannot help."""

    retry = False


def read_error(text: str) -> JobError:
    """Return the error that a text is or tells of."""
    try:
        data = json.loads(text)
        known = PermanentError if data.get("retry") is False else TemporaryError
        return known(str(data["code"]), str(data["message"]), data.get("step") and str(data["step"]))
    except (ValueError, KeyError, AttributeError, RecursionError):
        code = Code.NO_REASON if text.startswith(_NO_REASON) else Code.UNEXPECTED
        return TemporaryError(code, text)


def error_of(exc: Exception) -> JobError:
    """Return the error that an exception is or carries."""
    if isinstance(exc, JobError):
        return exc
    if isinstance(exc, ApplicationError):
        return read_error(exc.message)
    return TemporaryError(Code.UNEXPECTED, f"{type(exc).__name__}: {exc}")
