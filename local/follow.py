"""Follow several jobs at once, with the client of the `longhand` command."""

import time
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from contract.answers import StatusAnswer
from longhand_client import Client
from longhand_client.jobs import UNFINISHED_ANSWERS

_POLL_SECONDS: Final = 0.2
_TIMEOUT_SECONDS: Final = 180.0  # for all jobs together; a slow machine needs twenty for a scanned page


class FollowError(RuntimeError):
    """A part of the system ended, or the jobs did not end in time."""


def follow_jobs(
    api: Client,
    job_ids: Sequence[str],
    describe_failure: Callable[[], str | None],
    *,
    timeout: float = _TIMEOUT_SECONDS,
    sleep: Callable[[float], None] = time.sleep,
) -> Iterator[tuple[str, StatusAnswer]]:
    """Yield a job's id and answer whenever the answer changes, until all jobs have ended.

    `describe_failure` returns why the system cannot finish the jobs, if so. Raises FollowError and ClientError.
    """
    last: dict[str, StatusAnswer] = {}
    running = list(job_ids)
    end = time.monotonic() + timeout
    while running:
        if failure := describe_failure():
            raise FollowError(failure)
        if time.monotonic() > end:
            raise FollowError(f"these jobs did not end within {timeout:.0f} seconds: {', '.join(running)}")
        for job_id in list(running):
            answer = api.status(job_id)
            if answer != last.get(job_id):
                last[job_id] = answer
                yield job_id, answer
            if not isinstance(answer, UNFINISHED_ANSWERS):
                running.remove(job_id)
        if running:
            sleep(_POLL_SECONDS)
