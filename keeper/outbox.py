"""Keep the server's outbox quick: the table of announcements that it has not sent to workers yet.

The server takes a batch with `DELETE ... WHERE id IN (SELECT id ... LIMIT n)`. After a VACUUM or an ANALYZE of the
empty table, Postgres expects no rows, and compares each row with each row of the batch: at 12,000 rows a batch takes
seconds instead of a millisecond, and no job begins. No setting of the planner avoids that. So the keeper inserts some
rows, analyzes the table, and rolls the transaction back. The rows are never visible, but their number stays in
Postgres' catalog, which is not part of transactions.
"""

import logging
from typing import Final, LiteralString, cast

from .database import STATEMENT_ABORTS, Connection, Database
from .logs import log_event

# Up to a number that no healthy server reaches, so that the count stays cheap.
COUNT_MESSAGES: Final = "SELECT count(*) FROM (SELECT FROM outgoing_execute LIMIT 100000) AS messages"
ROWS: Final = 500  # a twentieth is enough for the right plan
_READ_STATISTICS: Final = "SELECT reltuples FROM pg_class WHERE oid = 'outgoing_execute'::regclass"
# A message belongs to a task. While there are few tasks, the outbox is short, and any plan is quick.
_COUNT_TASKS: Final = "SELECT count(*) FROM (SELECT FROM tasks LIMIT 500) AS tasks"
_ADD_ROWS: Final = """
    INSERT INTO outgoing_execute (id, version, address) SELECT id, 0, '' FROM tasks LIMIT 500 ON CONFLICT DO NOTHING
"""


class OutboxStatistics:
    """A periodic task: each run corrects the expected number of rows if it is too low."""

    def __init__(self, database: Database, *, interval: float) -> None:
        self._database: Final = database
        self._interval: Final = interval

    async def run(self) -> float:
        """Read the number that Postgres expects, and correct it."""
        try:
            known = await self._read(_READ_STATISTICS)
            if known < ROWS / 2 and await self._read(_COUNT_TASKS) >= ROWS:
                await self._database.run(_analyze_with_rows)
                log_event(logging.INFO, "statistics of the outbox corrected", known=known)
        except STATEMENT_ABORTS as error:
            log_event(logging.WARNING, "statistics of the outbox not corrected this time", reason=str(error))
        return self._interval

    async def _read(self, statement: LiteralString) -> float:
        ((number,),) = await self._database.rows(statement)
        return cast("float", number)


async def _analyze_with_rows(connection: Connection) -> None:
    async with connection.transaction(force_rollback=True):
        await connection.execute(_ADD_ROWS)
        await connection.execute("ANALYZE outgoing_execute")
