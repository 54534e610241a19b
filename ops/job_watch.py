"""Watches a job until it ends, and yields each change. Watching does not affect it."""

from collections.abc import Iterator
from typing import Final

from contract.answers import NotFound
from longhand_client import NotFoundError, Pace

from .api import Answer, Api
from .exit_codes import ExitCode

PACE: Final = Pace(max_seconds=2.0)  # a person is watching


def watch_job(api: Api, job_id: str, pace: Pace = PACE) -> Iterator[Answer]:
    """Yield each answer that differs from the previous one; the last is the end of the job, or `NotFound`."""
    try:
        yield from api.watch(job_id, pace)
    except NotFoundError:
        yield NotFound(job_id=job_id)


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
