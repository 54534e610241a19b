"""Delete old history: trees of promises that were all settled longer ago than the retention.

A tree is a job with all its children, detached ones included: the promises of one origin. A tree with a pending promise
stays whole, and so does one that a pending promise elsewhere waits for. One statement deletes a whole tree, so stopping
the keeper never leaves half of one. To spare the server, deletes are small, and a pause of the same length follows
each.
"""

import logging
from dataclasses import dataclass, replace
from typing import Final, Self, cast

from psycopg.errors import QueryCanceled

from .clock import Clock
from .database import STATEMENT_ABORTS, Database
from .logs import log_event

_MIN_PAUSE_SECONDS: Final = 0.1
# Index keeper_settled gives the oldest first, so the cost of a pass depends on old promises only. A settled promise
# never becomes pending again, so the delete's conditions stay true while it runs.
SELECT_SETTLED: Final = """
    SELECT settled_at, id, COALESCE(origin, id) FROM promises
    WHERE settled_at IS NOT NULL AND settled_at < %(cutoff)s AND (settled_at, id) > (%(after)s, %(after_id)s)
    ORDER BY settled_at, id LIMIT %(limit)s
"""
# By index keeper_trees. Foreign keys delete the promises' tasks, timeouts, callbacks and messages.
DELETE_TREES: Final = """
    WITH old AS (
        SELECT COALESCE(p.origin, p.id) AS tree FROM promises p
        WHERE COALESCE(p.origin, p.id) = ANY(%(trees)s)
        GROUP BY COALESCE(p.origin, p.id)
        HAVING bool_and(p.state <> 'pending' AND p.settled_at < %(cutoff)s AND NOT EXISTS (
            SELECT FROM callbacks c JOIN promises waiting ON waiting.id = c.awaiter_id
            WHERE c.awaited_id = p.id AND waiting.state = 'pending'
        ))
    ), deleted AS (
        DELETE FROM promises WHERE COALESCE(origin, id) = ANY(ARRAY(SELECT tree FROM old))
        RETURNING COALESCE(origin, id) AS tree
    )
    SELECT count(DISTINCT tree), count(*) FROM deleted
"""


@dataclass(frozen=True)
class DeletedCount:
    """How much a pass has deleted."""

    trees: int = 0
    promises: int = 0

    def __add__(self, other: Self) -> Self:
        return replace(self, trees=self.trees + other.trees, promises=self.promises + other.promises)


class HistoryCleaner:
    """A periodic task: each run is one pass over old history."""

    def __init__(
        self, database: Database, *, retention: int, interval: float, page_size: int = 500, clock: Clock | None = None
    ) -> None:
        """Set `retention` in seconds, and how many settled promises a page has; at most as many trees are deleted."""
        self._database: Final = database
        self._retention: Final = retention
        self._interval: Final = interval
        self._page_size: Final = page_size
        self._clock: Final = clock or Clock()

    async def run(self) -> float:
        """Make one pass, and log the numbers of deleted records."""
        began = self._clock.monotonic()
        try:
            deleted = await self._delete_before(int((self._clock.now() - self._retention) * 1000))
        except STATEMENT_ABORTS as error:
            log_event(logging.WARNING, "history pass aborted; the next one continues", reason=str(error))
            return self._interval
        if deleted.promises:
            seconds = round(self._clock.monotonic() - began, 1)
            log_event(
                logging.INFO, "old history deleted", trees=deleted.trees, promises=deleted.promises, seconds=seconds
            )
        return self._interval

    async def _delete_before(self, cutoff: int) -> DeletedCount:
        deleted = DeletedCount()
        after, after_id = -(2**63), ""
        while page := await self._database.rows(
            SELECT_SETTLED, cutoff=cutoff, after=after, after_id=after_id, limit=self._page_size
        ):
            began = self._clock.monotonic()
            after, after_id = cast("tuple[int, str]", page[-1][:2])
            deleted += await self._delete_trees(sorted({cast("str", tree) for _, _, tree in page}), cutoff)
            await self._clock.sleep(max(_MIN_PAUSE_SECONDS, self._clock.monotonic() - began))
        return deleted

    async def _delete_trees(self, trees: list[str], cutoff: int) -> DeletedCount:
        """Delete the old ones among these trees. A delete that exceeds the statement's time limit is halved."""
        try:
            rows = await self._database.rows(DELETE_TREES, trees=trees, cutoff=cutoff)
        except QueryCanceled:
            if len(trees) == 1:
                log_event(logging.ERROR, "tree too large to delete within the time limit", tree=trees[0])
                return DeletedCount()
            half = len(trees) // 2
            return await self._delete_trees(trees[:half], cutoff) + await self._delete_trees(trees[half:], cutoff)
        return DeletedCount(*cast("tuple[int, int]", rows[0]))
