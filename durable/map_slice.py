"""A slice of a map: consecutive items in a scope of their own.

Items begin in their order. Before one begins, the run notes the outcome of each earlier item that has ended: so it
never begins an item that a run with the complete history would not begin. When a batch is over early, it also looks at
the items that an earlier run had begun.
"""

import asyncio
from typing import Any

from resonate.context import ResonateFuture
from resonate.error import ApplicationError, Suspended
from resonate.ids import join_id

from .batch_parts import BatchPart, BatchRecord, is_called_off
from .errors import error_of
from .map_state import MapState
from .named_context import NamedContext
from .run import current_run


class MapSlice:
    """Items that follow each other, in one scope."""

    def __init__(self, state: MapState, first: int, end: int) -> None:
        self.name = f"items {first} to {end - 1}"
        self.has_slot = False  # for its first item
        self.is_full = asyncio.Event()  # all items have begun, or no more begin in this pass
        self._state = state
        self._next = self._first = first
        self._end = end
        self._values: dict[int, Any] = {}
        self._errors: dict[int, str] = {}
        self._open: list[str] = []
        self._running: dict[str, asyncio.Task[None]] = {}

    async def run(self, ctx: NamedContext) -> BatchRecord:
        """Begin items while slots get free, and return once those that have begun have ended."""
        try:
            while self._next < self._end and (self.has_slot or await self._state.take_slot()):
                self.has_slot = False
                await self._begin(ctx)
        finally:
            self.is_full.set()
        await self._wait_for_running()
        if self._state.is_over:
            await self._look_at_others(ctx)
        if self._open or (self._next < self._end and not self._state.is_over):
            raise Suspended
        self._state.check_size()
        values = [self._values[index] for index in sorted(self._values)]
        errors = {str(index): self._errors[index] for index in sorted(self._errors)}
        return BatchPart(self._next - self._first, values, errors).write(self._end - self._first)

    async def _begin(self, ctx: NamedContext) -> None:
        """Begin the next item, and note its outcome if it does not run here."""
        index = self._next
        self._next += 1
        call = self._state.work.start(ctx, self._state.items[index])
        promise = await call.id()
        self._running[promise] = look = asyncio.create_task(self._look(index, promise, call))
        if not _runs_here(ctx, promise):
            await look

    async def _look(self, index: int, promise: str, call: ResonateFuture[Any]) -> None:
        try:
            self._values[index] = value = await call
            self._state.note_value(value)
        except ApplicationError as exc:
            self._errors[index] = text = str(self._state.shorten(error_of(exc)))
            self._state.note_error(text)
        except Suspended:
            self._open.append(promise)
            self._state.open.append(promise)
            return
        except BaseException as exc:
            self._state.fail(exc)
            raise
        finally:
            del self._running[promise]
        self._state.free_slot()

    async def _wait_for_running(self) -> None:
        """Wait for the items that run here; if the batch is over and asks for it, stop them."""
        if self._state.completion.stop_running:
            over: asyncio.Future[Any] = asyncio.ensure_future(self._state.over.wait())
            ended: asyncio.Future[Any] = asyncio.gather(*self._running.values(), return_exceptions=True)
            await asyncio.wait([over, ended], return_when=asyncio.FIRST_COMPLETED)
            over.cancel()
            if self._state.is_over:
                await current_run().call_off(list(self._running))
        await asyncio.gather(*self._running.values())

    async def _look_at_others(self, ctx: NamedContext) -> None:
        """Look at the items that an earlier run had begun when the batch was over; call them off if it asks for it."""
        begun = self._next
        if begun < self._end:
            begun = self._first + await current_run().tools.promises.count_children(ctx.info.id)
        if self._state.completion.stop_running:
            unseen = [self._promise_of(ctx, index) for index in range(self._next, begun)]
            ended = [self._promise_of(ctx, index) for index, text in self._errors.items() if is_called_off(text)]
            await current_run().call_off([*self._open, *unseen], ended=ended)
        while self._next < begun:
            self._state.used_slots += 1
            await self._begin(ctx)
        await asyncio.gather(*self._running.values())

    def _promise_of(self, ctx: NamedContext, index: int) -> str:
        return join_id(ctx.info.id, str(index - self._first + 1))


def _runs_here(ctx: NamedContext, promise: str) -> bool:
    """Whether a call runs in this process."""
    node = ctx.tree.get(promise)
    return node is not None and node.kind == "pending" and node.type == "int"
