"""Runs the keeper's jobs in the test's own process, at a time of the test's choosing."""

import asyncio
from collections.abc import Awaitable, Callable

from keeper.database import Link, Watch
from keeper.history import Ambient, History
from keeper.indexes import Indexes
from keeper.jobs import keep
from keeper.settings import Address

from .trees import DAY


def with_link[T](
    address: Address, work: Callable[[Link], Awaitable[T]], *, statement_ms: int = 0, lock_ms: int = 0
) -> T:
    """Do something on a link of its own."""

    async def once() -> T:
        link = Link(address, Watch(), statement_ms=statement_ms, lock_ms=lock_ms)
        try:
            return await work(link)
        finally:
            await link.close()

    return asyncio.run(once())


async def _at_once(_seconds: float) -> None:
    await asyncio.sleep(0)


def sweep(address: Address, *, now: float, retention: int = DAY, page: int = 500, statement_ms: int = 30_000) -> None:
    """Make one pass over old history as if it were `now`."""
    ambient = Ambient(now=lambda: now, sleep=_at_once)

    async def work(link: Link) -> None:
        await History(link, retention=retention, interval=1, page=page, ambient=ambient).run()

    with_link(address, work, statement_ms=statement_ms, lock_ms=2_000)


def make_indexes(address: Address) -> None:
    """Make them as the keeper does when it starts."""

    async def work(link: Link) -> None:
        await keep(Indexes(link))

    with_link(address, work)
