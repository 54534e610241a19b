"""The keeper beside the hosted server: all its periodic tasks, and the queries, on one Postgres."""

import asyncio

from .database import Database, OutageLog
from .emf import EmfWriter
from .gauges import GaugePublisher
from .history import HistoryCleaner
from .indexes import IndexBuilder
from .logs import write_line
from .outbox import OutboxStatistics
from .periodic_tasks import run_periodically
from .proof import ProofDatabaseBuilder
from .queries.postgres import PLANS_BY_INDEX, PostgresStatements
from .queries.serving import serve_queries
from .queries.sql_job_index import SqlJobIndex
from .resends import ResendPacer
from .server_probe import ServerProbe
from .settings import Settings
from .wake_ups import WakeUpRepair

_DELETE_MS = 30_000  # a longer delete is halved
_COUNT_MS = 10_000  # a longer count is not worth its load on the server
_WAKE_MS = 2_000  # normally milliseconds: it looks up the promises of waiting tasks one by one
_LOCK_MS = 2_000  # the server's own transactions have priority
_WAKE_UP_SECONDS = 5.0  # the longest delay of a sleep whose wake-up was lost
_OUTBOX_SECONDS = 1.0  # as often as the server announces tasks again
_RESENDS_MS = 10_000  # tens of thousands of rows are postponed at once, after a restart of the server
_RESENDS_SECONDS = 5.0
_RESENDS_A_SECOND = 200  # more than all workers can take, and a tenth of what database and server can do
_QUERY_MS = 2_000  # the trigger gives up later; a page takes milliseconds


async def run_keeper(settings: Settings) -> None:
    """Run all periodic tasks until canceled. Postgres then cancels and rolls back a running statement."""
    outages = OutageLog()
    for_indexes = Database(settings.database, outages, statement_ms=0, lock_ms=0)
    for_history = Database(settings.database, outages, statement_ms=_DELETE_MS, lock_ms=_LOCK_MS)
    for_gauges = Database(settings.database, outages, statement_ms=_COUNT_MS, lock_ms=_LOCK_MS)
    for_wake_ups = Database(settings.database, outages, statement_ms=_WAKE_MS, lock_ms=_LOCK_MS)
    for_outbox = Database(settings.database, outages, statement_ms=_WAKE_MS, lock_ms=_LOCK_MS)
    for_resends = Database(settings.database, outages, statement_ms=_RESENDS_MS, lock_ms=_LOCK_MS)
    for_queries = Database(settings.database, outages, statement_ms=_QUERY_MS, lock_ms=_LOCK_MS, options=PLANS_BY_INDEX)
    for_proofs = Database(settings.database, outages, statement_ms=_DELETE_MS, lock_ms=_LOCK_MS)
    server = open_probe(settings)
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
            if settings.query:
                tasks.create_task(serve_queries(SqlJobIndex(PostgresStatements(for_queries)), settings.query))
    finally:
        databases = (for_indexes, for_history, for_gauges, for_wake_ups, for_outbox, for_resends, for_proofs)
        for database in (*databases, for_queries):
            await database.close()


def open_probe(settings: Settings) -> ServerProbe:
    """Return the probe of the server beside this process."""
    return ServerProbe(ready_url=settings.ready_url, metrics_url=settings.metrics_url)


async def _index_then_clean(builder: IndexBuilder, cleaner: HistoryCleaner) -> None:
    """Delete history only after its indexes exist."""
    await run_periodically(builder)
    await run_periodically(cleaner)
