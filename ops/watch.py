"""Follows a job until it has ended, and lets whoever looks see each change. It changes nothing: the job runs anyway."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from contract.answers import NotFound, Processing, Waiting

from .api import Answer, Api
from .exits import Exit
from .faults import Fault

GOING_ON: Final = (Processing, Waiting)  # all else is an end; who waits for somebody goes on when that one decides
_FIRST: Final = 0.2  # seconds between two questions
_MOST: Final = 2.0
_SLOWER: Final = 1.2  # times as long after each: a job of hours is not asked for five times a second
_AWAY: Final = 120.0  # seconds that the API may be away while we look, as when it is started anew


@dataclass(frozen=True, kw_only=True)
class Ambient:
    """A test gives its own."""

    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep


_AMBIENT: Final = Ambient()


def changes(api: Api, job_id: str, ambient: Ambient = _AMBIENT) -> Iterator[Answer]:
    """Give each answer that differs from the one before; the last is the end, or that there is no such job."""
    last: Answer | None = None
    pause, heard = _FIRST, ambient.clock()
    while last is None or isinstance(last, GOING_ON):
        try:
            answer = api.status(job_id)
            heard = ambient.clock()
        except Fault as fault:
            if fault.code not in (Exit.UNAVAILABLE, Exit.BUSY) or last is None or ambient.clock() - heard > _AWAY:
                raise
            ambient.sleep(_MOST)
            continue
        if answer != last:
            last, pause = answer, _FIRST
            yield answer
        if isinstance(answer, GOING_ON):
            ambient.sleep(pause)
            pause = min(pause * _SLOWER, _MOST)


def exit_of(answer: Answer) -> Exit:
    """What a script is told."""
    return EXITS["not_found" if isinstance(answer, NotFound) else answer.status]


EXITS: Final = {
    "done": Exit.OK,
    "failed": Exit.FAILED,
    "processing": Exit.RUNNING,
    "waiting": Exit.RUNNING,
    "not_found": Exit.UNKNOWN,
    "canceled": Exit.CANCELED,
}
