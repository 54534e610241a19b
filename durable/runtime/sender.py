"""The SDK's requests for a task, which update the run of that task.

A body that is resumed makes all its calls again, and the SDK would create each promise again to read it. Promises that
came with the task are read from memory instead. The others, of parts and of calls within scopes, are fetched once for
each scope: otherwise a fan-out of a thousand parts would cost half a million requests.
"""

import json
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from typing import Final

from msgspec import convert
from msgspec.structs import replace
from resonate.error import ServerError
from resonate.observability import noop_observer
from resonate.send import Redirect, SuspendResult, TaskAcquireResult, TaskFenceResult, default_corr_id
from resonate.transport import Transport
from resonate.types import (
    PromiseCreateReq,
    PromiseRecord,
    PromiseRegisterCallbackData,
    PromiseSettleReq,
    Value,
)
from resonate_base import PROTOCOL_VERSION

from durable.known_promises import KnownPromises
from durable.named_context import Call, find_call
from durable.payload import LenientCodec
from durable.promises import PromiseState, make_called_off_error
from durable.run import EndReason, Lease, Run, Runs
from durable.run_trace import NO_TRACE
from durable.wire.call_record import CallKind, CallRecord
from durable.wire.records import Task

from .whole_answers import WholeAnswerSender

_CODEC: Final = LenientCodec()
_PAGE_SIZE: Final = 1_000  # promises; the server's maximum


class RunSender(WholeAnswerSender):
    """Notes leases, requests under way and conflicts in the run; the gate decides about releases."""

    def __init__(self, transport: Transport, token: str | None, runs: Runs, clock: Callable[[], float]) -> None:
        super().__init__(transport, token, observer=noop_observer)
        self._runs: Final = runs
        self._clock: Final = clock

    async def task_acquire(self, id: str, version: int, pid: str, ttl: int) -> TaskAcquireResult:  # noqa: A002 the SDK's
        """Acquire a task; its lease counts from the moment of the request."""
        requested = self._clock()
        with self._count_request(id):
            result = await super().task_acquire(id, version, pid, ttl)
        if run := self._runs.get(id):
            run.lease = Lease(result.task.version, requested + ttl / 1000)
            run.ends.worker = pid
            run.created_at = result.promise.created_at / 1000
            run.known.add(*result.preload)
            run.trace = run.tools.tracing.open_trace(result.promise)
        return replace(result, preload=[])

    async def task_release(self, id: str, version: int) -> None:  # noqa: A002 the SDK's name
        """Only note it: if released now, the server would deliver the task many times a second."""
        if run := self._runs.get(id):
            run.released_version = version

    async def release(self, task_id: str, version: int) -> None:
        """Release the task now."""
        await super().task_release(task_id, version)

    async def task_fence_create(self, id: str, version: int, req: PromiseCreateReq) -> TaskFenceResult:  # noqa: A002
        """Create a promise as this run, unless it is known; raise SequenceError if it was made by another call."""
        run = self._runs.get(id)
        if run and run.is_called_off(req.id):
            return TaskFenceResult(promise=_make_called_off_record(req), preload=[])
        call, known = find_call(req.tags), self._find_known(id)
        if (promise := known.get(req.id)) is None:
            if run and (run.is_draining or _lacks_time(run, call)):
                await run.hand_over()  # a step that has not begun stays for the next run
            with self._count_request(id):
                promise = await self._create(id, version, req, call)
        if call:
            call.check(promise)
        return TaskFenceResult(promise=known.get(req.id) or promise, preload=[])

    async def _create(self, task_id: str, version: int, req: PromiseCreateReq, call: Call | None) -> PromiseRecord:
        run, known = self._runs.get(task_id), self._find_known(task_id)
        trace = run.trace if run else NO_TRACE
        result = await super().task_fence_create(task_id, version, _complete(req, call, version, trace.tags))
        known.add(*result.preload, result.promise)
        if call is None:
            return result.promise
        if _is_made_by(version, result.promise):
            if run:
                run.has_progressed = True
            if known.note_made(req.id):
                call.write_lines()
        elif call.kind is not CallKind.DETACHED:
            await self._fetch_children(known, call.parent)
        return result.promise

    async def _fetch_children(self, known: KnownPromises, parent: str) -> None:
        """Fetch all calls of a scope that an earlier run has begun, once."""
        if known.start_fetching(parent):
            known.add(*[one async for one in self.search_all({"resonate:parent": parent})])

    async def search_all(
        self, tags: Mapping[str, str], state: PromiseState | None = None
    ) -> AsyncIterator[PromiseRecord]:
        """Yield every promise with these tags, page by page."""
        cursor: str | None = None
        while True:
            page = await self.promise_search(state, dict(tags), _PAGE_SIZE, cursor)
            for promise in page.promises:
                yield promise
            cursor = page.cursor
            if cursor is None:
                return

    async def task_fence_settle(self, id: str, version: int, req: PromiseSettleReq) -> TaskFenceResult:  # noqa: A002
        """Settle a promise as this run."""
        with self._count_request(id):
            result = await super().task_fence_settle(id, version, self._complete_end(id, req))
        self._find_known(id).add(*result.preload, result.promise)
        if run := self._runs.get(id):
            run.has_progressed = True
            run.trace.write_call(result.promise)
        return TaskFenceResult(promise=result.promise, preload=[])

    async def task_fulfill(self, id: str, version: int, action: PromiseSettleReq) -> PromiseRecord:  # noqa: A002
        """Settle the task's own promise."""
        with self._count_request(id):
            settled = await super().task_fulfill(id, version, self._complete_end(id, action))
        if run := self._runs.get(id):
            run.is_settled = True
            run.trace.write_task(settled, run.outcome.workflow if run.outcome else id, run.known.all)
        return settled

    async def task_suspend(self, id: str, version: int, actions: list[PromiseRegisterCallbackData]) -> SuspendResult:  # noqa: A002
        """Suspend the task until other promises are settled."""
        with self._count_request(id):
            result = await super().task_suspend(id, version, actions)
        if not isinstance(result, Redirect):
            return result
        self._find_known(id).forget_pending(result.preload)
        return Redirect(preload=[])

    async def create_settled(self, promise_id: str, tags: Mapping[str, str], timeout_at: float) -> None:
        """Create a promise that is settled at once, as a record of its tags; an existing one stays as it is."""
        request = PromiseCreateReq(id=promise_id, timeout_at=int(timeout_at * 1_000), param=Value(), tags=dict(tags))
        if (await self.promise_create(request)).state == "pending":
            await self.promise_settle(PromiseSettleReq(id=promise_id, state="resolved", value=Value()))

    async def task_get(self, task_id: str) -> Task:
        """Read a task; the SDK has no method for it."""
        kind, corr_id = "task.get", default_corr_id()
        head = {"corrId": corr_id, "version": PROTOCOL_VERSION} | ({"auth": self.auth} if self.auth else {})
        body = json.dumps({"kind": kind, "head": head, "data": {"id": task_id}})
        response = await self.transport.send(kind, corr_id, body, {})
        if response.head.status != HTTPStatus.OK:
            raise ServerError(response.head.status, str(response.data))
        return convert(response.data["task"], Task)

    def _complete_end(self, task_id: str, req: PromiseSettleReq) -> PromiseSettleReq:
        """Return the request with what ended the call beside its value."""
        run = self._runs.get(task_id)
        if run is None:
            return req
        headers = {**(req.value.headers or {}), **run.ends.take(req.id).headers}
        return replace(req, value=replace(req.value, headers=headers))

    def _find_known(self, task_id: str) -> KnownPromises:
        """Return what its run knows; the SDK's requests may outlive a run that was canceled."""
        run = self._runs.get(task_id)
        return run.known if run else KnownPromises()

    @contextmanager
    def _count_request(self, task_id: str) -> Iterator[None]:
        """Count a request of a run; a conflict means that the run may write no more, so end it."""
        run = self._runs.get(task_id)
        if run is None:
            yield
            return
        try:
            with run.count_request():
                yield
        except ServerError as exc:
            if exc.code == HTTPStatus.CONFLICT and run.lease:
                run.end(EndReason.CONFLICT)
            raise


