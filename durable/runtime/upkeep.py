"""What a worker does now and then beside its jobs: a round that fails is told of, and the next comes in its time."""

import logging

from durable.ambient import Ambient
from durable.logs import say
from durable.server import Server, Upkeep

_LOG = logging.getLogger(__name__)


async def keep_up(upkeep: Upkeep, server: Server, ambient: Ambient) -> None:
    """Do it at once, and again and again until cancelled."""
    while True:
        try:
            await upkeep.work(server)
        except Exception as exc:  # noqa: BLE001 whatever it is, jobs go on
            say(_LOG, logging.ERROR, f"{upkeep.name} failed", {"event": "upkeep_failed", "upkeep": upkeep.name}, exc)
        # Workers that were started together do not come together.
        await ambient.sleep(upkeep.every * (1 - 0.2 * ambient.draw()))
