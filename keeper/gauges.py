"""Publishes how the system is doing: what is waiting, for how long, and whether the server moves.

What cannot be known right now is left out, never guessed: a gauge that stops is what an alarm on missing data sees.
"""

import logging
import re
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Final, Self, cast

from contract.names import CHUNKS, DOCUMENTS

from .database import REFUSED, Away, Link
from .emf import Gauge, blob
from .logs import say
from .server import Server, Totals

# A task is due while the server has a time for it: to announce it again (0), or to take it from a worker that lost its
# lease (1). One that waits, is halted or over has none, so that neither history nor waiting costs anything here. What
# wakes a sleeper is a task as well, which workers hold for a moment and lose until its time has come: it is no work.
DUE: Final = """
    SELECT target, count(*), count(*) FILTER (WHERE timeout_type = 1), min(created_at)
    FROM task_timeouts JOIN promises USING (id) WHERE NOT timer GROUP BY target
"""
# The scaling adds these up, and a sum with a metric that was never there is none. Every metric has its price.
ALWAYS: Final = frozenset({DOCUMENTS, CHUNKS})
_TARGET: Final = re.compile(r"poll://\w+@([^/]+)")


@dataclass(frozen=True)
class Backlog:
    """What one group could work on now, jobs and their parts; the time is that of the oldest one's creation, in ms.

    A job that sleeps, or waits for a person's word, is no work, however old it is: no worker could bring it further,
    and its deadline ends it. Counting it would call for workers, and for people, for nothing.
    """

    group: str
    due: int = 0
    running: int = 0  # of those that are due
    oldest: int | None = None

    def __add__(self, other: Self) -> Self:
        oldest = min((one for one in (self.oldest, other.oldest) if one is not None), default=None)
        return replace(self, due=self.due + other.due, running=self.running + other.running, oldest=oldest)


@dataclass(frozen=True)
class Ambient:
    """What a test may replace: the time of day, the time that passes, and where lines go."""

    write: Callable[[str], None]
    now: Callable[[], float] = time.time
    clock: Callable[[], float] = time.monotonic


class Gauges:
    """A set of lines each interval."""

    def __init__(self, link: Link, server: Server, *, namespace: str, interval: float, ambient: Ambient) -> None:
        self._link: Final = link
        self._server: Final = server
        self._namespace: Final = namespace
        self._interval: Final = interval
        self._ambient: Final = ambient
        self._last: Totals | None = None
        # A group that has nothing to do is told as 0, or its line would end at its last job.
        self._groups = set(ALWAYS)
        self._due = ambient.clock()

    async def run(self) -> float:
        """Publish once, and return when the next time is: on a grid, so that no minute stays without a point."""
        await self._publish_server()
        await self._publish_backlogs()
        clock = self._ambient.clock()
        self._due = max(self._due + self._interval, clock)
        return self._due - clock

    async def _publish_server(self) -> None:
        gauges = {"ServerReady": Gauge(int(await self._server.is_ready()), "Count")}
        totals = await self._server.totals()
        if totals and self._last:
            done = totals.since(self._last)
            gauges["ServerRequests"] = Gauge(done.requests, "Count")
            gauges["ServerDeliveries"] = Gauge(done.deliveries, "Count")
        self._last = totals or self._last
        self._write(gauges, {})

    async def _publish_backlogs(self) -> None:
        now = self._ambient.now()
        for backlog in await self._backlogs():
            age = 0.0 if backlog.oldest is None else max(0.0, now - backlog.oldest / 1000)
            gauges = {
                "TasksDue": Gauge(backlog.due, "Count"),
                "TasksRunning": Gauge(backlog.running, "Count"),
                "OldestDueSeconds": Gauge(age, "Seconds"),
            }
            self._write(gauges, {"Group": backlog.group})

    async def _backlogs(self) -> list[Backlog]:
        """Count them; none at all when the database does not say."""
        try:
            rows = await self._link.rows(DUE)
        except Away:
            return []  # its link has said so
        except REFUSED as error:
            say(logging.WARNING, "what is due could not be counted this time", reason=str(error))
            return []
        found = _by_group(rows)
        self._groups |= found.keys()
        return [found.get(group, Backlog(group)) for group in sorted(self._groups)]

    def _write(self, gauges: dict[str, Gauge], dimensions: dict[str, str]) -> None:
        line = blob(self._namespace, gauges, now=self._ambient.now(), dimensions=dimensions)
        self._ambient.write(line)


def _by_group(rows: Iterable[tuple[object, ...]]) -> dict[str, Backlog]:
    """Add up targets: a group may be asked as a whole, and a process of it by its name."""
    found: dict[str, Backlog] = {}
    for target, due, running, oldest in cast("Iterable[tuple[str | None, int, int, int]]", rows):
        if match := _TARGET.match(target or ""):
            group = match[1]
            found[group] = Backlog(group, due, running, oldest) + found.get(group, Backlog(group))
    return found
