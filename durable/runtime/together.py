"""Several workers as one process: each serves a group of its own, with its own stream, gate, leases and slots.

What belongs to the process is here once: its signals, its health, its end. They begin and leave together, because a
process that serves half of what it should looks healthy and is not.
"""

import asyncio
from collections.abc import Mapping
from typing import Final

from .process import carry
from .worker import Worker


class WorkerProcess:
    """It is used as a worker is; `health_port` is the process's, and its workers must not have one."""

    def __init__(self, *workers: Worker, health_port: int | None = None) -> None:
        self.workers: Final = workers
        self._health_port: Final = health_port
        self._is_told = False

    @property
    def is_ready(self) -> bool:
        """Whether all of them take work."""
        return all(worker.is_ready for worker in self.workers)

    @property
    def is_alive(self) -> bool:
        """Whether all of them can go on."""
        return all(worker.is_alive for worker in self.workers)

    @property
    def is_steady(self) -> bool:
        """Whether all of them may stay."""
        return all(worker.is_steady for worker in self.workers)

    @property
    def gauges(self) -> Mapping[str, int]:
        """What is here, under the name of the group."""
        return {
            f"{worker.settings.group} {name}": value for worker in self.workers for name, value in worker.gauges.items()
        }

    def fail(self, why: str) -> None:
        """End soon, with an exit code that says so."""
        for worker in self.workers:
            worker.fail(why)

    def stop(self) -> None:
        """Drain; the second time, without letting steps finish."""
        self._is_told = True
        for worker in self.workers:
            worker.stop()

    async def run(self) -> int:
        """Work until stopped, and return the exit code."""
        return await carry(self, self._health_port)

    async def work(self) -> int:
        """Work until all of them have ended: what ends one of them ends the others, which hand over in peace."""
        return max(await asyncio.gather(*(self._work(worker) for worker in self.workers)))

    async def _work(self, worker: Worker) -> int:
        code = await worker.work()
        if not self._is_told:
            self.stop()
        return code
