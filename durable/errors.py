"""How a job or a step fails, as values that cross the wire.

    JobError                  code, message, step
    +-- TemporaryError        another try may help; perhaps after a time, perhaps only so often
    +-- PermanentError        another try cannot help

The SDK keeps an exception's text and loses its type, so ours are JSON in their text; `error_of` reads them back. A
workflow's body catches by code: `except Exception as exc: if error_of(exc).code == ...`.
"""

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from typing import ClassVar, Final

from resonate.error import ApplicationError

MAX_WAIT_SECONDS: Final = 366 * 86_400.0  # seconds; whoever asks for a longer wait does not mean it
MAX_MESSAGE_CHARACTERS: Final = (
    1_000  # characters of a message: it tells what happened, and must not carry what it happened to
)
_NO_REASON: Final = "unknown error:"  # how the SDK reads a promise that was rejected without an error


class ErrorCode(StrEnum):
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
    after: float | None = None  # seconds, at least, until another try may help; None: nobody is to wait for it
    tries: int | None = None  # in a row that may end so; None: as many as there is time for

    def __init__(self, code: str, message: str, step: str | None = None) -> None:
        super().__init__(code, message[:MAX_MESSAGE_CHARACTERS], step)
        self.code = str(code)
        self.message = message[:MAX_MESSAGE_CHARACTERS]
        self.step = step

    def __str__(self) -> str:
        said = {"code": self.code, "message": self.message, "step": self.step, "retry": self.retry}
        waits = {"after": self.after, "tries": self.tries}
        return json.dumps(said | {name: value for name, value in waits.items() if value is not None})


class TemporaryError(JobError):
    """Another try may help; with `after`, a durable wait of at least so many seconds is worth it, too."""

    def __init__(
        self,
        code: str,
        message: str,
        step: str | None = None,
        *,
        after: float | None = None,
        tries: int | None = None,
    ) -> None:
        super().__init__(code, message, step)
        self.after = None if after is None else min(after, MAX_WAIT_SECONDS)
        self.tries = tries


class PermanentError(JobError):
    """Another try cannot help."""

    retry = False


def parse_error(text: str) -> JobError:
    """Return the error that a text is or tells of."""
    try:
        data = json.loads(text)
        is_final = data.get("retry") is False
        said = str(data["code"]), str(data["message"]), data.get("step") and str(data["step"])
        if is_final:
            return PermanentError(*said)
        return TemporaryError(*said, after=_seconds(data.get("after")), tries=_count(data.get("tries")))
    except (ValueError, KeyError, AttributeError, RecursionError):
        code = ErrorCode.NO_REASON if text.startswith(_NO_REASON) else ErrorCode.UNEXPECTED
        return TemporaryError(code, text)


def _seconds(given: object) -> float | None:
    if not isinstance(given, int | float) or isinstance(given, bool) or not given >= 0:  # NaN is not either
        return None
    return float(min(given, MAX_WAIT_SECONDS))


def _count(given: object) -> int | None:
    return given if isinstance(given, int) and not isinstance(given, bool) and given > 0 else None


def error_of(exc: Exception) -> JobError:
    """Return the error that an exception is or carries."""
    if isinstance(exc, JobError):
        return exc
    if isinstance(exc, ApplicationError):
        return parse_error(exc.message)
    return TemporaryError(ErrorCode.UNEXPECTED, f"{type(exc).__name__}: {exc}")


def with_step(error: JobError, step: str) -> JobError:
    """Return the same error, as one of this step."""
    if not error.retry:
        return PermanentError(error.code, error.message, step)
    return TemporaryError(error.code, error.message, step, after=error.after, tries=error.tries)


@contextmanager
def attribute_errors_to(step: str) -> Iterator[None]:
    """Have every failure inside name this step, of which what runs there is a part: nobody else knows the parts."""
    try:
        yield
    except (JobError, ApplicationError) as exc:
        raise with_step(error_of(exc), step) from exc


def most_severe[E: BaseException](errors: Iterable[E]) -> E:
    """Return one of several errors: the first that no other try would change, if there is such a one."""
    return max(errors, key=lambda error: isinstance(error, JobError) and not error.retry)
