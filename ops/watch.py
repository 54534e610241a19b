"""Polls the state of a job or an invocation until it ends, and yields each change. Watching does not affect it."""

from collections.abc import Callable, Iterator
from typing import Final

from contract.answers import NotFound, Processing, Waiting
from contract.functions import InvocationProcessing

from .api import Answer, Api, InvocationState
from .clock import SYSTEM_CLOCK, Clock
from .errors import UserError
from .exit_codes import ExitCode

UNFINISHED_ANSWERS: Final = (Processing, Waiting)  # a job that waits for approval may still continue
_MIN_POLL_SECONDS: Final = 0.2
_MAX_POLL_SECONDS: Final = 2.0
_BACKOFF: Final = 1.2  # a job of hours must not be polled five times a second
_MAX_OUTAGE_SECONDS: Final = 120.0  # an API that restarts is back within this


def watch_job(api: Api, job_id: str, clock: Clock = SYSTEM_CLOCK) -> Iterator[Answer]:
    """Yield each answer that differs from the previous one; the last is the end of the job, or `NotFound`."""
    return _watch(lambda: api.status(job_id), UNFINISHED_ANSWERS, clock)


def watch_invocation(api: Api, name: str, clock: Clock = SYSTEM_CLOCK) -> Iterator[InvocationState]:
    """Yield each answer that differs from the previous one; the last is the end of the invocation."""
    return _watch(lambda: api.read_invocation(name), (InvocationProcessing,), clock)


def _watch[T](read: Callable[[], T], unfinished: tuple[type, ...], clock: Clock) -> Iterator[T]:
    last: T | None = None
    pause, answered_at = _MIN_POLL_SECONDS, clock.monotonic()
    while last is None or isinstance(last, unfinished):
        try:
            answer = read()
            answered_at = clock.monotonic()
        except UserError as error:
            is_outage = error.code in (ExitCode.UNAVAILABLE, ExitCode.BUSY)
            if not is_outage or last is None or clock.monotonic() - answered_at > _MAX_OUTAGE_SECONDS:
                raise
            clock.sleep(_MAX_POLL_SECONDS)
            continue
        if answer != last:
            last, pause = answer, _MIN_POLL_SECONDS
            yield answer
        if isinstance(answer, unfinished):
            clock.sleep(pause)
            pause = min(pause * _BACKOFF, _MAX_POLL_SECONDS)


def exit_code_of(answer: Answer) -> ExitCode:
    """Return the exit code for a job's state."""
    return EXIT_CODES["not_found" if isinstance(answer, NotFound) else answer.status]


EXIT_CODES: Final = {
    "done": ExitCode.OK,
    "failed": ExitCode.FAILED,
    "processing": ExitCode.RUNNING,
    "waiting": ExitCode.RUNNING,
    "not_found": ExitCode.UNKNOWN,
    "canceled": ExitCode.CANCELED,
}
