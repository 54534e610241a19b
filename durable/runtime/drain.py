"""How a worker leaves: it takes nothing more, finishes what it can, and gives the rest to others at once."""

import asyncio
from contextlib import suppress
from typing import Final

from resonate.error import ResonateError

from durable.run import Ending, Runs

from .gate import Gate
from .parking import RELEASE, give_back
from .sender import RunSender
from .settings import Settings

_PASSED_ON: Final = 200  # waiting tasks; the server announces more of them again anyway
_TICK: Final = 0.02
_HELD: Final = 5_000  # ms; a lease that is given back at once


async def pass_on(gate: Gate, sender: RunSender, settings: Settings) -> None:
    """Announce what waits here to the others: the server repeats itself late, but announces a released task at once."""
    waiting = list(gate.waiting.items())[:_PASSED_ON]
    gate.waiting.clear()
    await asyncio.gather(*(_pass_on(sender, settings.pid, task_id, version) for task_id, version in waiting))


async def _pass_on(sender: RunSender, pid: str, task_id: str, version: int) -> None:
    with suppress(ResonateError, TimeoutError):
        async with asyncio.timeout(RELEASE):
            acquired = await sender.task_acquire(task_id, version, pid, _HELD)
        await give_back(sender, task_id, acquired.task.version)


async def let_finish(runs: Runs, settings: Settings, hurry: asyncio.Event) -> None:
    """Let steps in flight end and be written down, start no others, and end every run when the time is over."""
    for run in runs.values():
        run.is_draining = True
    end = asyncio.get_running_loop().time() + settings.grace
    while runs and not hurry.is_set() and asyncio.get_running_loop().time() < end:
        for run in runs.values():
            if not run.parts and not run.calls:
                run.end(Ending.DRAINED)
        with suppress(TimeoutError):
            await asyncio.wait_for(hurry.wait(), _TICK)
    for run in runs.values():
        run.end(Ending.DRAINED)
