"""Parked tasks: this worker does not know their workflow or version, or cannot read them.

During a rollout another worker knows them, so they must not fail. If the worker released them at once, the server would
deliver them many times a second. So the worker holds each under its lease, longer each time, and then releases it for
any worker. A parked task does not count as running. Only its deadline ends it.
"""

import asyncio
from contextlib import suppress
from typing import Final

from resonate.error import ResonateError

from durable.clock import Clock
from durable.history import ParkingNote
from durable.retry import Retry
from durable.run import EndReason, Run

from .background import Background
from .failure_counts import FailureCounts
from .report import describe_parking
from .sender import RunSender
from .settings import Settings

RELEASE_SECONDS: Final = 2.0  # for one release; after that the lease runs out
_MAX_HELD_TASKS: Final = 1_000  # the leases of further tasks lapse
_RELEASES_PER_SECOND: Final = 10  # two requests each
_FIRST_PAUSE_SECONDS: Final = 0.4


class Parking:
    """Holds tasks for a while, none of them longer than its lease."""

    def __init__(self, sender: RunSender, background: Background, settings: Settings, clock: Clock) -> None:
        self._sender: Final = sender
        self._background: Final = background
        self._lease: Final = settings.lease
        self._max_pause: Final = settings.max_parking_pause
        self._pid: Final = settings.pid
        self._clock: Final = clock
        self._held: Final[dict[str, int]] = {}
        self._failures: Final = FailureCounts()
        self._closed: Final = asyncio.Event()

    def __len__(self) -> int:
        return len(self._held)

    def holds(self, task_id: str, version: int) -> bool:
        """Whether a message announces a task that is held here."""
        return self._held.get(task_id, -1) >= version

    def forget(self, task_id: str) -> None:
        """Reset the pauses of a task that has run here after all."""
        self._failures.forget(task_id)

    def hold(self, task_id: str, version: int, error: BaseException | None = None) -> None:
        """Hold the task, and release it later. The first time, leave a note with the error beside its job's calls."""
        failures = self._failures.add(task_id)
        if failures == 1 and error:
            note = make_note(task_id, error, self._pid)
            self._background.start(leave_note(self._sender, note, self._clock.now(), self._lease))
        if len(self._held) < _MAX_HELD_TASKS:
            self._held[task_id] = version
            self._background.start(self._release_later(task_id, version, failures))

    def close(self) -> None:
        """Release everything now."""
        self._closed.set()

    async def _release_later(self, task_id: str, version: int, failures: int) -> None:
        cap = min(self._lease / 2, max(self._max_pause, len(self._held) / _RELEASES_PER_SECOND))
        pause = Retry(first=_FIRST_PAUSE_SECONDS, cap=cap).pause(failures, self._clock.draw())
        with suppress(TimeoutError):
            await asyncio.wait_for(self._closed.wait(), pause)
        if self._held.get(task_id) == version:  # otherwise a newer delivery is held, and has its own release
            del self._held[task_id]
        await release(self._sender, task_id, version)


def find_version_to_park(run: Run) -> int | None:
    """Return the version of a task that must be parked: its run ended by itself, and the SDK asked to release it."""
    return run.released_version if run.end_reason in (None, EndReason.BODY_LEFT) else None


def make_note(task_id: str, error: BaseException, worker: str) -> ParkingNote:
    """Return the note that says why a worker cannot run a task."""
    code, message = describe_parking(error)
    return ParkingNote(task=task_id, code=code, message=message, worker=worker)


async def leave_note(sender: RunSender, note: ParkingNote, now: float, seconds: float) -> None:
    """Leave a note beside the calls of a task's job, or give up after this many seconds."""
    with suppress(ResonateError, TimeoutError):
        async with asyncio.timeout(seconds):
            await sender.create_settled(note.promise_id, note.tags, now + seconds)


async def release(sender: RunSender, task_id: str, version: int) -> bool:
    """Release a task, so that another worker gets it at once; if this fails, it must wait until the lease ends."""
    with suppress(ResonateError, TimeoutError):
        async with asyncio.timeout(RELEASE_SECONDS):
            await sender.release(task_id, version)
            return True
    return False
