"""Starts and cancels jobs in the cells that they belong to, from a worker whose own server is one of several.

A request fails while the job's cell is down: the step that made it is retried. A worker's other requests go to its own
server, and are not affected.
"""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from typing import Final

from durable.clock import Clock
from durable.promises import RootPromise
from durable.wire.cells import Cells
from durable.wire.errors import NotFound
from durable.wire.requests import PromiseSettle
from durable.wire.roots import group_address, root_promise


class CellPromises:
    """Jobs that are started must name their group. The client blocks, so each request has a thread."""

    def __init__(self, cells: Cells, clock: Clock) -> None:
        self._cells: Final = cells
        self._clock: Final = clock

    async def start(self, root: RootPromise) -> None:
        """Start a job, unless its id is known already."""
        await self.claim(root)

    async def claim(self, root: RootPromise, *, is_run: bool = True) -> Mapping[str, str]:
        """Start a job unless its id is known already, and return the tags of its promise."""
        request = root_promise(
            root.id,
            root.workflow.name,
            *root.args,
            version=root.workflow.version,
            target=group_address(root.group or "") if is_run else None,
            timeout_at=int((self._clock.now() + root.lifetime) * 1_000),
            tags=root.tags,
        )
        return (await asyncio.to_thread(self._cells.create, request)).tags

    async def cancel(self, promise_id: str) -> None:
        """Cancel a job, unless it has ended or does not exist."""
        request = PromiseSettle(id=promise_id, state="rejected_canceled")
        with suppress(NotFound):
            await asyncio.to_thread(self._cells.settle, request)
