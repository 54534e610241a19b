"""Publish gauges: how much work is due, how long it has waited, and whether the server makes progress.

An unknown value is omitted, never guessed: an alarm on missing data sees a gauge that stops.
"""

import logging
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final, LiteralString, Self, cast

from contract.names import DOCUMENTS

from .clock import Clock
from .database import STATEMENT_ABORTS, Database
from .emf import EmfWriter, Gauge
from .errors import UnavailableError
from .logs import log_event
from .outbox import COUNT_MESSAGES
from .server_probe import ServerProbe, Totals

# A task is due while the server has a timeout for it: to announce it again (0), or to take it from a worker that lost
# its lease (1). Suspended, halted and finished tasks have none, so history and waiting jobs cost nothing here. A timer
# is a task, too: workers acquire it for a moment and release it until it fires, and it is not work.
SELECT_DUE_TASKS: Final = """
    SELECT target, count(*), count(*) FILTER (WHERE timeout_type = 1), min(created_at)
    FROM task_timeouts JOIN promises USING (id) WHERE NOT timer GROUP BY target
"""
# A question of a job is a promise that no worker and no timer settles, and that the job waits for.
SELECT_OLDEST_DECISION: Final = """
    SELECT min(created_at) FROM callbacks JOIN promises ON id = awaited_id
    WHERE NOT ready AND state = 'pending' AND target IS NULL AND NOT timer
"""
# Each metric costs money, so a group is published from its first task on.
PERMANENT_GROUPS: Final = frozenset({DOCUMENTS})
_TARGET: Final = re.compile(r"poll://\w+@([^/]+)")


@dataclass(frozen=True)
class Backlog:
    """The jobs and parts that a group's workers could run now; `oldest` is the earliest creation, in ms.

    A job that sleeps or waits for a person is not counted, whatever its age: no worker could continue it, and its
    deadline ends it. Otherwise it would start workers and raise alarms without need.
    """

    group: str
    due: int = 0
    running: int = 0  # among the due ones
    oldest: int | None = None

    def __add__(self, other: Self) -> Self:
        oldest = min((one for one in (self.oldest, other.oldest) if one is not None), default=None)
        return replace(self, due=self.due + other.due, running=self.running + other.running, oldest=oldest)


class GaugePublisher:
    """A periodic task: each run writes a set of gauge lines."""

    def __init__(
        self,
        database: Database,
        server: ServerProbe,
        writer: EmfWriter,
        *,
        interval: float,
        clock: Clock | None = None,
    ) -> None:
        self._database: Final = database
        self._server: Final = server
        self._interval: Final = interval
        self._writer: Final = writer
        self._clock: Final = clock or Clock()
        self._previous: Totals | None = None
        # A group without work is published as 0: otherwise its gauge would end with its last job.
        self._groups = set(PERMANENT_GROUPS)
        self._next_run = self._clock.monotonic()

    async def run(self) -> float:
        """Publish once; return the pause until the next point of a fixed grid, so that every minute has a value."""
        await self._publish_server()
        await self._publish_backlogs()
        await self._publish_outbox()
        await self._publish_decision()
        now = self._clock.monotonic()
        self._next_run = max(self._next_run + self._interval, now)
        return self._next_run - now

    async def _publish_server(self) -> None:
        gauges = {"ServerReady": Gauge(int(await self._server.is_ready()), "Count")}
        totals = await self._server.totals()
        if totals and self._previous:
            increase = totals.since(self._previous)
            gauges["ServerRequests"] = Gauge(increase.requests, "Count")
            gauges["ServerDeliveries"] = Gauge(increase.deliveries, "Count")
        self._previous = totals or self._previous
        self._writer.write(gauges, now=self._clock.now(), dimensions={})

    async def _publish_backlogs(self) -> None:
        now = self._clock.now()
        for backlog in await self._read_backlogs():
            age = 0.0 if backlog.oldest is None else max(0.0, now - backlog.oldest / 1000)
            gauges = {
                "TasksDue": Gauge(backlog.due, "Count"),
                "TasksRunning": Gauge(backlog.running, "Count"),
                "OldestDueSeconds": Gauge(age, "Seconds"),
            }
            self._writer.write(gauges, now=now, dimensions={"Group": backlog.group})

    async def _publish_outbox(self) -> None:
        for (messages,) in await self._count(COUNT_MESSAGES) or ():
            gauges = {"OutboxMessages": Gauge(cast("int", messages), "Count")}
            self._writer.write(gauges, now=self._clock.now(), dimensions={})

    async def _publish_decision(self) -> None:
        """Publish how long the oldest question has been open, or nothing if none is."""
        for (created_at,) in await self._count(SELECT_OLDEST_DECISION) or ():
            if created_at is not None:
                now = self._clock.now()
                gauges = {"OldestDecisionSeconds": Gauge(max(0.0, now - cast("int", created_at) / 1000), "Seconds")}
                self._writer.write(gauges, now=now, dimensions={})

    async def _read_backlogs(self) -> list[Backlog]:
        """Return the backlog of every known group, or nothing if the database cannot count."""
        rows = await self._count(SELECT_DUE_TASKS)
        if rows is None:
            return []
        backlogs = _group_backlogs(rows)
        self._groups |= backlogs.keys()
        return [backlogs.get(group, Backlog(group)) for group in sorted(self._groups)]

    async def _count(self, statement: LiteralString) -> list[tuple[object, ...]] | None:
        """Return the rows of a count, or None if the database cannot count."""
        try:
            return await self._database.rows(statement)
        except UnavailableError:
            return None  # the database has logged the outage
        except STATEMENT_ABORTS as error:
            log_event(logging.WARNING, "tasks not counted this time", reason=str(error))
            return None


def _group_backlogs(rows: Iterable[tuple[object, ...]]) -> dict[str, Backlog]:
    """Add up the targets of each group: a target may be the whole group or one process of it."""
    backlogs: dict[str, Backlog] = {}
    for target, due, running, oldest in cast("Iterable[tuple[str | None, int, int, int]]", rows):
        if match := _TARGET.match(target or ""):
            group = match[1]
            backlogs[group] = Backlog(group, due, running, oldest) + backlogs.get(group, Backlog(group))
    return backlogs