def _make_called_off_record(req: PromiseCreateReq) -> PromiseRecord:
    """Return the record that a body gets for a call below a called-off one, without a request to the server."""
    return PromiseRecord(
        id=req.id,
        state="rejected_canceled",
        timeout_at=req.timeout_at,
        value=_CODEC.encode(make_called_off_error()),
    )


def _complete(
    req: PromiseCreateReq, call: Call | None, version: int, trace_tags: Mapping[str, str]
) -> PromiseCreateReq:
    """Return the request with the tags of its call, and with those by which the server does less.

    A sleep needs no task: the SDK's would be offered to workers again and again until the sleep is over. Sleeps and
    promises come with the task of their caller, as its steps do.
    """
    tags = {**req.tags, **(call.record(version).tags if call else {})}
    if tags.get("resonate:timer") == "true":
        tags.pop("resonate:target", None)
        tags["resonate:branch"] = tags["resonate:parent"]
    elif tags.get("resonate:external") == "true":
        tags["resonate:branch"] = tags["resonate:parent"]
    if "resonate:target" in tags:  # a task of its own
        tags.update(trace_tags)
    return replace(req, tags=tags)


def _lacks_time(run: Run, call: Call | None) -> bool:
    """Whether the next run of the task has the time for a call, and this run has not."""
    seconds = call.seconds if call else 0.0
    return seconds > run.time_left and run.may_hand_over(seconds)


def _is_made_by(version: int, promise: PromiseRecord) -> bool:
    record = CallRecord.read(promise.tags)
    return record is not None and record.fence == version
