"""Makes the indexes that the server's own schema lacks: for a search by tags, and for finding old history.

It never blocks a writer (CONCURRENTLY), never touches an index of the server, and waits for the server's tables.
"""

import logging
from typing import Final, LiteralString

from .database import REFUSED, Connection, Link
from .logs import say

# A search by tags reads all of history without the first; what the other two are for stands in history.py.
INDEXES: Final[dict[LiteralString, LiteralString]] = {
    "keeper_tags": "USING gin (tags jsonb_path_ops)",
    "keeper_settled": "(settled_at, id) WHERE settled_at IS NOT NULL",
    "keeper_trees": "((COALESCE(origin, id)))",
}
# Two keepers meet while a deployment replaces one: an index that the other one is building looks like a broken one.
_LOCK: Final = 7_042_001
_AGAIN: Final = 10.0  # seconds until the other one may have finished


class Indexes:
    """A job that ends: once every index is there and whole."""

    def __init__(self, link: Link) -> None:
        """The link must have no limits: an index of a large table takes minutes."""
        self._link: Final = link

    async def run(self) -> float | None:
        """Make what is missing, unless somebody else is doing it."""
        try:
            if await self._link.run(_make_all):
                await self._link.close()  # it is needed no more
                return None
        except REFUSED as error:
            say(logging.WARNING, "an index could not be made; trying again", reason=str(error))
        return _AGAIN


async def _make_all(connection: Connection) -> bool:
    # Asking without waiting: one who waits holds a snapshot, which the other one's index would wait for.
    if not await _is_true(connection, "SELECT pg_try_advisory_lock(%s)", _LOCK):
        return False
    try:
        for name, definition in INDEXES.items():
            await _make(connection, name, definition)
    finally:
        if not connection.broken:
            await connection.execute("SELECT pg_advisory_unlock(%s)", [_LOCK])
    return True


async def _make(connection: Connection, name: LiteralString, definition: LiteralString) -> None:
    """Make one; a build that was broken off leaves an index that costs and serves nothing."""
    whole = "SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass(%s)"
    if await _is_true(connection, whole, name):
        return
    say(logging.INFO, "making an index", index=name)
    await connection.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")
    await connection.execute(f"CREATE INDEX CONCURRENTLY IF NOT EXISTS {name} ON promises {definition}")
    say(logging.INFO, "the index is there", index=name)


async def _is_true(connection: Connection, statement: LiteralString, value: object) -> bool:
    row = await (await connection.execute(statement, [value])).fetchone()
    return row is not None and row[0] is True
