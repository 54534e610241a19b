"""What a worker does now and then beside its jobs: a round that fails is told of, and the next comes in its time."""

import logging

from durable.clock import Clock
from durable.logs import log_event
from durable.server import PeriodicTask, Server

_LOG = logging.getLogger(__name__)


async def keep_up(upkeep: PeriodicTask, server: Server, clock: Clock) -> None:
    """Do it at once, and again and again until cancelled."""
    while True:
        try:
            await upkeep.work(server)
        except Exception as exc:  # noqa: BLE001 whatever it is, jobs go on
            log_event(
                _LOG, logging.ERROR, f"{upkeep.name} failed", {"event": "upkeep_failed", "upkeep": upkeep.name}, exc
            )
        # Workers that were started together do not come together.
        await clock.sleep(upkeep.every * (1 - 0.2 * clock.draw()))
