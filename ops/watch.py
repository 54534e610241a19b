"""Follows a job until it has ended, and lets whoever looks see each change. It changes nothing: the job runs anyway."""

from collections.abc import Iterator
from typing import Final

from contract.answers import NotFound, Processing, Waiting

from .api import Answer, Api
from .clock import SYSTEM_CLOCK, Clock
from .errors import UserError
from .exit_codes import ExitCode

UNFINISHED: Final = (Processing, Waiting)  # all else is an end; who waits for somebody goes on when that one decides
_FIRST: Final = 0.2  # seconds between two questions
_MOST: Final = 2.0
_SLOWER: Final = 1.2  # times as long after each: a job of hours is not asked for five times a second
_AWAY: Final = 120.0  # seconds that the API may be away while we look, as when it is started anew


def watch_job(api: Api, job_id: str, clock: Clock = SYSTEM_CLOCK) -> Iterator[Answer]:
    """Give each answer that differs from the one before; the last is the end, or that there is no such job."""
    last: Answer | None = None
    pause, heard = _FIRST, clock.monotonic()
    while last is None or isinstance(last, UNFINISHED):
        try:
            answer = api.status(job_id)
            heard = clock.monotonic()
        except UserError as fault:
            if (
                fault.code not in (ExitCode.UNAVAILABLE, ExitCode.BUSY)
                or last is None
                or clock.monotonic() - heard > _AWAY
            ):
                raise
            clock.sleep(_MOST)
            continue
        if answer != last:
            last, pause = answer, _FIRST
            yield answer
        if isinstance(answer, UNFINISHED):
            clock.sleep(pause)
            pause = min(pause * _SLOWER, _MOST)


def exit_code_of(answer: Answer) -> ExitCode:
    """What a script is told."""
    return EXIT_CODES["not_found" if isinstance(answer, NotFound) else answer.status]


EXIT_CODES: Final = {
    "done": ExitCode.OK,
    "failed": ExitCode.FAILED,
    "processing": ExitCode.RUNNING,
    "waiting": ExitCode.RUNNING,
    "not_found": ExitCode.UNKNOWN,
    "canceled": ExitCode.CANCELED,
}
