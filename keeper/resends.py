"""Limit how many waiting tasks the server announces again in a second.

The server repeats the announcement of each task that no worker took after a fixed time. Announcements that became due
together, as after a restart, stay together: 50,000 waiting jobs would occupy server and database completely. Workers
keep announced tasks in memory, so a later repetition delays no job. So the keeper postpones and spreads the repeated
announcements of jobs that no worker has begun. Announcements of begun jobs, and all first announcements, stay as they
are.
"""

import logging
from typing import Final, cast

from .clock import Clock
from .database import STATEMENT_ABORTS, Database
from .logs import log_event

_COUNT_WAITING: Final = """
    SELECT count(*) FILTER (WHERE timeout_at < %(horizon)s), count(*) FROM task_timeouts WHERE timeout_type = 0
"""
# The last ones that are due before the horizon. Rows that the server is changing are skipped.
_POSTPONE: Final = """
    WITH surplus AS (
        SELECT timeout.id FROM task_timeouts timeout JOIN tasks task ON task.id = timeout.id
        WHERE timeout.timeout_type = 0 AND timeout.timeout_at < %(horizon)s
            AND task.state = 'pending' AND task.version = 0
        ORDER BY timeout.timeout_at DESC LIMIT %(surplus)s
        FOR UPDATE OF timeout SKIP LOCKED
    )
    UPDATE task_timeouts SET timeout_at = %(horizon)s + (random() * %(spread)s)::bigint
    WHERE id IN (SELECT id FROM surplus) RETURNING id
"""
_SLACK: Final = 1.25  # spreads postponed ones so thinly that few are postponed again


class ResendPacer:
    """A periodic task: each run postpones announcements beyond `rate` a second."""

    def __init__(self, database: Database, *, rate: int, interval: float, clock: Clock | None = None) -> None:
        self._database: Final = database
        self._rate: Final = rate
        self._interval: Final = interval
        self._clock: Final = clock or Clock()

    async def run(self) -> float:
        """Count the announcements that are due until the run after the next one, and postpone the surplus."""
        horizon = int((self._clock.now() + 2 * self._interval) * 1000)
        try:
            rows = await self._database.rows(_COUNT_WAITING, horizon=horizon)
            ((soon, waiting),) = cast("list[tuple[int, int]]", rows)
            surplus = soon - int(self._rate * 2 * self._interval)
            if surplus > 0:
                spread = int(waiting / self._rate * _SLACK * 1000)
                postponed = await self._database.rows(_POSTPONE, horizon=horizon, surplus=surplus, spread=spread)
                log_event(logging.INFO, "repeated announcements postponed", tasks=len(postponed), waiting=waiting)
        except STATEMENT_ABORTS as error:
            log_event(logging.WARNING, "repeated announcements not postponed this time", reason=str(error))
        return self._interval
