"""python -m keeper: the process beside the hosted server. Its settings are environment variables; see settings.py.

`python -m keeper prove` judges the server beside it, and ends with 0 or 1.
"""

import asyncio
import os
import signal
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import Final

from contract.environment import SettingsError

from .database import Database, OutageLog
from .emf import EmfWriter
from .gauges import GaugePublisher
from .history import HistoryCleaner
from .indexes import IndexBuilder
from .logs import LOG, configure_logging, write_line
from .outbox import OutboxStatistics
from .periodic_tasks import run_periodically
from .proof import ProofDatabaseBuilder, prove_server
from .resends import ResendPacer
from .server_probe import ServerProbe
from .settings import Settings
from .wake_ups import WakeUpRepair

_PROVE: Final = "prove"
_DELETE_MS = 30_000  # a longer delete is halved
_COUNT_MS = 10_000  # a longer count is not worth its load on the server
_WAKE_MS = 2_000  # normally milliseconds: the waiting tasks' promises are looked up one by one
_LOCK_MS = 2_000  # the server's own transactions have priority
_WAKE_UP_SECONDS = 5.0  # the longest delay of a sleep whose wake-up was lost
_OUTBOX_SECONDS = 1.0  # as often as the server announces tasks again
_RESENDS_MS = 10_000  # tens of thousands of rows are postponed at once, after a restart of the server
_RESENDS_SECONDS = 5.0
_RESENDS_A_SECOND = 200  # more than all workers can take, and a tenth of what database and server can do


async def run_keeper(settings: Settings) -> None:
    """Run all periodic tasks until canceled. Postgres then cancels and rolls back a running statement."""
    outages = OutageLog()
    for_indexes = Database(settings.database, outages, statement_ms=0, lock_ms=0)
    for_history = Database(settings.database, outages, statement_ms=_DELETE_MS, lock_ms=_LOCK_MS)
    for_gauges = Database(settings.database, outages, statement_ms=_COUNT_MS, lock_ms=_LOCK_MS)
    for_wake_ups = Database(settings.database, outages, statement_ms=_WAKE_MS, lock_ms=_LOCK_MS)
    for_outbox = Database(settings.database, outages, statement_ms=_WAKE_MS, lock_ms=_LOCK_MS)
    for_resends = Database(settings.database, outages, statement_ms=_RESENDS_MS, lock_ms=_LOCK_MS)
    for_proofs = Database(settings.database, outages, statement_ms=_DELETE_MS, lock_ms=_LOCK_MS)
    server = _open_probe(settings)
    cleaner = HistoryCleaner(for_history, retention=settings.retention, interval=settings.history_interval)
    writer = EmfWriter(settings.namespace, write_line)
    publisher = GaugePublisher(for_gauges, server, writer, interval=settings.gauge_interval)
    try:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(_index_then_clean(IndexBuilder(for_indexes), cleaner))
            tasks.create_task(run_periodically(publisher))
            tasks.create_task(run_periodically(ProofDatabaseBuilder(for_proofs, name=settings.database.name)))
            tasks.create_task(run_periodically(WakeUpRepair(for_wake_ups, interval=_WAKE_UP_SECONDS)))
            tasks.create_task(run_periodically(OutboxStatistics(for_outbox, interval=_OUTBOX_SECONDS)))
            pacer = ResendPacer(for_resends, rate=_RESENDS_A_SECOND, interval=_RESENDS_SECONDS)
            tasks.create_task(run_periodically(pacer))
    finally:
        for database in (for_indexes, for_history, for_gauges, for_wake_ups, for_outbox, for_resends, for_proofs):
            await database.close()


def _open_probe(settings: Settings) -> ServerProbe:
    return ServerProbe(ready_url=settings.ready_url, metrics_url=settings.metrics_url)


async def _index_then_clean(builder: IndexBuilder, cleaner: HistoryCleaner) -> None:
    """Delete history only after its indexes exist."""
    await run_periodically(builder)
    await run_periodically(cleaner)


async def _run_and_log(settings: Settings) -> None:
    """Run, and log an unexpected error at once. Then stay alive: ECS does not restart a task that ends too soon."""
    began = time.monotonic()
    try:
        await run_keeper(settings)
    except Exception:
        LOG.exception("the keeper ends after an unexpected error")
        await asyncio.sleep(settings.min_lifetime - (time.monotonic() - began))
        raise


async def _run_until_signal(settings: Settings) -> None:
    work = asyncio.ensure_future(_run_and_log(settings))
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, work.cancel)
    with suppress(asyncio.CancelledError):
        await work


def main(arguments: Sequence[str]) -> None:
    """Run until a signal, or prove the server. A wrong setting is one sentence and exit code 2."""
    try:
        settings = Settings.from_env(os.environ)
    except SettingsError as error:
        sys.stderr.write(f"keeper: {error}\n")
        raise SystemExit(2) from None
    configure_logging()
    if arguments == [_PROVE]:
        raise SystemExit(0 if asyncio.run(prove_server(_open_probe(settings))) else 1)
    try:
        asyncio.run(_run_until_signal(settings))
    except Exception:  # noqa: BLE001 the root of the program: the error is logged
        raise SystemExit(1) from None


if __name__ == "__main__":
    main(sys.argv[1:])
