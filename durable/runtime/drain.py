"""Draining: a worker takes no new task, lets running steps finish, and releases the rest for other workers."""

import asyncio
from contextlib import suppress
from typing import Final

from resonate.error import ResonateError

from durable.run import EndReason, Runs

from .gate import Gate
from .parking import RELEASE_SECONDS, release
from .sender import RunSender
from .settings import Settings

_MAX_RELEASED_TASKS: Final = 200  # queued ones; the server announces the others again anyway
_POLL_SECONDS: Final = 0.02
_LEASE_MILLISECONDS: Final = 5_000  # for a task that is released at once


async def release_queued(gate: Gate, sender: RunSender, settings: Settings) -> None:
    """Acquire and release queued tasks: the server announces a released task at once, and repeats a message late."""
    waiting = gate.waiting.clear()[:_MAX_RELEASED_TASKS]
    await asyncio.gather(
        *(_acquire_and_release(sender, settings.pid, task_id, version) for task_id, version in waiting)
    )


async def _acquire_and_release(sender: RunSender, pid: str, task_id: str, version: int) -> None:
    with suppress(ResonateError, TimeoutError):
        async with asyncio.timeout(RELEASE_SECONDS):
            acquired = await sender.task_acquire(task_id, version, pid, _LEASE_MILLISECONDS)
        await release(sender, task_id, acquired.task.version)


async def finish_runs(runs: Runs, settings: Settings, hurry: asyncio.Event) -> None:
    """Start no steps, let running ones write their results, and end every run when the grace is over."""
    for run in runs.values():
        run.is_draining = True
    end = asyncio.get_running_loop().time() + settings.grace
    while runs and not hurry.is_set() and asyncio.get_running_loop().time() < end:
        for run in runs.values():
            if not run.steps and not run.requests:
                run.end(EndReason.DRAINED)
        with suppress(TimeoutError):
            await asyncio.wait_for(hurry.wait(), _POLL_SECONDS)
    for run in runs.values():
        run.end(EndReason.DRAINED)
