"""The same step or workflow for many items, some of them at a time.

    batch = await map_steps(ctx, shrink, keys, max_at_once=10, completion=Completion(tolerated_share=0.05))
    thumbnails = batch.get()

All of it is one step of the caller's sequence. Below it are slices of the items, each a scope, about as many as a slice
has items: a run that resumes looks at each slice, and only into those that are not complete. The results of all items
become one record, so they must be small: return references.

Items begin in their order. Before one begins, the run notes the outcome of each earlier item that has ended: so it
begins none that a complete history would have left out. When a batch is over early, it also looks at the items that an
earlier run had begun.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from math import isqrt
from typing import Any, Final

from msgspec import Struct
from resonate.codec import Codec
from resonate.context import Context, ResonateFuture
from resonate.error import ApplicationError, Suspended
from resonate.ids import join_id

from .batches import FAIL_FAST, Batch, BatchEnd, Completion
from .errors import ErrorCode, JobError, PermanentError, error_of, parse_error
from .named_context import NamedContext
from .payload import MAX_RESULT_BYTES, NoPickle
from .run import current_run
from .scopes import Scope
from .steps import Step
from .workflows import Workflow

MAX_ITEMS: Final = 10_000  # of one map: each costs at least two requests
_MIN_SLICE_SIZE: Final = 16  # items
_MIN_ERROR_CHARACTERS: Final = 100  # of the message of each failed item
_MAX_ERRORS_CHARACTERS: Final = 64_000  # of all messages, if more than the above is left for each
_CODEC: Final = Codec(NoPickle())


type _Start = Callable[[NamedContext, Any], ResonateFuture[Any]]


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

    work = _Work(f"items of {step.__name__}", step.__signature__.return_annotation, start, lambda value: value)
    return await _map(ctx, _Pass(work, items, max_at_once, completion))


async def map_workflows[A, R](  # noqa: PLR0913 keyword-only
    ctx: Context,
    workflow: Workflow[[A], R],
    items: Sequence[A],
    *,
    max_at_once: int = 10,
    completion: Completion = FAIL_FAST,
    group: str | None = None,
) -> Batch[R]:
    """Run a workflow for each item on workers of a group, or of the caller's own, which waits without a worker.

    Only the workers that run it need to know the workflow.
    """

    def start(scope: NamedContext, item: A) -> ResonateFuture[Any]:
        return scope.options(target=group, version=workflow.version).rpc(workflow.name, item)

    result_type = workflow.__signature__.return_annotation
    work = _Work(f"parts of {workflow.name}", result_type, start, workflow.read_result)
    return await _map(ctx, _Pass(work, items, max_at_once, completion))


class _Work:
    """What is done for each item, and how it is recorded."""

    def __init__(self, name: str, result_type: Any, start: _Start, read: Callable[[object], Any]) -> None:  # noqa: ANN401 an annotation
        self.name: Final = name
        self.record_type: Final = list[result_type] | _Part[result_type]
        self.start: Final = start
        self.read: Final = read  # makes a result of what the call returns


class _Part[R](Struct, frozen=True):
    """What became of items that follow each other: the record of a slice, and of all, unless all are done.

    If they are, the record is the list of their values.
    """

    begun: int  # the first so many have begun, and ended
    values: list[R]  # of those that are not among the errors
    errors: dict[str, str]  # by the index among all items

    @classmethod
    def read(cls, record: "list[R] | _Part[R]") -> "_Part[R]":
        """Return what a record says."""
        return cls(len(record), record, {}) if isinstance(record, list) else record

    def write(self, total: int) -> "list[R] | _Part[R]":
        """Return the record of so many items."""
        return self.values if self.begun == total and not self.errors else self


type _Record = list[Any] | _Part[Any]


async def _map(ctx: Context, pass_: "_Pass") -> Batch[Any]:
    if len(pass_.items) > MAX_ITEMS:
        message = f"{pass_.work.name}: {len(pass_.items)} items are more than {MAX_ITEMS}: map them in slices"
        raise PermanentError(ErrorCode.TOO_MANY_ITEMS, message)
    if pass_.max_at_once < 1:
        raise ValueError(f"{pass_.work.name}: max_at_once must be at least 1")
    record = await ctx.run(Scope(pass_.work.name, pass_.work.record_type, pass_.run))
    return _make_batch(_Part.read(record), len(pass_.items), pass_.completion)


def _make_batch(part: _Part[Any], total: int, completion: Completion) -> Batch[Any]:
    found = {int(index): parse_error(text) for index, text in part.errors.items()}
    errors = {index: error for index, error in found.items() if error.code != ErrorCode.CALLED_OFF}
    indexes = (index for index in range(part.begun) if index not in found)
    results = dict(zip(indexes, part.values, strict=True))
    end = completion.find_end(done=len(results), failed=len(errors), total=total) or BatchEnd.ALL_ENDED
    called_off = tuple(index for index in found if index not in errors)
    return Batch(end=end, total=total, results=results, errors=errors, called_off=called_off)


@dataclass(eq=False)
class _Pass:
    """One run of the body over all items: what it has seen of them so far, and the slots for those that run."""

    work: _Work
    items: Sequence[Any]
    max_at_once: int
    completion: Completion
    done: int = 0
    failed: int = 0
    record_bytes: int = 0
    used_slots: int = 0
    open: list[str] = field(default_factory=list)  # promises of items that are under way on other workers
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    over: asyncio.Event = field(default_factory=asyncio.Event)
    failure: BaseException | None = None

    @property
    def is_over(self) -> bool:
        """Whether no further item begins."""
        end = self.completion.find_end(done=self.done, failed=self.failed, total=len(self.items))
        return end is not None or self.record_bytes > MAX_RESULT_BYTES

    async def run(self, ctx: NamedContext) -> _Record:
        """Run all items, in slices if they are many."""
        total = len(self.items)
        size = max(_MIN_SLICE_SIZE, isqrt(total))
        if total <= size:
            return await _Slice(self, 0, total).run(ctx)
        slices = [_Slice(self, first, min(first + size, total)) for first in range(0, total, size)]
        return _join(await self._run_slices(ctx, slices)).write(total)

    async def _run_slices(self, ctx: NamedContext, slices: Sequence["_Slice"]) -> list[_Part[Any]]:
        looks: list[asyncio.Task[_Part[Any] | None]] = []
        for slice_ in slices:
            if not await self.take_slot():
                break
            slice_.has_slot = True
            looks.append(await self._open(ctx, slice_))
        if self.is_over and len(looks) < len(slices):
            opened = await current_run().tools.promises.count_children(ctx.info.id)
            looks += [await self._open(ctx, slice_) for slice_ in slices[len(looks) : opened]]
        parts = await asyncio.gather(*looks)
        if None not in parts:
            return [part for part in parts if part]
        if self.is_over and self.completion.stop_running:
            await current_run().call_off(self.open)
        raise Suspended

    async def _open(self, ctx: NamedContext, slice_: "_Slice") -> asyncio.Task[_Part[Any] | None]:
        """Start a slice, and return once all its items have begun, or no more begin in this pass."""
        call = ctx.run(Scope(slice_.name, self.work.record_type, slice_.run))
        is_complete = _is_settled(ctx, await call.id())
        look = asyncio.create_task(_look(call))
        full = asyncio.create_task(slice_.is_full.wait())
        await asyncio.wait({look, full}, return_when=asyncio.FIRST_COMPLETED)
        full.cancel()
        if look.done() and (part := look.result()) and is_complete:
            self._note_part(part)
            if slice_.has_slot:
                self.free_slot()
        return look

    def _note_part(self, part: _Part[Any]) -> None:
        """Count what an earlier run has completed."""
        for value in part.values:
            self.note_value(value)
        for text in part.errors.values():
            self.note_error(text)

    async def take_slot(self) -> bool:
        """Wait for a slot; return False if no further item may begin, or no slot gets free in this pass."""
        while self.used_slots >= self.max_at_once and not self.is_over:
            if len(self.open) >= self.max_at_once:
                return False
            self.changed.clear()
            await self.changed.wait()
            if self.failure:
                raise self.failure
        if self.is_over:
            return False
        self.used_slots += 1
        return True

    def free_slot(self) -> None:
        """Let the next item begin."""
        self.used_slots -= 1
        self.changed.set()

    def fail(self, failure: BaseException) -> None:
        """Begin no further item: this pass cannot go on."""
        self.failure = failure
        self.changed.set()

    def note_value(self, value: object) -> None:
        """Count an item that is done."""
        self.done += 1
        self._note_bytes(len(_CODEC.encode(value).data or "") * 3 // 4)

    def note_error(self, text: str) -> None:
        """Count an item that has failed or was called off."""
        self.failed += not _is_called_off(text)
        self._note_bytes(len(text))

    def shorten(self, error: JobError) -> JobError:
        """Return the error with a message so short that one record can hold those of all items."""
        error.message = error.message[: max(_MIN_ERROR_CHARACTERS, _MAX_ERRORS_CHARACTERS // len(self.items))]
        return error

    def _note_bytes(self, size: int) -> None:
        self.record_bytes += size
        if self.is_over:
            self.over.set()

    def check_size(self) -> None:
        """Raise PermanentError if the results do not fit into one record."""
        if self.record_bytes > MAX_RESULT_BYTES:
            message = (
                f"{self.work.name}: the results of {self.done} of {len(self.items)} items have more than "
                f"{MAX_RESULT_BYTES} bytes, which one record cannot hold: store them and return references, "
                "or map the items in slices"
            )
            raise PermanentError(ErrorCode.RESULT_TOO_LARGE, message)


class _Slice:
    """Items that follow each other, in one scope."""

    def __init__(self, pass_: _Pass, first: int, end: int) -> None:
        self.name = f"items {first} to {end - 1}"
        self.has_slot = False  # for its first item
        self.is_full = asyncio.Event()  # all items have begun, or no more begin in this pass
        self._pass = pass_
        self._next = self._first = first
        self._end = end
        self._values: dict[int, Any] = {}
        self._errors: dict[int, str] = {}
        self._open: list[str] = []
        self._running: dict[str, asyncio.Task[None]] = {}

    async def run(self, ctx: NamedContext) -> _Record:
        """Begin items while slots get free, and return once those that have begun have ended."""
        try:
            while self._next < self._end and (self.has_slot or await self._pass.take_slot()):
                self.has_slot = False
                await self._begin(ctx)
        finally:
            self.is_full.set()
        await self._wait_for_running()
        if self._pass.is_over:
            await self._look_at_others(ctx)
        if self._open or (self._next < self._end and not self._pass.is_over):
            raise Suspended
        self._pass.check_size()
        values = [self._values[index] for index in sorted(self._values)]
        errors = {str(index): self._errors[index] for index in sorted(self._errors)}
        return _Part(self._next - self._first, values, errors).write(self._end - self._first)

    async def _begin(self, ctx: NamedContext) -> None:
        """Begin the next item, and note its outcome if it does not run here."""
        index = self._next
        self._next += 1
        call = self._pass.work.start(ctx, self._pass.items[index])
        promise = await call.id()
        self._running[promise] = look = asyncio.create_task(self._look(index, promise, call))
        if not _runs_here(ctx, promise):
            await look

    async def _look(self, index: int, promise: str, call: ResonateFuture[Any]) -> None:
        try:
            self._values[index] = value = self._pass.work.read(await call)
            self._pass.note_value(value)
        except ApplicationError as exc:
            self._errors[index] = text = str(self._pass.shorten(error_of(exc)))
            self._pass.note_error(text)
        except Suspended:
            self._open.append(promise)
            self._pass.open.append(promise)
            return
        except BaseException as exc:
            self._pass.fail(exc)
            raise
        finally:
            del self._running[promise]
        self._pass.free_slot()

    async def _wait_for_running(self) -> None:
        """Wait for the items that run here; if the batch is over and asks for it, stop them."""
        if self._pass.completion.stop_running:
            over: asyncio.Future[Any] = asyncio.ensure_future(self._pass.over.wait())
            ended: asyncio.Future[Any] = asyncio.gather(*self._running.values(), return_exceptions=True)
            await asyncio.wait([over, ended], return_when=asyncio.FIRST_COMPLETED)
            over.cancel()
            if self._pass.is_over:
                await current_run().call_off(list(self._running))
        await asyncio.gather(*self._running.values())

    async def _look_at_others(self, ctx: NamedContext) -> None:
        """Look at the items that an earlier run had begun when the batch was over; call them off if it asks for it."""
        begun = self._next
        if begun < self._end:
            begun = self._first + await current_run().tools.promises.count_children(ctx.info.id)
        if self._pass.completion.stop_running:
            unseen = [self._promise_of(ctx, index) for index in range(self._next, begun)]
            ended = [self._promise_of(ctx, index) for index, text in self._errors.items() if _is_called_off(text)]
            await current_run().call_off([*self._open, *unseen], ended=ended)
        while self._next < begun:
            self._pass.used_slots += 1
            await self._begin(ctx)
        await asyncio.gather(*self._running.values())

    def _promise_of(self, ctx: NamedContext, index: int) -> str:
        return join_id(ctx.info.id, str(index - self._first + 1))


def _is_called_off(text: str) -> bool:
    return parse_error(text).code == ErrorCode.CALLED_OFF


def _runs_here(ctx: NamedContext, promise: str) -> bool:
    """Whether a call has neither ended nor is under way elsewhere."""
    node = ctx.tree.get(promise)
    return node is not None and node.kind == "pending" and node.type == "int"


def _is_settled(ctx: NamedContext, promise: str) -> bool:
    node = ctx.tree.get(promise)
    return node is not None and node.kind == "settled"


async def _look(call: ResonateFuture[_Record]) -> _Part[Any] | None:
    """Return what became of a slice, or None if some of its items are under way elsewhere."""
    try:
        return _Part.read(await call)
    except Suspended:
        return None


def _join(parts: Sequence[_Part[Any]]) -> _Part[Any]:
    values = [value for part in parts for value in part.values]
    errors = {index: text for part in parts for index, text in part.errors.items()}
    return _Part(sum(part.begun for part in parts), values, errors)
