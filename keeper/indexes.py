"""Create the indexes that the server's own schema lacks: for searches by tags and for finding old history.

It never blocks writers (CONCURRENTLY), never changes an index of the server, and waits for the server's tables.
"""

import logging
from typing import Final, LiteralString

from .database import STATEMENT_ABORTS, Connection, Database
from .logs import log_event
from .queries.conditions import Conditions
from .queries.dialects import POSTGRES

# Without the first, a search by tags reads all of history. history.py needs the next two, and queries/ the others.
INDEXES: Final[dict[str, str]] = {
    "keeper_tags": "USING gin (tags jsonb_path_ops)",
    "keeper_settled": "(settled_at, id) WHERE settled_at IS NOT NULL",
    "keeper_trees": "((COALESCE(origin, id)))",
    **Conditions(POSTGRES).indexes(),
}
# During a deployment two keepers run, and an index that the other one is building looks like an invalid one.
_LOCK_ID: Final = 7_042_001
_RETRY_SECONDS: Final = 10.0  # the other keeper may have finished by then


class IndexBuilder:
    """A periodic task that ends once every index exists and is valid."""

    def __init__(self, database: Database) -> None:
        """Use a database without limits: an index of a large table takes minutes."""
        self._database: Final = database

    async def run(self) -> float | None:
        """Create the missing indexes, unless another keeper is doing it."""
        try:
            if await self._database.run(_create_all):
                await self._database.close()
                return None
        except STATEMENT_ABORTS as error:
            log_event(logging.WARNING, "index not created; retrying", reason=str(error))
        return _RETRY_SECONDS


async def _create_all(connection: Connection) -> bool:
    # Try the lock without waiting: a waiting session holds a snapshot, and the other keeper's build waits for that.
    if not await _is_true(connection, "SELECT pg_try_advisory_lock(%s)", _LOCK_ID):
        return False
    try:
        for name, definition in INDEXES.items():
            await _create(connection, name, definition)
    finally:
        if not connection.broken:
            await connection.execute("SELECT pg_advisory_unlock(%s)", [_LOCK_ID])
    return True


async def _create(connection: Connection, name: LiteralString, definition: LiteralString) -> None:
    """Create one index; replace an invalid one, which an interrupted build leaves behind."""
    if await _is_true(connection, "SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass(%s)", name):
        return
    log_event(logging.INFO, "creating an index", index=name)
    await connection.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")
    await connection.execute(f"CREATE INDEX CONCURRENTLY IF NOT EXISTS {name} ON promises {definition}")
    log_event(logging.INFO, "index created", index=name)


async def _is_true(connection: Connection, statement: LiteralString, value: object) -> bool:
    row = await (await connection.execute(statement, [value])).fetchone()
    return row is not None and row[0] is True
