"""The same step or workflow for many items, some of them at a time.

    batch = await map_steps(ctx, shrink, keys, max_at_once=10, completion=Completion(tolerated_share=0.05))
    thumbnails = batch.get()

The whole map is one step of the caller's sequence. It has slices, each a scope, about as many as a slice has items. A
run that resumes reads one record for each complete slice, and the items of the others. The results of all items become
one record, so they must be small: return references.
"""

import asyncio
from collections.abc import Sequence
from math import isqrt
from typing import Any, Final

from resonate.context import Context, ResonateFuture
from resonate.error import Suspended

from .batch_parts import BatchPart, BatchRecord, join_parts, make_batch
from .batches import FAIL_FAST, Batch, Completion
from .callees import Callee
from .errors import ErrorCode, PermanentError
from .map_slice import MapSlice
from .map_state import ItemWork, MapState
from .named_context import NamedContext
from .run import current_run
from .scopes import Scope
from .steps import Step

MAX_ITEMS: Final = 10_000  # items of one map: each costs at least two requests
_MIN_SLICE_SIZE: Final = 16  # items


async def map_steps[A, R](
    ctx: Context,
    step: Step[[A], R],
    items: Sequence[A],
    *,
    max_at_once: int = 10,
    completion: Completion = FAIL_FAST,
) -> Batch[R]:
    """Run a step for each item in this workflow's task."""

    def start(scope: NamedContext, item: A) -> ResonateFuture[Any]:
        return scope.run(step, item)

    work = ItemWork(f"items of {step.__name__}", step.__signature__.return_annotation, start)
    return await _map(ctx, MapState(work, items, max_at_once, completion))


async def map_workflows[A, R](  # noqa: PLR0913 keyword-only
    ctx: Context,
    workflow: Callee[[A], R],
    items: Sequence[A],
    *,
    max_at_once: int = 10,
    completion: Completion = FAIL_FAST,
    group: str | None = None,
) -> Batch[R]:
    """Run a workflow for each item on workers of a group, by default its own or the caller's, which waits without one.

    Only the workers that run it need to know the workflow.
    """

    def start(scope: NamedContext, item: A) -> ResonateFuture[Any]:
        return scope.options(target=group).rpc(workflow, item)

    work = ItemWork(f"parts of {workflow.name}", workflow.__signature__.return_annotation, start)
    return await _map(ctx, MapState(work, items, max_at_once, completion))


async def _map(ctx: Context, state: MapState) -> Batch[Any]:
    name, total = state.work.name, len(state.items)
    if total > MAX_ITEMS:
        message = f"{name}: {total} items are more than {MAX_ITEMS}: map them in slices"
        raise PermanentError(ErrorCode.TOO_MANY_ITEMS, message)
    if state.max_at_once < 1:
        raise ValueError(f"{name}: max_at_once must be at least 1")
    record = await ctx.run(Scope(name, state.work.record_type, _SlicedMap(state).run))
    return make_batch(BatchPart.read(record), total, state.completion)


class _SlicedMap:
    """One pass over the items of a map."""

    def __init__(self, state: MapState) -> None:
        self._state = state

    async def run(self, ctx: NamedContext) -> BatchRecord:
        """Run all items, in slices if they are many."""
        total = len(self._state.items)
        size = max(_MIN_SLICE_SIZE, isqrt(total))
        if total <= size:
            return await MapSlice(self._state, 0, total).run(ctx)
        slices = [MapSlice(self._state, first, min(first + size, total)) for first in range(0, total, size)]
        return join_parts(await self._run_slices(ctx, slices)).write(total)

    async def _run_slices(self, ctx: NamedContext, slices: Sequence[MapSlice]) -> list[BatchPart[Any]]:
        looks: list[asyncio.Task[BatchPart[Any] | None]] = []
        for slice_ in slices:
            if not await self._state.take_slot():
                break
            slice_.has_slot = True
            looks.append(await self._open(ctx, slice_))
        if self._state.is_over and len(looks) < len(slices):
            opened = await current_run().tools.promises.count_children(ctx.info.id)
            looks += [await self._open(ctx, slice_) for slice_ in slices[len(looks) : opened]]
        parts = await asyncio.gather(*looks)
        if None not in parts:
            return [part for part in parts if part]
        if self._state.is_over and self._state.completion.stop_running:
            await current_run().call_off(self._state.open)
        raise Suspended

    async def _open(self, ctx: NamedContext, slice_: MapSlice) -> asyncio.Task[BatchPart[Any] | None]:
        """Start a slice, and return once all its items have begun, or no more begin in this pass."""
        call = ctx.run(Scope(slice_.name, self._state.work.record_type, slice_.run))
        is_complete = _is_settled(ctx, await call.id())
        look = asyncio.create_task(_look(call))
        full = asyncio.create_task(slice_.is_full.wait())
        await asyncio.wait({look, full}, return_when=asyncio.FIRST_COMPLETED)
        full.cancel()
        if look.done() and (part := look.result()) and is_complete:
            self._state.note_part(part)
            if slice_.has_slot:
                self._state.free_slot()
        return look


def _is_settled(ctx: NamedContext, promise: str) -> bool:
    node = ctx.tree.get(promise)
    return node is not None and node.kind == "settled"


async def _look(call: ResonateFuture[BatchRecord]) -> BatchPart[Any] | None:
    """Return the outcome of a slice, or None if some of its items are under way elsewhere."""
    try:
        return BatchPart.read(await call)
    except Suspended:
        return None
