"""Ends old history: deletes the trees of jobs in which everything is settled, all of it longer ago than the retention.

A tree is a job with all its children, also detached ones: what shares an origin. One with anything pending stays whole,
and so does one that something pending elsewhere still waits for. A tree goes in one statement or not at all, so ending
the keeper in the middle leaves no half of one. The server is never held up: deletes are small, and pause as long as
they took.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Final, Self, cast

from psycopg.errors import QueryCanceled

from .database import REFUSED, Link
from .logs import say

_LEAST_PAUSE: Final = 0.1  # seconds
# From the oldest on, by index keeper_settled: a pass costs what is old, not what there is. A settled promise never
# becomes pending again, so what is true when the delete looks stays true while it deletes.
PAGE: Final = """
    SELECT settled_at, id, COALESCE(origin, id) FROM promises
    WHERE settled_at IS NOT NULL AND settled_at < %(cutoff)s AND (settled_at, id) > (%(after)s, %(after_id)s)
    ORDER BY settled_at, id LIMIT %(most)s
"""
# By index keeper_trees. Foreign keys delete what belongs to the promises: tasks, timeouts, callbacks, messages.
DELETE: Final = """
    WITH old AS (
        SELECT COALESCE(p.origin, p.id) AS tree FROM promises p
        WHERE COALESCE(p.origin, p.id) = ANY(%(trees)s)
        GROUP BY COALESCE(p.origin, p.id)
        HAVING bool_and(p.state <> 'pending' AND p.settled_at < %(cutoff)s AND NOT EXISTS (
            SELECT FROM callbacks c JOIN promises waiting ON waiting.id = c.awaiter_id
            WHERE c.awaited_id = p.id AND waiting.state = 'pending'
        ))
    ), gone AS (
        DELETE FROM promises WHERE COALESCE(origin, id) = ANY(ARRAY(SELECT tree FROM old))
        RETURNING COALESCE(origin, id) AS tree
    )
    SELECT count(DISTINCT tree), count(*) FROM gone
"""

type Sleep = Callable[[float], Awaitable[None]]


@dataclass(frozen=True)
class Count:
    """How much is gone."""

    trees: int = 0
    promises: int = 0

    def __add__(self, other: Self) -> Self:
        return replace(self, trees=self.trees + other.trees, promises=self.promises + other.promises)


@dataclass(frozen=True)
class Ambient:
    """What a test may replace: the time of day, the time that passes, and waiting."""

    now: Callable[[], float] = time.time
    clock: Callable[[], float] = time.monotonic
    sleep: Sleep = asyncio.sleep


class History:
    """A pass over what is old, now and then."""

    def __init__(
        self, link: Link, *, retention: int, interval: float, page: int = 500, ambient: Ambient | None = None
    ) -> None:
        """`retention` in seconds; `page` is how many settled promises are looked at, and at most so many trees go."""
        self._link: Final = link
        self._retention: Final = retention
        self._interval: Final = interval
        self._page: Final = page
        self._ambient: Final = ambient or Ambient()

    async def run(self) -> float:
        """Make one pass; what it did is one line."""
        began = self._ambient.clock()
        try:
            gone = await self._pass(int((self._ambient.now() - self._retention) * 1000))
        except REFUSED as error:
            say(logging.WARNING, "the pass over old history was broken off; the next one goes on", reason=str(error))
            return self._interval
        if gone.promises:
            seconds = round(self._ambient.clock() - began, 1)
            say(logging.INFO, "old history is gone", trees=gone.trees, promises=gone.promises, seconds=seconds)
        return self._interval

    async def _pass(self, cutoff: int) -> Count:
        gone = Count()
        after, after_id = -(2**63), ""
        while page := await self._link.rows(PAGE, cutoff=cutoff, after=after, after_id=after_id, most=self._page):
            began = self._ambient.clock()
            after, after_id = cast("tuple[int, str]", page[-1][:2])
            gone += await self._delete(sorted({cast("str", tree) for _, _, tree in page}), cutoff)
            await self._ambient.sleep(max(_LEAST_PAUSE, self._ambient.clock() - began))
        return gone

    async def _delete(self, trees: list[str], cutoff: int) -> Count:
        """Delete those that are old; what is too much for one statement's time limit is done in halves."""
        try:
            rows = await self._link.rows(DELETE, trees=trees, cutoff=cutoff)
        except QueryCanceled:
            if len(trees) == 1:
                say(logging.ERROR, "a tree is too large to be deleted within the time limit", tree=trees[0])
                return Count()
            half = len(trees) // 2
            return await self._delete(trees[:half], cutoff) + await self._delete(trees[half:], cutoff)
        return Count(*cast("tuple[int, int]", rows[0]))
