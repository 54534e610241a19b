"""The SDK's requests for a task, which update the run of that task."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Final

from resonate.error import ServerError
from resonate.observability import noop_observer
from resonate.send import Sender, SuspendResult, TaskAcquireResult, TaskFenceResult, default_corr_id
from resonate.transport import Transport
from resonate.types import PromiseCreateReq, PromiseRecord, PromiseRegisterCallbackData, PromiseSettleReq, TaskRecord
from resonate_base import PROTOCOL_VERSION

from durable.payload import LenientCodec
from durable.promises import make_called_off_error
from durable.run import EndReason, Lease, Runs

_CODEC: Final = LenientCodec()


class RunSender(Sender):
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
            run.created_at = result.promise.created_at / 1000
        return result

    async def task_release(self, id: str, version: int) -> None:  # noqa: A002 the SDK's name
        """Only note it: if released now, the server would deliver the task many times a second."""
        if run := self._runs.get(id):
            run.released_version = version

    async def release(self, task_id: str, version: int) -> None:
        """Release the task now."""
        await super().task_release(task_id, version)

    async def task_fence_create(self, id: str, version: int, req: PromiseCreateReq) -> TaskFenceResult:  # noqa: A002
        """Create a promise as this run."""
        run = self._runs.get(id)
        if run and run.is_called_off(req.id):
            return TaskFenceResult(promise=_make_called_off_record(req), preload=[])
        with self._count_request(id):
            return await super().task_fence_create(id, version, req)

    async def task_fence_settle(self, id: str, version: int, req: PromiseSettleReq) -> TaskFenceResult:  # noqa: A002
        """Settle a promise as this run."""
        with self._count_request(id):
            return await super().task_fence_settle(id, version, req)

    async def task_fulfill(self, id: str, version: int, action: PromiseSettleReq) -> PromiseRecord:  # noqa: A002
        """Settle the task's own promise."""
        with self._count_request(id):
            settled = await super().task_fulfill(id, version, action)
        if run := self._runs.get(id):
            run.is_settled = True
        return settled

    async def task_suspend(self, id: str, version: int, actions: list[PromiseRegisterCallbackData]) -> SuspendResult:  # noqa: A002
        """Suspend the task until other promises are settled."""
        with self._count_request(id):
            return await super().task_suspend(id, version, actions)

    async def task_get(self, task_id: str) -> TaskRecord:
        """Read a task; the SDK has no method for it."""
        kind, corr_id = "task.get", default_corr_id()
        head = {"corrId": corr_id, "version": PROTOCOL_VERSION} | ({"auth": self.auth} if self.auth else {})
        body = json.dumps({"kind": kind, "head": head, "data": {"id": task_id}})
        response = await self.transport.send(kind, corr_id, body, {})
        if response.head.status != HTTPStatus.OK:
            raise ServerError(response.head.status, str(response.data))
        return TaskRecord(**{key: response.data["task"][key] for key in ("id", "state", "version")})

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
    """Return what a body gets for a call within one that was called off: the server is not asked any more."""
    return PromiseRecord(
        id=req.id,
        state="rejected_canceled",
        timeout_at=req.timeout_at,
        value=_CODEC.encode(make_called_off_error()),
    )
