"""Wake suspended tasks that the server has forgotten to wake.

On Postgres, server v0.9.8 can lose a wake-up: if a promise times out while a task is suspended to wait for it, neither
transaction sees the other. The promise is settled, the task stays suspended, and the server never looks at it again: a
durable sleep would last until the job's deadline. In every other state the server has woken the task in the transaction
that settled the promise, so a suspended task that waits for a settled promise is always such a case.
"""

import logging
import time
from typing import Final

from .database import STATEMENT_ABORTS, Database
from .logs import log_event

# What the server does when a promise is settled: the callback is ready and the task is pending. The timeout of type 0,
# already due, makes the server announce the task at its next tick. Rows that the server has locked are left for later.
WAKE_TASKS: Final = """
    WITH missed AS (
        SELECT c.awaited_id, c.awaiter_id
        FROM callbacks c JOIN promises p ON p.id = c.awaited_id JOIN tasks t ON t.id = c.awaiter_id
        WHERE NOT c.ready AND p.state <> 'pending' AND t.state = 'suspended'
        FOR UPDATE OF t, c SKIP LOCKED
    ), marked AS (
        UPDATE callbacks c SET ready = true FROM missed
        WHERE c.awaited_id = missed.awaited_id AND c.awaiter_id = missed.awaiter_id
    ), woken AS (
        UPDATE tasks SET state = 'pending' WHERE id IN (SELECT awaiter_id FROM missed) RETURNING id
    )
    INSERT INTO task_timeouts (id, timeout_at, timeout_type, ttl)
    SELECT id, %(now)s, 0, %(resend)s FROM woken
    ON CONFLICT (id) DO UPDATE SET timeout_at = %(now)s, timeout_type = 0, process_id = NULL, ttl = %(resend)s
    RETURNING id
"""
RESEND_MS: Final = 30_000  # until the server announces a task again that no worker took, as in its settings


class WakeUpRepair:
    """A periodic task: each run wakes the tasks whose wake-up was lost since the last one."""

    def __init__(self, database: Database, *, interval: float) -> None:
        self._database: Final = database
        self._interval: Final = interval

    async def run(self) -> float:
        """Wake them, and log their number."""
        try:
            woken = await self._database.rows(WAKE_TASKS, now=int(time.time() * 1000), resend=RESEND_MS)
        except STATEMENT_ABORTS as error:
            log_event(logging.WARNING, "wake-ups not checked this time", reason=str(error))
            return self._interval
        if woken:
            log_event(logging.WARNING, "woke tasks that the server had left suspended", tasks=len(woken))
        return self._interval
