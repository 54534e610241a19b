"""What a worker does now and then beside its jobs: a round that fails is told of, and the next comes in its time."""

import logging

from durable.clock import Clock
from durable.logs import log_event
from durable.server import PeriodicTask, Server

_LOG = logging.getLogger(__name__)


async def run_periodically(task: PeriodicTask, server: Server, clock: Clock) -> None:
    """Do it at once, and again and again until cancelled."""
    while True:
        try:
            await task.run(server)
        except Exception as exc:  # noqa: BLE001 whatever it is, jobs go on
            log_event(
                _LOG, logging.ERROR, f"{task.name} failed", {"event": "periodic_task_failed", "task": task.name}, exc
            )
        # Workers that were started together do not come together.
        await clock.sleep(task.interval * (1 - 0.2 * clock.draw()))
