"""python -m keeper: the process beside the hosted server. Its settings are environment variables; see settings.py."""

import asyncio
import os
import signal
import sys
import time
from contextlib import suppress

from contract.environment import SettingsError

from . import logs
from .database import Link, Watch
from .gauges import Ambient, Gauges
from .history import History
from .indexes import Indexes
from .jobs import keep
from .server import Server
from .settings import Settings

_STATEMENT_MS = 30_000  # a delete that takes longer is made smaller
_COUNT_MS = 10_000  # a count that takes longer is not worth what it costs the server
_LOCK_MS = 2_000  # whoever holds a lock goes first, and that is the server


async def run(settings: Settings) -> None:
    """Keep until cancelled. A statement that is running then is called back, and Postgres undoes it."""
    watch = Watch()
    builder = Link(settings.database, watch, statement_ms=0, lock_ms=0)
    cleaner = Link(settings.database, watch, statement_ms=_STATEMENT_MS, lock_ms=_LOCK_MS)
    counter = Link(settings.database, watch, statement_ms=_COUNT_MS, lock_ms=_LOCK_MS)
    server = Server(ready_url=settings.ready_url, metrics_url=settings.metrics_url)
    ambient = Ambient(write=logs.write_line)
    history = History(cleaner, retention=settings.retention, interval=settings.history_interval)
    gauges = Gauges(counter, server, namespace=settings.namespace, interval=settings.gauges_interval, ambient=ambient)
    try:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(_keep_in_turn(Indexes(builder), history))
            tasks.create_task(keep(gauges))
    finally:
        for link in (builder, cleaner, counter):
            await link.close()


async def _keep_in_turn(indexes: Indexes, history: History) -> None:
    """Old history is found by index: the one is there before the other looks."""
    await keep(indexes)
    await keep(history)


async def _visibly(settings: Settings) -> None:
    """Keep, and say at once what was not foreseen; then stay until an end is one that somebody mends by a new start."""
    began = time.monotonic()
    try:
        await run(settings)
    except Exception:
        logs.LOG.exception("the keeper ends: this was not foreseen")
        await asyncio.sleep(settings.least_life - (time.monotonic() - began))
        raise


async def _until_told(settings: Settings) -> None:
    work = asyncio.ensure_future(_visibly(settings))
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, work.cancel)
    with suppress(asyncio.CancelledError):
        await work


def main() -> None:
    """Keep until told to stop; what stands in the way is one sentence and exit code 2."""
    try:
        settings = Settings.from_env(os.environ)
    except SettingsError as error:
        sys.stderr.write(f"keeper: {error}\n")
        raise SystemExit(2) from None
    logs.begin()
    try:
        asyncio.run(_until_told(settings))
    except Exception:  # noqa: BLE001 the root of the program: it has said why where its other lines are
        raise SystemExit(1) from None


if __name__ == "__main__":
    main()
